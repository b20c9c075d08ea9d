"""Which pairs are worth comparing: those that share a key. Pure."""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from itertools import combinations

LARGEST_BLOCK = 400  # a key that more people share tells nothing (a switchboard, "info@", a common name)


def pairs(keys_of: Mapping[int, Iterable[Hashable]]) -> Iterator[tuple[int, int]]:
    """Pairs (lower id first) that share at least one key, each once."""
    blocks: dict[Hashable, list[int]] = defaultdict(list)
    for pk, keys in keys_of.items():
        for key in keys:
            blocks[key].append(pk)
    seen: set[tuple[int, int]] = set()
    for block in blocks.values():
        if 2 <= len(block) <= LARGEST_BLOCK:
            new = {pair for pair in combinations(sorted(block), 2) if pair not in seen}
            seen |= new
            yield from sorted(new)


def sharers(keys_of: Mapping[int, Iterable[Hashable]]) -> dict[Hashable, int]:
    """Key → how many have it."""
    counts: dict[Hashable, int] = defaultdict(int)
    for keys in keys_of.values():
        for key in set(keys):
            counts[key] += 1
    return counts

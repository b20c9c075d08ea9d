"""A round of contacts: which searches to ask of which therapists.

Goal: the expected number of searches with at least one acceptance, each weighted by how long it has waited.
One more request to a therapist who accepts with chance p adds weight x p x (chance that all others of that
search fail), so every further request of the same search is worth less. Three steps, all deterministic:

1. Nobody starves. Searches without an open request, longest waiting first, get one place each while places
   last. Among the therapists whose chance is close to the search's best (CLOSE_CHANCE), the one fewest
   others could use is taken, so that a search with choice leaves a scarce place to one without.
2. Greedy: always the request that adds most, until nothing fits. Gains only ever shrink, so one heap entry
   per search with its best remaining therapist gives the exact greedy order.
3. Inquiries below the least size are dissolved, the smallest and least wanted half first, their therapists
   left out, and steps 1 and 2 give the freed requests to others, until every inquiry is large enough.
   Therapists whom too few searches could use are left out from the beginning.
"""

import heapq
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod

import numpy as np

from apps.matching.engine.records import Parameters

CLOSE_CHANCE = 0.8  # of the best chance
FULL_WAIT_DAYS = 180  # waiting this long doubles the weight of a search; longer adds nothing


class PlanReason(StrEnum):
    FIRST_REQUEST = "first_request"  # placed so that the search does not starve
    ONLY_OPTION = "only_option"  # no other therapist fits the search
    BEST_CANDIDATE = "best_candidate"  # first in the ranking of the search
    MOST_PROMISING = "most_promising"  # the gain decided


class UnplannedReason(StrEnum):
    NO_CANDIDATE = "no_candidate"
    ENOUGH_OPEN_REQUESTS = "enough_open_requests"
    NO_PLACE_LEFT = "no_place_left"


@dataclass(frozen=True)
class Edges:
    """Possible requests: fitting pairs, each once, in any order."""

    search_index: np.ndarray  # int (edges,)
    therapist_index: np.ndarray  # int (edges,)
    acceptance: np.ndarray  # float (edges,), expected acceptance, between 0 and 1
    score: np.ndarray  # float (edges,), decides between equal chances


@dataclass(frozen=True)
class PlannedLine:
    search_index: int
    therapist_index: int
    acceptance: float
    score: float
    gain: float  # what this line added to the goal when it was chosen
    rank: int  # place among the edges of the search by score, 1 is best
    option_count: int  # edges of the search
    waiting_days: int
    reasons: tuple[PlanReason, ...]


@dataclass(frozen=True)
class Plan:
    lines: tuple[PlannedLine, ...]  # by therapist, then search
    unplanned: dict[int, UnplannedReason]  # searches without a line
    expected_searches: float  # with at least one acceptance among the planned requests, unweighted


def plan(
    edges: Edges,
    contact_groups: Sequence[int] | np.ndarray,
    waiting_days: Sequence[int] | np.ndarray,
    open_requests: Sequence[int] | np.ndarray,
    parameters: Parameters,
) -> Plan:
    """Propose a round. contact_groups is per therapist, waiting_days and open_requests are per search."""
    draft = _Draft(edges, contact_groups, waiting_days, open_requests, parameters)
    draft.fill()
    while small := draft.too_small():
        draft.dissolve(small)
        draft.fill()
    return draft.finished()


@dataclass(frozen=True)
class _Option:
    """One edge, in the order in which its search would choose."""

    therapist: int
    acceptance: float
    score: float
    rank: int


@dataclass(frozen=True)
class _Choice:
    option: _Option
    gain: float
    is_first: bool


class _Draft:
    def __init__(
        self,
        edges: Edges,
        contact_groups: Sequence[int] | np.ndarray,
        waiting_days: Sequence[int] | np.ndarray,
        open_requests: Sequence[int] | np.ndarray,
        parameters: Parameters,
    ) -> None:
        self.parameters = parameters
        self.group = [int(group) for group in contact_groups]
        self.waiting = [int(days) for days in waiting_days]
        self.options = _options_by_search(edges, len(self.waiting))
        self.room = [max(0, parameters.open_requests_per_search - int(number)) for number in open_requests]
        self.is_starving = [int(number) == 0 for number in open_requests]
        self.weight = [1 + min(max(days, 0), FULL_WAIT_DAYS) / FULL_WAIT_DAYS for days in self.waiting]
        self.open_failure = _chance_open_requests_fail(self.options, open_requests)
        self.failure = list(self.open_failure)
        self.chosen: list[dict[int, _Choice]] = [{} for _ in self.waiting]
        self.requests: Counter[int] = Counter()
        self.contact: dict[int, int] = {}  # contact group -> its therapist in this round
        self.demand = Counter(option.therapist for options in self.options for option in options)
        least = parameters.min_requests_per_inquiry
        self.left_out = {therapist for therapist, number in self.demand.items() if number < least}

    def fill(self) -> None:
        self._give_everybody_one()
        self._give_where_most_is_gained()

    def _give_everybody_one(self) -> None:
        longest_first = sorted(range(len(self.waiting)), key=lambda search: (-self.waiting[search], search))
        for search in longest_first:
            if self.is_starving[search] and not self.chosen[search]:
                self._give_first(search)

    def _give_where_most_is_gained(self) -> None:
        """Take the request that adds most, again and again. Equal gains: longer wait, then lower index."""
        cursors = [0] * len(self.waiting)
        heap = [entry for search in range(len(self.waiting)) if (entry := self._next(search, cursors))]
        heapq.heapify(heap)
        while heap:
            promised, _, search = heap[0]
            current = self._next(search, cursors)
            if current is None:
                heapq.heappop(heap)
            elif current[0] > promised:
                heapq.heapreplace(heap, current)
            else:
                self._choose(search, self.options[search][cursors[search]], is_first=False)

    def too_small(self) -> set[int]:
        """Return, of the therapists with the smallest inquiries, the half fewest searches could use."""
        smallest = min(self.requests.values(), default=0)
        if smallest >= self.parameters.min_requests_per_inquiry:
            return set()
        small = [therapist for therapist, number in self.requests.items() if number == smallest]
        small.sort(key=lambda therapist: (self.demand[therapist], therapist))
        return set(small[: (len(small) + 1) // 2])

    def dissolve(self, therapists: set[int]) -> None:
        self.left_out |= therapists
        for therapist in therapists:
            del self.requests[therapist]
            del self.contact[self.group[therapist]]
        for search, chosen in enumerate(self.chosen):
            dropped = therapists & chosen.keys()
            if dropped:
                self.room[search] += len(dropped)
                self.chosen[search] = {key: choice for key, choice in chosen.items() if key not in dropped}
                self.failure[search] = self.open_failure[search] * self._planned_failure(search)

    def finished(self) -> Plan:
        lines = sorted(self._lines(), key=lambda line: (line.therapist_index, line.search_index))
        unplanned = {
            search: self._why_unplanned(search) for search, chosen in enumerate(self.chosen) if not chosen
        }
        expected = sum(1 - self._planned_failure(search) for search in range(len(self.chosen)))
        return Plan(tuple(lines), unplanned, expected)

    def _give_first(self, search: int) -> None:
        free = [option for option in self.options[search] if self._is_free(search, option.therapist)]
        if not free or not self.room[search]:
            return
        enough = CLOSE_CHANCE * free[0].acceptance
        close = [option for option in free if option.acceptance >= enough]
        self._choose(search, min(close, key=lambda option: self.demand[option.therapist]), is_first=True)

    def _next(self, search: int, cursors: list[int]) -> tuple[float, int, int] | None:
        """Move the cursor of a search to its best free option; return its heap entry, None without one.

        What was taken once stays taken while filling, so a cursor never has to move back.
        """
        options = self.options[search]
        while cursors[search] < len(options) and not self._is_free(
            search, options[cursors[search]].therapist
        ):
            cursors[search] += 1
        if cursors[search] == len(options) or not self.room[search]:
            return None
        return -self._gain(search, options[cursors[search]]), -self.waiting[search], search

    def _gain(self, search: int, option: _Option) -> float:
        return self.weight[search] * option.acceptance * self.failure[search]

    def _is_free(self, search: int, therapist: int) -> bool:
        return (
            therapist not in self.chosen[search]
            and therapist not in self.left_out
            and self.requests.get(therapist, 0) < self.parameters.max_requests_per_inquiry
            and self.contact.get(self.group[therapist], therapist) == therapist
        )

    def _choose(self, search: int, option: _Option, is_first: bool) -> None:
        self.chosen[search][option.therapist] = _Choice(option, self._gain(search, option), is_first)
        self.contact[self.group[option.therapist]] = option.therapist
        self.requests[option.therapist] += 1
        self.room[search] -= 1
        self.failure[search] *= 1 - option.acceptance

    def _planned_failure(self, search: int) -> float:
        return prod(1 - choice.option.acceptance for choice in self.chosen[search].values())

    def _lines(self) -> Iterator[PlannedLine]:
        for search, chosen in enumerate(self.chosen):
            for choice in chosen.values():
                yield PlannedLine(
                    search_index=search,
                    therapist_index=choice.option.therapist,
                    acceptance=choice.option.acceptance,
                    score=choice.option.score,
                    gain=choice.gain,
                    rank=choice.option.rank,
                    option_count=len(self.options[search]),
                    waiting_days=self.waiting[search],
                    reasons=_reasons(choice, len(self.options[search])),
                )

    def _why_unplanned(self, search: int) -> UnplannedReason:
        if not self.options[search]:
            return UnplannedReason.NO_CANDIDATE
        return UnplannedReason.NO_PLACE_LEFT if self.room[search] else UnplannedReason.ENOUGH_OPEN_REQUESTS


def _reasons(choice: _Choice, option_count: int) -> tuple[PlanReason, ...]:
    reasons = [PlanReason.FIRST_REQUEST if choice.is_first else PlanReason.MOST_PROMISING]
    if option_count == 1:
        reasons.append(PlanReason.ONLY_OPTION)
    elif choice.option.rank == 1:
        reasons.append(PlanReason.BEST_CANDIDATE)
    return tuple(reasons)


def _options_by_search(edges: Edges, search_count: int) -> list[list[_Option]]:
    """Group the edges by search, highest chance first, then highest score, then lowest therapist index."""
    rank = _ranks(edges)
    order = np.lexsort((edges.therapist_index, -edges.score, -edges.acceptance, edges.search_index))
    columns = (edges.search_index, edges.therapist_index, edges.acceptance, edges.score, rank)
    options: list[list[_Option]] = [[] for _ in range(search_count)]
    for search, *values in zip(*(column[order].tolist() for column in columns), strict=True):
        options[search].append(_Option(*values))
    return options


def _ranks(edges: Edges) -> np.ndarray:
    order = np.lexsort((edges.therapist_index, -edges.score, edges.search_index))
    search = edges.search_index[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(search, search, side="left") + 1
    return rank


def _chance_open_requests_fail(
    options: list[list[_Option]], open_requests: Sequence[int] | np.ndarray
) -> list[float]:
    """Open requests count as asked of therapists like the search's options on average."""
    return [
        (1 - sum(option.acceptance for option in found) / len(found)) ** int(number) if found else 1.0
        for found, number in zip(options, open_requests, strict=True)
    ]

"""Which heading of a file is which column of ours."""

import difflib
from collections.abc import Sequence

from apps.core.encryption import blind_index
from apps.core.imports.columns import Column, fold, headings, is_own_heading

CLOSE = 0.84  # as close as "Telefonnr" and "Telefonnummer" are not; "Nachnahme" and "Nachname" are


def suggestion(header: Sequence[str], columns: Sequence[Column]) -> list[str]:
    """The key of a column for every heading, "" where none fits. Known headings first, then near ones."""
    known = {name: column.key for name, column in headings(columns).items()}
    chosen = [known.get(fold(heading), "") for heading in header]
    chosen = [key if key not in chosen[:at] else "" for at, key in enumerate(chosen)]
    for at, heading in enumerate(header):
        if not chosen[at] and heading.strip() and not is_own_heading(heading):
            free = [name for name, key in known.items() if key not in chosen]
            near = difflib.get_close_matches(fold(heading), free, n=1, cutoff=CLOSE)
            chosen[at] = known[near[0]] if near else ""
    return chosen


def headings_key(header: Sequence[str]) -> str:
    """A fingerprint: a file without headings has people's data in its first line."""
    return blind_index("\n".join(fold(heading) for heading in header))

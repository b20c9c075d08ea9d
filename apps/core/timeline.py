"""One story per person: every app tells its part, the page of the person shows them together.

An entry is what components/timeline.html takes: {"at", "text"} and optionally "actor", "icon", "tone",
"url", "reason", "body" (text that opens on a click), "kind" (one of KINDS, to filter by), "is_day" (no hour
is known), "is_from_outside" (nobody of ours did it); of notes also "is_struck", "note_id", "author_id".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

KINDS: dict[str, str | Promise] = {
    "state": _("Changes"),
    "email": _("E-mails"),
    "call": _("Calls"),
    "answer": _("Answers"),
    "note": _("Notes"),
}
PATIENT, THERAPIST = "patient", "therapist"

Entry = dict[str, Any]
Teller = Callable[[int], Iterable[Entry]]

_tellers: dict[str, list[Teller]] = {PATIENT: [], THERAPIST: []}


def tells_of(person: str) -> Callable[[Teller], Teller]:
    """Register a function from a person's id to entries: a fixed number of queries each."""

    def register(function: Teller) -> Teller:
        _tellers[person].append(function)
        return function

    return register


def story(person: str, pk: int) -> list[Entry]:
    """Everything about one person, newest first."""
    entries = [entry for teller in _tellers[person] for entry in teller(pk)]
    return sorted(entries, key=itemgetter("at"), reverse=True)


ENTRIES_A_PAGE = 50
MOST_DIGITS = 6  # of a page's number


@dataclass(frozen=True)
class Tab:
    """One kind of entry to choose, for components/tabs.html."""

    url: str
    label: str | Promise
    count: int
    is_current: bool


@dataclass(frozen=True)
class StoryPage:
    """One page of a story for components/story.html; `newer` and `older` are links or ""."""

    entries: list[Entry]
    tabs: list[Tab]
    newer: str
    older: str


def story_page(entries: Sequence[Entry], *, query: Mapping[str, str]) -> StoryPage:
    """The entries the query asks for (?kind=…&page=…); anything else it says is the first page of all."""
    kind = query.get("kind", "")
    chosen = [entry for entry in entries if kind_of(entry) == kind] if kind in KINDS else list(entries)
    number = _page_number(query, -(-len(chosen) // ENTRIES_A_PAGE))
    first, after = (number - 1) * ENTRIES_A_PAGE, number * ENTRIES_A_PAGE
    return StoryPage(
        entries=chosen[first:after],
        tabs=_tabs(entries, kind),
        newer=_link(kind, number - 1) if number > 1 else "",
        older=_link(kind, number + 1) if len(chosen) > after else "",
    )


def kind_of(entry: Entry) -> str:
    return str(entry.get("kind", "state"))


def start_of(day: date) -> datetime:
    """Where only a day is known, the entry stands at its beginning (and says `is_day`)."""
    return timezone.make_aware(datetime.combine(day, time.min))


def _tabs(entries: Sequence[Entry], current: str) -> list[Tab]:
    """All, and the kinds there are entries of."""
    counts = {kind: sum(kind_of(entry) == kind for entry in entries) for kind in KINDS}
    tabs = [Tab("?", _("All"), len(entries), current not in KINDS)]
    return tabs + [
        Tab(_link(kind), label, counts[kind], kind == current)
        for kind, label in KINDS.items()
        if counts[kind] or kind == current
    ]


def _link(kind: str, number: int = 1) -> str:
    parts = {"kind": kind if kind in KINDS else "", "page": number if number > 1 else ""}
    return "?" + urlencode({name: value for name, value in parts.items() if value})


def _page_number(query: Mapping[str, str], last: int) -> int:
    text = query.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS else 1
    return max(1, min(number, last))

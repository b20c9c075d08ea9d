"""Four ways to spend the contacts of a week. All obey the hard rules and the same limits.

- planner: what this product proposes. The round is planned and the contacts go to its inquiries: up to half
  of them to those that carry somebody who was never asked for in OVERDUE_DAYS, the others by the sum of their
  gains. Then the round is planned once more for these therapists alone, so that requests of inquiries that
  were let go find a place in the others.
- greedy_by_value: single requests by chance of acceptance x weight of the waiting time, largest first.
- oldest_first: the search that waits longest first; its candidates from the nearest to the farthest.
- oldest_first_two_digit: the search that waits longest first; its candidates whose PLZ begins with the same
  two digits, in the order of the file.

A request goes into an inquiry that is open already, else it opens one while contacts are left.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from apps.matching.engine.columns import TherapistColumns
from apps.matching.engine.matching import DEFAULT_TOP, Matches
from apps.matching.engine.planning import Edges, Plan, plan
from apps.matching.engine.records import Parameters

OVERDUE_DAYS = 35  # so long nobody should wait without having been asked for
FULL_WAIT_DAYS = 180  # waiting this long doubles the value of a request, as in the planner


@dataclass(frozen=True)
class Week:
    """What every policy knows on a Monday. Searches are those without a place, longest waiting first."""

    matches: Matches  # every candidate
    therapists: TherapistColumns
    waiting_days: np.ndarray  # int64, per search
    open_requests: np.ndarray  # int64, per search
    was_asked: np.ndarray  # bool, per search: at least one request in the run
    search_region: np.ndarray  # int64, per search, -1 = unknown
    parameters: Parameters
    contacts: int  # inquiries that may be sent


Inquiries = dict[int, list[int]]
"""Therapist index → search indices."""


@dataclass
class _Book:
    """The inquiries of a week while they fill up."""

    week: Week
    inquiries: Inquiries = field(default_factory=dict)
    asked_groups: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        limit = self.week.parameters.open_requests_per_search
        self.room = np.maximum(limit - self.week.open_requests, 0).tolist()
        self.group = self.week.therapists.contact_group.tolist()

    def add(self, search: int, therapist: int) -> None:
        """Add a request where the limits leave room for it."""
        if not self.room[search] or not self._has_place(therapist):
            return
        self.inquiries.setdefault(therapist, []).append(search)
        self.asked_groups.add(self.group[therapist])
        self.room[search] -= 1

    def _has_place(self, therapist: int) -> bool:
        if therapist in self.inquiries:
            return len(self.inquiries[therapist]) < self.week.parameters.max_requests_per_inquiry
        return len(self.inquiries) < self.week.contacts and self.group[therapist] not in self.asked_groups

    def large_enough(self) -> Inquiries:
        least = self.week.parameters.min_requests_per_inquiry
        return {
            therapist: asked for therapist, asked in sorted(self.inquiries.items()) if len(asked) >= least
        }


def choose(policy: str, week: Week) -> Inquiries:
    return _POLICIES[policy](week)


def _planner(week: Week) -> Inquiries:
    edges = _edges(week.matches)
    first = _planned(week, edges)
    kept = _released(week, _inquiries(first), _gains(first))
    is_kept = np.isin(edges.therapist_index, kept)
    columns = (edges.search_index, edges.therapist_index, edges.acceptance, edges.score)
    return _inquiries(_planned(week, Edges(*(column[is_kept] for column in columns))))


def _edges(matches: Matches) -> Edges:
    """Return the best candidates of each search, as many as a round looks at."""
    best = matches.rank <= DEFAULT_TOP
    columns = (matches.search_index, matches.therapist_index, matches.parts.acceptance, matches.score)
    return Edges(*(column[best] for column in columns))


def _planned(week: Week, edges: Edges) -> Plan:
    groups = week.therapists.contact_group
    return plan(edges, groups, week.waiting_days, week.open_requests, week.parameters)


def _gains(planned: Plan) -> dict[int, float]:
    gain: dict[int, float] = defaultdict(float)
    for line in planned.lines:
        gain[line.therapist_index] += line.gain
    return gain


def _released(week: Week, inquiries: Inquiries, gain: dict[int, float]) -> list[int]:
    """Return the therapists whose inquiries are sent."""
    ordered = sorted(inquiries, key=lambda therapist: (-gain[therapist], therapist))
    is_overdue = ~week.was_asked & (week.waiting_days > OVERDUE_DAYS)
    urgent = [therapist for therapist in ordered if is_overdue[inquiries[therapist]].any()]
    first = urgent[: week.contacts // 2]
    taken = set(first)
    return (first + [therapist for therapist in ordered if therapist not in taken])[: week.contacts]


def _inquiries(planned: Plan) -> Inquiries:
    inquiries: Inquiries = defaultdict(list)
    for line in planned.lines:
        inquiries[line.therapist_index].append(line.search_index)
    return dict(inquiries)


def _greedy_by_value(week: Week) -> Inquiries:
    matches = week.matches
    weight = 1 + np.minimum(week.waiting_days, FULL_WAIT_DAYS) / FULL_WAIT_DAYS
    value = matches.parts.acceptance * weight[matches.search_index]
    order = np.lexsort((matches.therapist_index, matches.search_index, -value))
    return _filled(week, _pairs(matches, order))


def _oldest_first(week: Week) -> Inquiries:
    matches = week.matches
    order = np.lexsort((matches.therapist_index, matches.distance_km, matches.search_index))
    return _filled(week, _pairs(matches, order))


def _oldest_first_two_digit(week: Week) -> Inquiries:
    matches = week.matches
    region = week.therapists.region[matches.therapist_index]
    is_same = (region == week.search_region[matches.search_index]) & (region >= 0)
    order = np.lexsort((matches.therapist_index, matches.search_index))
    return _filled(week, _pairs(matches, order[is_same[order]]))


def _pairs(matches: Matches, order: np.ndarray) -> Iterable[tuple[int, int]]:
    return zip(matches.search_index[order].tolist(), matches.therapist_index[order].tolist(), strict=True)


def _filled(week: Week, pairs: Iterable[tuple[int, int]]) -> Inquiries:
    """Take pairs in their order. Inquiries that stay too small are not sent."""
    book = _Book(week)
    for search, therapist in pairs:
        book.add(search, therapist)
    return book.large_enough()


_POLICIES: dict[str, Callable[[Week], Inquiries]] = {
    "planner": _planner,
    "greedy_by_value": _greedy_by_value,
    "oldest_first": _oldest_first,
    "oldest_first_two_digit": _oldest_first_two_digit,
}

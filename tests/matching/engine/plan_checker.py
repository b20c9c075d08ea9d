"""Checks every promise of a plan in plain Python, from the planner's input and output alone."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from math import prod

import numpy as np
import pytest

from apps.matching.engine.planning import Edges, Plan, PlannedLine, PlanReason, UnplannedReason, plan
from apps.matching.engine.records import Parameters

OVERDUE_DAYS = 28
Pair = tuple[int, int]


@dataclass(frozen=True)
class Round:
    """The planner's input in plain values: edges as {(search, therapist): (chance, score)}."""

    edges: dict[Pair, tuple[float, float]]
    groups: list[int]
    waiting: list[int]
    open_requests: list[int]
    parameters: Parameters = Parameters()  # noqa: RUF009 - frozen
    unasked: list[int] | None = None

    def plan(self, **options: int) -> Plan:
        keys = np.array(list(self.edges), dtype=np.int64).reshape(-1, 2)
        values = np.array(list(self.edges.values()), dtype=np.float64).reshape(-1, 2)
        edges = Edges(keys[:, 0], keys[:, 1], values[:, 0], values[:, 1])
        columns = (self.groups, self.waiting, self.open_requests)
        return plan(edges, *columns, self.parameters, unasked_days=self.unasked, **options)

    def options(self, search: int) -> dict[int, tuple[float, float]]:
        return {t: values for (s, t), values in self.edges.items() if s == search}

    def room(self, search: int) -> int:
        return max(0, self.parameters.open_requests_per_search - self.open_requests[search])

    def weight(self, search: int) -> float:
        return 1 + min(self.waiting[search], 180) / 180

    def open_failure(self, search: int) -> float:
        chances = [chance for chance, _score in self.options(search).values()]
        return (1 - sum(chances) / len(chances)) ** self.open_requests[search]

    def value(self, pairs: set[Pair]) -> float:
        """Return the goal: searches with an acceptance, each by its waiting."""
        chances = defaultdict(list)
        for pair in pairs:
            chances[pair[0]].append(self.edges[pair][0])
        return sum(
            self.weight(search) * self.open_failure(search) * (1 - prod(1 - chance for chance in found))
            for search, found in chances.items()
        )


def asked(result: Plan) -> set[Pair]:
    return {(line.search_index, line.therapist_index) for line in result.lines}


def check_plan(given: Round, result: Plan) -> None:
    """Check limits, figures, reasons, and that nothing more fits."""
    check_limits(given, result)
    pairs = asked(result)
    per_search = Counter(search for search, _ in pairs)
    per_therapist = Counter(therapist for _, therapist in pairs)
    _check_lines(given, result.lines)
    _check_reasons(given, result.lines, per_therapist)
    _check_unplanned(given, result, per_search)
    if given.parameters.min_requests_per_inquiry == 1:
        _check_nothing_more_fits(given, pairs, per_search, per_therapist)
        if len(set(given.groups)) == len(given.groups):
            _check_nobody_overdue_could_be_served(given, per_search)


def check_limits(given: Round, result: Plan) -> None:
    pairs, parameters = asked(result), given.parameters
    per_search = Counter(search for search, _ in pairs)
    per_therapist = Counter(therapist for _, therapist in pairs)
    assert len(pairs) == len(result.lines)
    assert pairs <= set(given.edges)
    for search, number in per_search.items():
        assert number + given.open_requests[search] <= parameters.open_requests_per_search
    for number in per_therapist.values():
        assert parameters.min_requests_per_inquiry <= number <= parameters.max_requests_per_inquiry
    contacted = [given.groups[therapist] for therapist in per_therapist]
    assert len(set(contacted)) == len(contacted)


def _check_lines(given: Round, lines: tuple[PlannedLine, ...]) -> None:
    """Figures: the lines of a search follow one another, best chance first."""
    chance: dict[int, float] = {}
    for line in sorted(lines, key=lambda line: (-line.acceptance, -line.score, line.therapist_index)):
        search, options = line.search_index, given.options(line.search_index)
        better = [t for t, (_, score) in options.items() if (-score, t) < (-line.score, line.therapist_index)]
        assert (line.acceptance, line.score) == options[line.therapist_index]
        assert (line.rank, line.option_count) == (len(better) + 1, len(options))
        assert line.waiting_days == given.waiting[search]
        before = chance.get(search, 1 - given.open_failure(search))
        assert line.chance_before == pytest.approx(before)
        assert line.chance_after == pytest.approx(before + line.acceptance * (1 - before))
        assert line.gain == pytest.approx(given.weight(search) * line.acceptance * (1 - before))
        assert line.gain > 0
        chance[search] = line.chance_after


def _check_reasons(given: Round, lines: tuple[PlannedLine, ...], per_therapist: Counter[int]) -> None:
    pairs = {(line.search_index, line.therapist_index) for line in lines}
    most = given.parameters.max_requests_per_inquiry
    for line in lines:
        options, reasons = given.options(line.search_index), line.reasons
        others = [given.waiting[s] for (s, t) in given.edges if t == line.therapist_index]
        missed = [
            chance
            for t, (chance, _) in options.items()
            if (line.search_index, t) not in pairs and per_therapist[t] == most
        ]
        assert (PlanReason.FIRST_REQUEST in reasons) != (PlanReason.MOST_PROMISING in reasons)
        assert (PlanReason.ONLY_OPTION in reasons) == (len(options) == 1)
        assert (PlanReason.BEST_CANDIDATE in reasons) == (line.rank == 1 and len(options) > 1)
        is_longest = len(others) > 1 and line.waiting_days == max(others)
        assert (PlanReason.LONGEST_WAITING in reasons) == is_longest
        assert (PlanReason.LEAVES_SCARCE_PLACE in reasons) == (max(missed, default=0) > line.acceptance)
    firsts = Counter(line.search_index for line in lines if PlanReason.FIRST_REQUEST in line.reasons)
    assert dict(firsts) == {s: 1 for s, _ in pairs if given.open_requests[s] == 0}


def _check_unplanned(given: Round, result: Plan, per_search: Counter[int]) -> None:
    assert set(result.unplanned) == set(range(len(given.waiting))) - set(per_search)
    assert all(result.unplanned[search] is _why(given, search) for search in result.unplanned)
    chances = defaultdict(list)
    for pair in asked(result):
        chances[pair[0]].append(given.edges[pair][0])
    expected = sum(1 - prod(1 - chance for chance in found) for found in chances.values())
    assert result.expected_searches == pytest.approx(expected)


def _why(given: Round, search: int) -> UnplannedReason:
    if not given.options(search):
        return UnplannedReason.NO_CANDIDATE
    return UnplannedReason.NO_PLACE_LEFT if given.room(search) else UnplannedReason.ENOUGH_OPEN_REQUESTS


def _check_nothing_more_fits(
    given: Round, pairs: set[Pair], per_search: Counter[int], per_therapist: Counter[int]
) -> None:
    contact = {given.groups[therapist]: therapist for therapist in per_therapist}
    for search, therapist in set(given.edges) - pairs:
        has_room = per_search[search] < given.room(search)
        has_place = per_therapist[therapist] < given.parameters.max_requests_per_inquiry
        is_contact = contact.get(given.groups[therapist], therapist) == therapist
        assert not (has_room and has_place and is_contact)


def _check_nobody_overdue_could_be_served(given: Round, per_search: Counter[int]) -> None:
    """As many overdue searches are asked as could be at all (a matching, grown path by path)."""
    unasked = given.unasked or given.waiting
    overdue = [
        search
        for search, days in enumerate(unasked)
        if days >= OVERDUE_DAYS and not given.open_requests[search] and given.room(search)
    ]
    holders: dict[int, list[int]] = defaultdict(list)
    possible = sum(_seat(given, search, holders, set()) for search in overdue)
    assert sum(per_search[search] > 0 for search in overdue) == possible


def _seat(given: Round, search: int, holders: dict[int, list[int]], tried: set[int]) -> bool:
    for therapist in set(given.options(search)) - tried:
        tried.add(therapist)
        held = holders[therapist]
        if len(held) < given.parameters.max_requests_per_inquiry:
            held.append(search)
            return True
        for place, holder in enumerate(list(held)):
            if _seat(given, holder, holders, tried):
                held[place] = search
                return True
    return False

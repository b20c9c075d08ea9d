from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations
from math import prod
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.engine.planning import Edges, Plan, PlannedLine, PlanReason, UnplannedReason, plan
from apps.matching.engine.records import Parameters

DEFAULTS = Parameters()


@dataclass(frozen=True)
class Round:
    """The planner's input in plain values: edges as {(search, therapist): (chance, score)}."""

    edges: dict[tuple[int, int], tuple[float, float]]
    groups: list[int]
    waiting: list[int]
    open_requests: list[int]
    parameters: Parameters = DEFAULTS

    def plan(self) -> Plan:
        keys = np.array(list(self.edges), dtype=np.int64).reshape(-1, 2)
        values = np.array(list(self.edges.values()), dtype=np.float64).reshape(-1, 2)
        edges = Edges(keys[:, 0], keys[:, 1], values[:, 0], values[:, 1])
        return plan(edges, self.groups, self.waiting, self.open_requests, self.parameters)


def check_plan(given: Round, result: Plan) -> None:
    """Check every promise of a plan in plain Python, without the planner's own bookkeeping."""
    pairs = [(line.search_index, line.therapist_index) for line in result.lines]
    per_search = Counter(search for search, _ in pairs)
    per_therapist = Counter(therapist for _, therapist in pairs)
    assert len(set(pairs)) == len(pairs)
    assert set(pairs) <= set(given.edges)
    _check_limits(given, per_search, per_therapist)
    _check_lines(given, result.lines)
    assert set(result.unplanned) == set(range(len(given.waiting))) - set(per_search)
    assert all(result.unplanned[search] is _why(given, search) for search in result.unplanned)
    if given.parameters.min_requests_per_inquiry == 1:
        _check_nothing_more_fits(given, set(pairs), per_search, per_therapist)
    chances = defaultdict(list)
    for search, therapist in pairs:
        chances[search].append(given.edges[search, therapist][0])
    expected = sum(1 - prod(1 - chance for chance in found) for found in chances.values())
    assert result.expected_searches == pytest.approx(expected)


def _check_limits(given: Round, per_search: Counter[int], per_therapist: Counter[int]) -> None:
    parameters = given.parameters
    for search, number in per_search.items():
        assert number + given.open_requests[search] <= parameters.open_requests_per_search
    for number in per_therapist.values():
        assert parameters.min_requests_per_inquiry <= number <= parameters.max_requests_per_inquiry
    contacted = [given.groups[therapist] for therapist in per_therapist]
    assert len(set(contacted)) == len(contacted)


def _check_lines(given: Round, lines: tuple[PlannedLine, ...]) -> None:
    for line in lines:
        scores = {t: values[1] for (s, t), values in given.edges.items() if s == line.search_index}
        mine = scores[line.therapist_index]
        better = [t for t, score in scores.items() if (-score, t) < (-mine, line.therapist_index)]
        assert (line.acceptance, line.score) == given.edges[line.search_index, line.therapist_index]
        assert (line.rank, line.option_count) == (len(better) + 1, len(scores))
        assert line.waiting_days == given.waiting[line.search_index]
        assert (PlanReason.ONLY_OPTION in line.reasons) == (len(scores) == 1)
        assert line.gain > 0


def _check_nothing_more_fits(
    given: Round, pairs: set[tuple[int, int]], per_search: Counter[int], per_therapist: Counter[int]
) -> None:
    contact = {given.groups[therapist]: therapist for therapist in per_therapist}
    for search, therapist in set(given.edges) - pairs:
        has_room = (
            per_search[search] + given.open_requests[search] < given.parameters.open_requests_per_search
        )
        has_place = per_therapist[therapist] < given.parameters.max_requests_per_inquiry
        is_contact = contact.get(given.groups[therapist], therapist) == therapist
        assert not (has_room and has_place and is_contact)


def _why(given: Round, search: int) -> UnplannedReason:
    if not any(owner == search for owner, _ in given.edges):
        return UnplannedReason.NO_CANDIDATE
    if given.open_requests[search] >= given.parameters.open_requests_per_search:
        return UnplannedReason.ENOUGH_OPEN_REQUESTS
    return UnplannedReason.NO_PLACE_LEFT


@st.composite
def rounds(draw: st.DrawFn) -> Round:
    search_count, therapist_count = draw(st.integers(0, 8)), draw(st.integers(1, 8))
    chance = st.one_of(st.sampled_from([0.05, 0.1, 0.2]), st.floats(0.001, 0.99))
    score = st.sampled_from([0.1, 0.3, 0.3, 0.7])
    keys = st.tuples(st.integers(0, max(search_count - 1, 0)), st.integers(0, therapist_count - 1))
    edges = draw(st.dictionaries(keys, st.tuples(chance, score), max_size=40)) if search_count else {}
    per_search = st.lists(st.integers(0, 200), min_size=search_count, max_size=search_count)
    return Round(
        edges,
        draw(st.lists(st.integers(1, 6), min_size=therapist_count, max_size=therapist_count)),
        draw(per_search),
        [number % 5 for number in draw(per_search)],
        Parameters(
            max_requests_per_inquiry=draw(st.integers(2, 6)),
            min_requests_per_inquiry=draw(st.sampled_from([1, 1, 2])),
            open_requests_per_search=draw(st.integers(1, 5)),
        ),
    )


def asked(result: Plan) -> set[tuple[int, int]]:
    return {(line.search_index, line.therapist_index) for line in result.lines}


@settings(max_examples=300, deadline=None)
@given(rounds())
def test_plan_keeps_every_limit(given: Round) -> None:
    check_plan(given, given.plan())


@settings(max_examples=50, deadline=None)
@given(rounds(), st.randoms())
def test_plan_does_not_depend_on_the_order_of_edges(given: Round, random: Random) -> None:
    shuffled = list(given.edges.items())
    random.shuffle(shuffled)
    again = Round(dict(shuffled), given.groups, given.waiting, given.open_requests, given.parameters)
    assert again.plan() == given.plan()


def test_plan_without_anything_is_empty() -> None:
    assert Round({}, [], [], []).plan() == Plan((), {}, 0.0)


def test_plan_of_a_large_random_round_keeps_every_limit() -> None:
    numbers = np.random.default_rng(5)
    edges = {
        (int(search), int(therapist)): (float(chance), float(score))
        for search, therapist, chance, score in zip(
            numbers.integers(0, 200, 3000),
            numbers.integers(0, 100, 3000),
            numbers.uniform(0.01, 0.4, 3000),
            numbers.uniform(0, 1, 3000),
            strict=True,
        )
    }
    parameters = Parameters(min_requests_per_inquiry=3)
    large = Round(
        edges,
        numbers.integers(0, 90, 100).tolist(),
        numbers.integers(0, 300, 200).tolist(),
        numbers.integers(0, 12, 200).tolist(),
        parameters,
    )
    result = large.plan()
    check_plan(large, result)
    assert len(result.lines) > 300


def test_search_without_open_request_goes_before_a_greater_gain() -> None:
    one_place = Parameters(max_requests_per_inquiry=1)
    given = Round({(0, 0): (0.1, 0.5), (1, 0): (0.4, 0.5)}, [1], [20, 10], [0, 3], one_place)
    result = given.plan()
    assert asked(result) == {(0, 0)}
    assert result.unplanned == {1: UnplannedReason.NO_PLACE_LEFT}
    assert result.lines[0].reasons == (PlanReason.FIRST_REQUEST, PlanReason.ONLY_OPTION)


def test_longest_waiting_search_gets_the_only_place() -> None:
    one_place = Parameters(max_requests_per_inquiry=1)
    for waiting, winner in (([10, 20], 1), ([20, 10], 0), ([10, 10], 0)):
        given = Round({(0, 0): (0.2, 0.5), (1, 0): (0.2, 0.5)}, [1], waiting, [0, 0], one_place)
        assert asked(given.plan()) == {(winner, 0)}


def test_search_with_choice_leaves_the_scarce_place() -> None:
    one_place = Parameters(max_requests_per_inquiry=1)
    edges = {(0, 0): (0.20, 0.9), (0, 1): (0.17, 0.5), (1, 0): (0.20, 0.5)}
    assert asked(Round(edges, [1, 2], [90, 10], [0, 0], one_place).plan()) == {(0, 1), (1, 0)}


def test_search_does_not_leave_a_place_for_a_far_worse_one() -> None:
    one_place = Parameters(max_requests_per_inquiry=1)
    edges = {(0, 0): (0.20, 0.9), (0, 1): (0.15, 0.5), (1, 0): (0.20, 0.5)}
    result = Round(edges, [1, 2], [90, 10], [0, 0], one_place).plan()
    assert asked(result) == {(0, 0), (0, 1)}


def test_further_requests_of_a_search_are_worth_less() -> None:
    edges = {(0, 0): (0.5, 0.9), (0, 1): (0.5, 0.5), (1, 1): (0.3, 0.5), (1, 2): (0.3, 0.5)}
    given = Round(edges, [1, 2, 3], [0, 0], [0, 0], Parameters(max_requests_per_inquiry=1))
    assert asked(given.plan()) == {(0, 0), (0, 1), (1, 2)}
    alone = Round({(0, 0): (0.5, 0.9), (0, 1): (0.4, 0.5)}, [1, 2], [180], [0]).plan()
    assert [line.gain for line in alone.lines] == [pytest.approx(2 * 0.5), pytest.approx(2 * 0.5 * 0.4)]


def test_place_goes_where_it_still_helps() -> None:
    edges = {(0, 0): (0.6, 0.9), (0, 1): (0.4, 0.5), (1, 1): (0.3, 0.5)}
    given = Round(edges, [1, 2], [0, 0], [1, 1], Parameters(max_requests_per_inquiry=1))
    assert asked(given.plan()) == {(0, 0), (1, 1)}


def test_open_requests_lower_the_gain() -> None:
    line = Round({(0, 0): (0.2, 0.5)}, [1], [0], [2]).plan().lines[0]
    assert line.gain == pytest.approx(0.2 * 0.8**2)
    assert line.reasons == (PlanReason.MOST_PROMISING, PlanReason.ONLY_OPTION)


def test_one_therapist_of_a_contact_group_is_asked() -> None:
    edges = {(0, 0): (0.3, 0.5), (0, 1): (0.2, 0.5), (1, 1): (0.2, 0.5)}
    result = Round(edges, [7, 7], [10, 5], [0, 0]).plan()
    assert len({line.therapist_index for line in result.lines}) == 1


def test_inquiry_below_the_least_size_is_given_up_and_its_search_asked_elsewhere() -> None:
    two = Parameters(min_requests_per_inquiry=2, open_requests_per_search=1)
    edges = {(0, 0): (0.5, 0.5), (0, 1): (0.2, 0.5), (1, 1): (0.2, 0.5)}
    given = Round(edges, [1, 2], [0, 0], [0, 0], two)
    result = given.plan()
    check_plan(given, result)
    assert asked(result) == {(0, 1), (1, 1)}


def test_inquiries_too_small_everywhere_leave_nothing() -> None:
    given = Round(
        {(0, 0): (0.5, 0.5), (1, 1): (0.2, 0.5)},
        [1, 2],
        [0, 0],
        [0, 0],
        Parameters(min_requests_per_inquiry=2),
    )
    assert given.plan().unplanned == {0: UnplannedReason.NO_PLACE_LEFT, 1: UnplannedReason.NO_PLACE_LEFT}


def test_equal_chances_are_decided_by_score_then_therapist() -> None:
    only_one = Parameters(open_requests_per_search=1)
    by_score = Round(
        {(0, 0): (0.2, 0.5), (0, 1): (0.2, 0.6)}, [1, 2], [0], [1], Parameters(open_requests_per_search=2)
    )
    assert asked(by_score.plan()) == {(0, 1)}
    by_index = Round({(0, 1): (0.2, 0.5), (0, 0): (0.2, 0.5)}, [1, 2], [0], [0], only_one)
    assert asked(by_index.plan()) == {(0, 0)}
    assert by_index.plan().lines[0].reasons == (PlanReason.FIRST_REQUEST, PlanReason.BEST_CANDIDATE)


def test_greedy_comes_close_to_the_best_plan() -> None:
    numbers = np.random.default_rng(11)
    for _ in range(20):
        edges = {(s, t): (float(numbers.uniform(0.05, 0.5)), 0.5) for s in range(3) for t in range(3)}
        one_place = Parameters(max_requests_per_inquiry=2)
        given = Round(edges, [1, 2, 3], [0, 0, 0], [1, 1, 1], one_place)
        best = max(_value(edges, chosen) for chosen in _choices(edges, most_per_therapist=2))
        assert _value(edges, asked(given.plan())) >= 0.9 * best


def _choices(edges: dict, most_per_therapist: int) -> list[set[tuple[int, int]]]:
    found = (set(chosen) for size in range(7) for chosen in combinations(edges, size))
    return [
        chosen
        for chosen in found
        if max(Counter(therapist for _, therapist in chosen).values(), default=0) <= most_per_therapist
    ]


def _value(edges: dict, chosen: set[tuple[int, int]]) -> float:
    failure = defaultdict(lambda: 1.0)
    for pair in chosen:
        failure[pair[0]] *= 1 - edges[pair][0]
    return sum(1 - value for value in failure.values())

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.matching.engine.planning import Plan, PlanReason, UnplannedReason
from apps.matching.engine.records import Parameters
from tests.matching.engine.plan_checker import Round, asked, check_limits, check_plan


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


@settings(max_examples=300, deadline=None)
@given(rounds())
def test_plan_keeps_every_limit(given: Round) -> None:
    check_plan(given, given.plan())


@settings(max_examples=50, deadline=None)
@given(rounds(), st.integers(0, 30))
def test_plan_keeps_every_limit_when_the_work_is_cut_short(given: Round, most_work: int) -> None:
    check_limits(given, given.plan(most_work=most_work))


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
    reasons = (PlanReason.FIRST_REQUEST, PlanReason.ONLY_OPTION, PlanReason.LONGEST_WAITING)
    assert result.lines[0].reasons == reasons


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

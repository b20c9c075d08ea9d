"""How good plans are, over single rounds against every possible plan, and over weeks."""

from itertools import combinations

import numpy as np
import pytest

from apps.matching.engine.records import Parameters
from tests.matching.engine.plan_checker import OVERDUE_DAYS, Pair, Round, asked, check_limits, check_plan

SEEDS = range(40)


def _tiny(seed: int, *, is_asked_before: bool) -> Round:
    numbers = np.random.default_rng(seed)
    searches, therapists = 4, 3
    keys = [(s, t) for s in range(searches) for t in range(therapists) if numbers.random() < 0.75]
    edges = {key: (float(numbers.uniform(0.05, 0.6)), float(numbers.random())) for key in keys}
    return Round(
        edges,
        numbers.integers(0, 3, therapists).tolist(),
        numbers.integers(0, 200, searches).tolist(),
        numbers.integers(1, 3, searches).tolist() if is_asked_before else [0] * searches,
        Parameters(
            max_requests_per_inquiry=int(numbers.integers(1, 4)),
            min_requests_per_inquiry=1 if seed % 4 else 2,
            open_requests_per_search=int(numbers.integers(2, 5)),
        ),
        numbers.integers(0, 60, searches).tolist(),
    )


def _possible(given: Round) -> list[set[Pair]]:
    """Every plan within the limits."""
    chosen = (set(found) for size in range(len(given.edges) + 1) for found in combinations(given.edges, size))
    return [pairs for pairs in chosen if _is_within_limits(given, pairs)]


def _is_within_limits(given: Round, pairs: set[Pair]) -> bool:
    sizes = {t: sum(other == t for _, other in pairs) for _, t in pairs}
    groups = [given.groups[t] for t in sizes]
    least, most = given.parameters.min_requests_per_inquiry, given.parameters.max_requests_per_inquiry
    return (
        all(least <= size <= most for size in sizes.values())
        and len(set(groups)) == len(groups)
        and all(sum(s == search for s, _ in pairs) <= given.room(search) for search, _ in pairs)
    )


def _overdue_served(given: Round, pairs: set[Pair]) -> int:
    served = {search for search, _ in pairs if not given.open_requests[search]}
    return sum(given.unasked[search] >= OVERDUE_DAYS for search in served)


def _share(given: Round) -> float:
    best = max(given.value(pairs) for pairs in _possible(given))
    return given.value(asked(given.plan())) / best if best else 1.0


def test_plans_come_close_to_the_best_of_all_plans() -> None:
    shares = [_share(_tiny(seed, is_asked_before=True)) for seed in SEEDS]
    assert min(shares) > 0.99
    assert sum(shares) / len(shares) > 0.999
    assert max(shares) <= 1 + 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_as_many_overdue_searches_are_asked_as_any_plan_could_ask(seed: int) -> None:
    given = _tiny(seed, is_asked_before=False)
    found = asked(given.plan())
    assert _overdue_served(given, found) == max(_overdue_served(given, pairs) for pairs in _possible(given))


def test_longest_unasked_search_goes_first_among_the_overdue() -> None:
    one_place = Parameters(max_requests_per_inquiry=1)
    edges = {(0, 0): (0.5, 0.5), (1, 0): (0.05, 0.5)}
    given = Round(edges, [1], [300, 300], [0, 0], one_place, [28, 35])
    assert asked(given.plan()) == {(1, 0)}


def test_search_asked_lately_does_not_go_before_a_greater_gain() -> None:
    one_place = Parameters(max_requests_per_inquiry=1)
    edges = {(0, 0): (0.5, 0.5), (1, 0): (0.05, 0.5)}
    given = Round(edges, [1], [300, 300], [0, 0], one_place, [7, 14])
    assert asked(given.plan()) == {(0, 0)}


def test_overdue_search_gets_a_place_by_a_long_chain() -> None:
    """Everybody has to move one therapist on before the overdue search gets its only option."""
    length = 25
    edges = {(s, t): (0.3 - 0.01 * (t - s), 0.5) for s in range(length) for t in (s, s + 1)}
    edges[length, 0] = (0.01, 0.5)
    limits = Parameters(max_requests_per_inquiry=1, open_requests_per_search=1)
    given = Round(edges, list(range(length + 1)), [50] * (length + 1), [0] * (length + 1), limits)
    result = given.plan()
    check_plan(given, result)
    assert (length, 0) in asked(result)
    assert len(result.lines) == length + 1


def test_contact_of_a_group_is_the_one_with_more_to_give() -> None:
    """The best single line is with the other therapist of the mailbox."""
    edges = {(0, 0): (0.4, 0.5), **{(s, 1): (0.3, 0.5) for s in range(4)}}
    given = Round(edges, [7, 7], [10] * 4, [1] * 4)
    assert asked(given.plan()) == {(s, 1) for s in range(4)}


def test_three_searches_trade_places_in_a_circle() -> None:
    """Each has what another should have; no place is free."""
    chances = [[0.30, 0.31, 0.02], [0.02, 0.30, 0.31], [0.31, 0.02, 0.30]]
    edges = {(s, t): (chances[s][t], 0.5) for s in range(3) for t in range(3)}
    limits = Parameters(max_requests_per_inquiry=1, open_requests_per_search=2)
    given = Round(edges, [1, 2, 3], [0] * 3, [1] * 3, limits)
    assert asked(given.plan()) == {(0, 1), (1, 2), (2, 0)}


def test_planning_again_gives_the_same_plan() -> None:
    given = _weekly(searches=120, therapists=40)
    assert given.plan() == given.plan()


def test_work_cut_short_is_told_and_stays_within_the_limits() -> None:
    given = _weekly(searches=120, therapists=40)
    short, whole = given.plan(most_work=1), given.plan()
    check_limits(given, short)
    assert (short.is_improved_to_the_end, whole.is_improved_to_the_end) == (False, True)
    assert given.value(asked(whole)) > given.value(asked(short))


def _weekly(*, searches: int, therapists: int) -> Round:
    numbers = np.random.default_rng(3)
    edges = {
        (int(s), int(t)): (float(numbers.uniform(0.01, 0.35)), float(numbers.random()))
        for s in range(searches)
        for t in numbers.choice(therapists, 8, replace=False)
    }
    return Round(edges, list(range(therapists)), numbers.integers(0, 200, searches).tolist(), [1] * searches)


def test_nobody_with_an_option_waits_eight_weeks_unasked() -> None:
    """Six favourites would keep the only therapist's places; eighteen others have hardly any chance."""
    favourites, searches = 6, 24
    edges = {(s, 0): (0.5 if s < favourites else 0.01, 0.5) for s in range(searches)}
    unasked = [0] * searches
    first_asked: dict[int, int] = {}
    for week in range(8):
        open_requests = [1 if 0 < days <= 14 and s in first_asked else 0 for s, days in enumerate(unasked)]
        given = Round(edges, [1], [7 * week] * searches, open_requests, unasked=list(unasked))
        result = given.plan()
        check_plan(given, result)
        for search in range(searches):
            is_asked = (search, 0) in asked(result)
            unasked[search] = 7 if is_asked else unasked[search] + 7
            if is_asked:
                first_asked.setdefault(search, week)
    assert sorted(first_asked) == list(range(searches))
    assert {first_asked[s] for s in range(favourites)} == {0}
    assert max(first_asked.values()) <= 7

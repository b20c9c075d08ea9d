"""The rivals of the planner keep the limits, and optimum and bound are what they say."""

import numpy as np
import pytest

from apps.matching.engine.records import Parameters
from benchmarks import plan_rivals, planning
from benchmarks.plan_weeks import starved_after
from benchmarks.plan_worlds import Week, large_week, tiny_week


@pytest.fixture(scope="module")
def week() -> Week:
    return large_week("small", contactable=0.3, parameters=Parameters(open_requests_per_search=4))


@pytest.mark.parametrize("rival", planning.RIVALS.values(), ids=planning.RIVALS)
def test_rival_keeps_the_limits_and_asks_many(rival: planning.Rival, week: Week) -> None:
    row = planning.row(week, "rival", rival)
    assert row.keeps_limits
    assert 0 < row.patients < row.weighted


def test_flow_is_best_for_the_linear_goal(week: Week) -> None:
    value = plan_rivals.value_of(week)
    flow = value[plan_rivals.cheapest_flow(week)].sum()
    assert flow >= value[plan_rivals.greedy_by_value(week)].sum()


def test_planner_beats_every_rival_and_stays_below_the_bound(week: Week) -> None:
    board = planning.drafted(week, is_promise_kept=False)
    found = planning.value(board)
    rivals = [planning.row(week, name, rival).weighted for name, rival in planning.RIVALS.items()]
    assert found > max(rivals)
    assert found <= plan_rivals.upper_bound(board, found) < 1.01 * found


@pytest.mark.parametrize("seed", range(6))
def test_optimum_of_a_tiny_week_is_reached_or_nearly(seed: int) -> None:
    board = planning.drafted(tiny_week(seed), is_promise_kept=False)
    best = plan_rivals.optimum(board)
    assert 0.98 * best <= planning.value(board) <= best * (1 + 1e-6)


def test_week_is_the_same_for_the_same_seed() -> None:
    again = [large_week("small", contactable=0.5, parameters=Parameters()).edges for _ in range(2)]
    assert np.array_equal(again[0].acceptance, again[1].acceptance)


def test_nobody_starves_in_eight_weeks() -> None:
    assert starved_after(8, contactable=0.2, size="small") == 0

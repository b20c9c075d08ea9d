"""How good and how quick the weekly planner is, beside other ways to plan the same weeks.

Run alone: `python -m benchmarks.planning [--size small|mid|full]` prints the tables.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from statistics import median
from time import perf_counter

import numpy as np

from apps.matching.engine.planning import Plan, plan
from apps.matching.engine.planning.board import Board
from apps.matching.engine.planning.explanation import Ground
from apps.matching.engine.planning.planner import MOST_WORK, draft, first_bonus, lay_out
from apps.matching.engine.records import Parameters
from benchmarks.plan_rivals import (
    cheapest_flow,
    fifo_patient,
    fifo_therapist,
    greedy_by_value,
    optimum,
    upper_bound,
)
from benchmarks.plan_weeks import starved_after
from benchmarks.plan_worlds import Week, large_week, tiny_week

TIMES = 3
TINY_WEEKS = 60
WEEKS = {"tight": 0.2, "loose": 1.0}  # share of therapists that may be contacted
Rival = Callable[[Week], np.ndarray]
RIVALS: dict[str, Rival] = {
    "fifo_therapist": fifo_therapist,
    "fifo_patient": fifo_patient,
    "greedy_by_value": greedy_by_value,
    "min_cost_flow": cheapest_flow,
}


@dataclass(frozen=True)
class Row:
    method: str
    patients: float  # expected with at least one acceptance
    weighted: float  # each by waiting time, the planner's goal
    seconds: float
    keeps_limits: bool


def run(size: str = "full") -> dict[str, float]:
    """Return flat figures. gain_over_*: expected patients; weighted_gain_over_*: the planner's goal."""
    figures = _small_figures()
    for name in WEEKS:
        figures |= _week_figures(name, size)
    figures["starved_after_8_weeks"] = float(starved_after(8, contactable=0.2))
    return {f"planning.{name}": round(value, 5) for name, value in figures.items()}


def table(size: str = "full") -> str:
    lines = []
    for name, share in WEEKS.items():
        lines.append(f"{name} week ({size}, {share:.0%} of therapists may be contacted)")
        lines.append(f"{'method':18}{'patients':>10}{'weighted':>10}{'seconds':>9}  limits")
        lines += [_told(each) for each in rows(name, size)]
        lines.append(f"{'upper bound':18}{'':10}{_bound(name, size):10.1f}\n")
    lines += [f"{name:36}{value:12.5f}" for name, value in _small_figures().items()]
    return "\n".join(lines)


def _told(row: Row) -> str:
    limits = "kept" if row.keeps_limits else "BROKEN"
    return f"{row.method:18}{row.patients:10.1f}{row.weighted:10.1f}{row.seconds:9.2f}  {limits}"


@cache
def rows(name: str, size: str) -> tuple[Row, ...]:
    week = _week(name, size)
    found = [row(week, method, rival) for method, rival in RIVALS.items()]
    return (*found, row(week, "planner", lambda given: _is_planned(given, _plan(given))))


def _week_figures(name: str, size: str) -> dict[str, float]:
    *rivals, planner = rows(name, size)
    figures = {"seconds": planner.seconds, "share_of_upper_bound": planner.weighted / _bound(name, size)}
    for rival in rivals:
        figures[f"gain_over_{rival.method}"] = planner.patients / rival.patients
        figures[f"weighted_gain_over_{rival.method}"] = planner.weighted / rival.weighted
    return {f"{name}.{key}": value for key, value in figures.items()}


@cache
def _week(name: str, size: str) -> Week:
    return large_week(size, contactable=WEEKS[name], parameters=Parameters(open_requests_per_search=10))


@cache
def _bound(name: str, size: str) -> float:
    board = drafted(_week(name, size), is_promise_kept=False)
    return upper_bound(board, value(board))


def _plan(week: Week) -> Plan:
    return plan(week.edges, week.contact_groups, week.waiting_days, week.open_requests, week.parameters)


def _is_planned(week: Week, found: Plan) -> np.ndarray:
    count = len(week.contact_groups)
    asked = [line.search_index * count + line.therapist_index for line in found.lines]
    return np.isin(week.edges.search_index * count + week.edges.therapist_index, asked)


def row(week: Week, method: str, planned: Rival) -> Row:
    planned(week)  # compiled code is loaded before the clock starts
    seconds = []
    for _time in range(TIMES):
        start = perf_counter()
        is_taken = planned(week)
        seconds.append(perf_counter() - start)
    failure = np.ones(len(week.waiting_days))
    np.multiply.at(failure, week.edges.search_index[is_taken], 1 - week.edges.acceptance[is_taken])
    weight = 1 + np.clip(week.waiting_days, 0, 180) / 180
    weighted = float((weight * (1 - failure)).sum())
    return Row(method, float((1 - failure).sum()), weighted, median(seconds), _keeps_limits(week, is_taken))


def _keeps_limits(week: Week, is_taken: np.ndarray) -> bool:
    search, therapist = week.edges.search_index[is_taken], week.edges.therapist_index[is_taken]
    open_requests = np.bincount(search, minlength=len(week.waiting_days)) + week.open_requests
    sizes, contacts = np.bincount(therapist), np.unique(therapist)
    return bool(
        open_requests.max() <= week.parameters.open_requests_per_search
        and sizes.max() <= week.parameters.max_requests_per_inquiry
        and len(np.unique(week.contact_groups[contacts])) == len(contacts)
    )


@cache
def _small_figures() -> dict[str, float]:
    """Compare tiny weeks with their exact optimum: with the promise that nobody starves, and without it."""
    kept, free, cost = [], [], []
    for seed in range(TINY_WEEKS):
        week = tiny_week(seed)
        board, unbound = drafted(week, is_promise_kept=True), drafted(week, is_promise_kept=False)
        best = optimum(unbound)
        if best > 0:
            kept.append(value(board) / (optimum(board) - _bonus(board)))
            free.append(value(unbound) / best)
            cost.append(1 - value(board) / best)
    figures = {"share_of_optimum": np.mean(kept), "least_share_of_optimum": min(kept)}
    figures |= {"share_of_free_optimum": np.mean(free), "least_share_of_free_optimum": min(free)}
    return {
        f"small.{name}": float(value)
        for name, value in (figures | {"cost_of_promise": np.mean(cost)}).items()
    }


def drafted(week: Week, *, is_promise_kept: bool) -> Board:
    ground = Ground.of(week.edges, week.waiting_days, week.open_requests, week.parameters)
    bonus = (
        first_bonus(week.waiting_days, week.open_requests)
        if is_promise_kept
        else np.zeros(len(ground.weight))
    )
    board = lay_out(ground, week.contact_groups, bonus)
    draft(board, MOST_WORK)
    return board


def value(board: Board) -> float:
    return float((board.weight * (1 - board.failure)).sum())


def _bonus(board: Board) -> float:
    return float(board.first_bonus[board.lines_of_search > 0].sum())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=("small", "mid", "full"), default="full")
    size = parser.parse_args().size
    figures = run(size)
    sys.stdout.write(table(size) + "\n\n")
    sys.stdout.write("".join(f"{name:52}{value:12.5f}\n" for name, value in figures.items()))


if __name__ == "__main__":
    main()

"""Other ways to plan a week, the exact optimum of tiny weeks, and an upper bound for large ones.

A rival returns bool (edges,): which requests it makes. All keep the limits but the least size of an inquiry,
which is one wherever they are compared.
"""

from itertools import combinations

import numpy as np
from ortools.graph.python import min_cost_flow
from ortools.linear_solver import pywraplp

from apps.matching.engine.compiled import compiled
from apps.matching.engine.planning.board import LEAST, MOST, Board
from apps.matching.engine.planning.chains import Chains, look_ahead
from benchmarks.plan_worlds import Week

COST_UNIT = 1_000_000  # the flow counts in whole numbers
BOUND_ROUNDS = 25
SLOPES = 40  # halvings until the slope of a search is exact


def value_of(week: Week) -> np.ndarray:
    """Return float64 (edges,): chance x waiting weight, what a linear goal counts."""
    weight = 1 + np.clip(week.waiting_days, 0, 180) / 180
    return week.edges.acceptance * weight[week.edges.search_index]


def fifo_therapist(week: Week) -> np.ndarray:
    """Therapists in the order of their names; each takes the searches that wait longest."""
    search, therapist = week.edges.search_index, week.edges.therapist_index
    return _taken(week, np.lexsort((search, -week.waiting_days[search], therapist)))


def fifo_patient(week: Week) -> np.ndarray:
    """The search that waits longest takes its best by score, then the next."""
    edges, search = week.edges, week.edges.search_index
    order = np.lexsort((edges.therapist_index, -edges.score, search, -week.waiting_days[search]))
    return _taken(week, order)


def greedy_by_value(week: Week) -> np.ndarray:
    return _taken(week, np.argsort(-value_of(week), kind="stable"))


def cheapest_flow(week: Week) -> np.ndarray:
    """The exact optimum of the linear goal (min-cost flow); only where nobody shares a mailbox."""
    edges, searches, therapists = week.edges, len(week.waiting_days), len(week.contact_groups)
    source, sink = searches + therapists, searches + therapists + 1
    most = week.parameters.max_requests_per_inquiry
    room = week.parameters.open_requests_per_search - week.open_requests
    ends = np.arange(therapists) + searches
    tails = (edges.search_index, np.full(searches, source), ends, [source])
    heads = (edges.therapist_index + searches, np.arange(searches), np.full(therapists, sink), [sink])
    capacity = (np.ones(len(edges.score)), np.maximum(room, 0), np.full(therapists, most), [len(edges.score)])
    cost = (-np.round(value_of(week) * COST_UNIT), np.zeros(searches + therapists + 1))
    flow = min_cost_flow.SimpleMinCostFlow()
    flow.add_arcs_with_capacity_and_unit_cost(
        *(np.concatenate(column).astype(np.int64) for column in (tails, heads, capacity, cost))
    )
    flow.set_nodes_supplies(np.array([source, sink]), np.array([len(edges.score), -len(edges.score)]))
    assert flow.solve() == flow.OPTIMAL
    return flow.flows(np.arange(len(edges.score))) > 0


def _taken(week: Week, order: np.ndarray) -> np.ndarray:
    """Take edges in this order while the limits allow."""
    edges, parameters = week.edges, week.parameters
    room = (parameters.open_requests_per_search - week.open_requests).tolist()
    places = [parameters.max_requests_per_inquiry] * len(week.contact_groups)
    group, contact = week.contact_groups.tolist(), {}
    is_taken = np.zeros(len(order), dtype=bool)
    columns = (order, edges.search_index[order], edges.therapist_index[order])
    for edge, search, therapist in zip(*(column.tolist() for column in columns), strict=True):
        is_contact = contact.setdefault(group[therapist], therapist) == therapist
        if room[search] > 0 and places[therapist] > 0 and is_contact:
            is_taken[edge] = True
            room[search] -= 1
            places[therapist] -= 1
    return is_taken


def optimum(board: Board) -> float:
    """Solve a tiny round exactly: one 0/1 variable for each set of therapists a search could ask (SCIP).

    With a variable per set the goal is linear, so nothing is approximated. first_bonus counts.
    """
    solver = pywraplp.Solver.CreateSolver("SCIP")
    load: list[list[pywraplp.Variable]] = [[] for _ in board.group]
    goal = []
    for search in range(len(board.weight)):
        chosen = []
        for edges in _sets(board, search):
            variable = solver.BoolVar("")
            chosen.append(variable)
            chance = 1 - float(np.prod(1 - board.chance[list(edges)]))
            goal.append(variable * (float(board.weight[search]) * chance + float(board.first_bonus[search])))
            for edge in edges:
                load[board.therapist[edge]].append(variable)
        solver.Add(solver.Sum(chosen) <= 1)
    _add_limits(solver, board, load)
    solver.Maximize(solver.Sum(goal))
    exact = pywraplp.MPSolverParameters()
    exact.SetDoubleParam(exact.RELATIVE_MIP_GAP, 1e-9)
    assert solver.Solve(exact) == solver.OPTIMAL
    return float(solver.Objective().Value())


def _sets(board: Board, search: int) -> list[tuple[int, ...]]:
    options = range(board.search_start[search], board.search_start[search + 1])
    most = min(len(options), int(board.room[search]))
    return [edges for size in range(1, most + 1) for edges in combinations(options, size)]


def _add_limits(solver: pywraplp.Solver, board: Board, load: list[list[pywraplp.Variable]]) -> None:
    is_contacted = [solver.BoolVar("") for _ in load]
    for variables, contacted in zip(load, is_contacted, strict=True):
        solver.Add(solver.Sum(variables) <= int(board.limits[MOST]) * contacted)
        solver.Add(solver.Sum(variables) >= int(board.limits[LEAST]) * contacted)
    for group in set(board.group.tolist()):
        members = np.flatnonzero(board.group == group).tolist()
        solver.Add(solver.Sum([is_contacted[member] for member in members]) <= 1)


def upper_bound(board: Board, value: float) -> float:
    """Bound the goal of any plan from above (without bonus), given an improved draft and its value.

    Every place gets a price; a search may then take any options at that price, also in fractions. What all
    searches gain at best, plus the price of all places, is never below the optimum, whatever the prices are.
    They start from what a place is worth in the draft and are moved towards even demand.
    """
    shape = (40, len(board.group))
    chains = Chains(np.empty(shape), np.empty(shape, dtype=np.int64), np.empty(shape, dtype=np.int64))
    reach = chains.reach[look_ahead(board, chains)]
    price = np.where(np.isfinite(reach), np.maximum(-reach, 0), 0)
    places = np.where(np.bincount(board.therapist, minlength=len(price)) > 0, board.limits[MOST], 0)
    best, best_price, step = np.inf, price, 1.0
    for _round in range(BOUND_ROUNDS):
        demand = np.zeros(len(price))
        bound = _best_at_prices(board, price, demand) + float((places * price).sum())
        if bound < best:
            best, best_price = bound, price
        else:
            step *= 0.7
        surplus = np.where((price <= 0) & (demand < places), 0, demand - places)
        move = step * max(bound - value, 1e-3) / max(float((surplus**2).sum()), 1.0)
        price = np.maximum(0, best_price + move * surplus)
    return best


@compiled
def _best_at_prices(board: Board, price: np.ndarray, demand: np.ndarray) -> float:
    """Sum what each search gains at best at these prices, bounded by the tangent at the best slope."""
    total = 0.0
    for s in range(len(board.weight)):
        first, last = board.search_start[s], board.search_start[s + 1]
        if first == last or board.room[s] == 0:
            continue
        hardness = -np.log(1.0 - board.chance[first:last])
        cost = price[board.therapist[first:last]]
        low, high, best = 0.0, board.weight[s], np.inf
        for _halving in range(SLOPES):
            slope = 0.5 * (low + high)
            profit = slope * hardness - cost
            order = np.argsort(-profit)[: board.room[s]]
            gained = np.maximum(profit[order], 0.0).sum()
            asked = hardness[order][profit[order] > 0.0].sum()
            wanted = np.log(board.weight[s] / slope)
            best = min(best, board.weight[s] - slope - slope * wanted + gained)
            if asked > wanted:
                high = slope
            else:
                low = slope
        for place in order:
            if profit[place] > 0.0:
                demand[board.therapist[first + place]] += 1.0
        total += best
    return total

"""The lines of a plan in figures and reasons."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from apps.matching.engine.planning.shapes import Edges, Plan, PlannedLine, PlanReason, UnplannedReason
from apps.matching.engine.records import Parameters

FULL_WAIT_DAYS = 180  # waiting this long doubles the weight of a search; longer adds nothing
_IN_ORDER = tuple(PlanReason)


@dataclass(frozen=True)
class Ground:
    """What a round starts from. Edges are sorted by search, then as the search would choose."""

    edges: Edges  # highest chance first, then highest score, then lowest therapist index
    waiting_days: np.ndarray  # int64 (searches,)
    open_requests: np.ndarray  # int64 (searches,)
    open_failure: np.ndarray  # float64 (searches,), chance that all open requests fail
    weight: np.ndarray  # float64 (searches,), between 1 and 2 by waiting
    option_count: np.ndarray  # int64 (searches,)
    parameters: Parameters

    @classmethod
    def of(
        cls, edges: Edges, waiting_days: np.ndarray, open_requests: np.ndarray, parameters: Parameters
    ) -> "Ground":
        order = np.lexsort((edges.therapist_index, -edges.score, -edges.acceptance, edges.search_index))
        chosen = Edges(
            edges.search_index[order].astype(np.int64),
            edges.therapist_index[order].astype(np.int64),
            edges.acceptance[order].astype(np.float64),
            edges.score[order].astype(np.float64),
        )
        options = np.bincount(chosen.search_index, minlength=len(waiting_days))
        failure = _chance_open_requests_fail(chosen, options, open_requests)
        weight = 1 + np.clip(waiting_days, 0, FULL_WAIT_DAYS) / FULL_WAIT_DAYS
        return cls(chosen, waiting_days, open_requests, failure, weight, options, parameters)


def explained(ground: Ground, is_taken: np.ndarray, is_improved_to_the_end: bool) -> Plan:
    lines = sorted(_lines(ground, is_taken), key=lambda line: (line.therapist_index, line.search_index))
    taken = ground.edges.search_index[is_taken]
    failure = np.ones(len(ground.waiting_days))
    np.multiply.at(failure, taken, 1 - ground.edges.acceptance[is_taken])
    is_planned = np.bincount(taken, minlength=len(failure)) > 0
    unplanned = {int(search): _why_unplanned(ground, search) for search in np.flatnonzero(~is_planned)}
    return Plan(tuple(lines), unplanned, float((1 - failure).sum()), is_improved_to_the_end)


def _lines(ground: Ground, is_taken: np.ndarray) -> Iterator[PlannedLine]:
    """Give the lines of each search best first, with its chance before and after each of them."""
    edges, weight, fails = ground.edges, ground.weight.tolist(), ground.open_failure.tolist()
    options, days = ground.option_count.tolist(), ground.waiting_days.tolist()
    columns = (edges.search_index, edges.therapist_index, edges.acceptance, edges.score, _ranks(edges))
    flags = _flags(ground, is_taken)
    rows = zip(*(column[is_taken].tolist() for column in (*columns, flags)), strict=True)
    for search, therapist, acceptance, score, rank, flag in rows:
        before, after = fails[search], fails[search] * (1 - acceptance)
        fails[search] = after
        yield PlannedLine(
            search_index=search,
            therapist_index=therapist,
            acceptance=acceptance,
            score=score,
            gain=weight[search] * acceptance * before,
            rank=rank,
            option_count=options[search],
            waiting_days=days[search],
            reasons=_reasons(flag),
            chance_before=1 - before,
            chance_after=1 - after,
        )


def _flags(ground: Ground, is_taken: np.ndarray) -> np.ndarray:
    """Return int64 (edges,), one bit for each reason, in their order; right for taken edges only."""
    edges, search = ground.edges, ground.edges.search_index
    is_only = (ground.option_count == 1)[search]
    is_first = _is_first_taken(search, is_taken) & (ground.open_requests == 0)[search]
    holds = {
        PlanReason.FIRST_REQUEST: is_first,
        PlanReason.MOST_PROMISING: ~is_first,
        PlanReason.ONLY_OPTION: is_only,
        PlanReason.BEST_CANDIDATE: (_ranks(edges) == 1) & ~is_only,
        PlanReason.LONGEST_WAITING: _waits_longest(ground),
        PlanReason.LEAVES_SCARCE_PLACE: _leaves_scarce_place(ground, is_taken),
    }
    return sum(holds[reason].astype(np.int64) << place for place, reason in enumerate(_IN_ORDER))


@cache
def _reasons(flag: int) -> tuple[PlanReason, ...]:
    return tuple(reason for place, reason in enumerate(_IN_ORDER) if flag >> place & 1)


def _is_first_taken(search: np.ndarray, is_taken: np.ndarray) -> np.ndarray:
    is_first = np.zeros(len(search), dtype=bool)
    places = np.flatnonzero(is_taken)
    is_first[places[np.unique(search[places], return_index=True)[1]]] = True
    return is_first


def _waits_longest(ground: Ground) -> np.ndarray:
    """Whether nobody with the same option waits longer; false where there is nobody else."""
    therapist, waiting = ground.edges.therapist_index, ground.waiting_days[ground.edges.search_index]
    count = therapist.max(initial=-1) + 1
    longest = np.full(count, -1)
    np.maximum.at(longest, therapist, waiting)
    is_shared = np.bincount(therapist, minlength=count) > 1
    return (waiting == longest[therapist]) & is_shared[therapist]


def _leaves_scarce_place(ground: Ground, is_taken: np.ndarray) -> np.ndarray:
    """Whether the search would rather have somebody whose inquiry is full."""
    edges = ground.edges
    lines = np.bincount(edges.therapist_index[is_taken], minlength=edges.therapist_index.max(initial=-1) + 1)
    is_full = (lines == ground.parameters.max_requests_per_inquiry)[edges.therapist_index]
    missed = is_full & ~is_taken
    best_missed = np.zeros(len(ground.waiting_days))
    np.maximum.at(best_missed, edges.search_index[missed], edges.acceptance[missed])
    return edges.acceptance < best_missed[edges.search_index]


def _ranks(edges: Edges) -> np.ndarray:
    order = np.lexsort((edges.therapist_index, -edges.score, edges.search_index))
    search = edges.search_index[order]
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - np.searchsorted(search, search, side="left") + 1
    return rank


def _chance_open_requests_fail(edges: Edges, options: np.ndarray, open_requests: np.ndarray) -> np.ndarray:
    """Open requests count as asked of therapists like the search's options on average."""
    total = np.bincount(edges.search_index, weights=edges.acceptance, minlength=len(options))
    return (1 - total / np.maximum(options, 1)) ** open_requests


def _why_unplanned(ground: Ground, search: np.integer) -> UnplannedReason:
    if not ground.option_count[search]:
        return UnplannedReason.NO_CANDIDATE
    has_room = ground.open_requests[search] < ground.parameters.open_requests_per_search
    return UnplannedReason.NO_PLACE_LEFT if has_room else UnplannedReason.ENOUGH_OPEN_REQUESTS

"""Improving a draft by chains: a search takes a place, whoever had it moves elsewhere, and so forth.

A chain ends where there is room or where a search does without; a circle ends where it began. In a chain that
meets each search once, all gains add up exactly, so the best chains are found by handing the best
continuation on from therapist to therapist, one step at a time (as Bellman and Ford do for shortest paths).
Many chains of one look-ahead are then tried, best first.
"""

from typing import NamedTuple

import numpy as np

from apps.matching.engine.compiled import compiled
from apps.matching.engine.planning.board import (
    BETTER,
    LEAST,
    MARGIN,
    NOTHING,
    TALLY,
    WORK,
    Board,
    add,
    begin,
    bonus,
    has_place,
    may_lose,
    remove,
    roll_back,
)

SAME = -2  # the entry of the step before still holds
GOOD_ENOUGH = 1e-5  # a look-ahead that adds less than this share of the goal is the last of its kind


class Chains(NamedTuple):
    """What making room for one more at a therapist gains at best (mostly a loss), by number of steps."""

    reach: np.ndarray  # float64 (depth, therapists), 0 where there is room, -inf where there is no way
    out: np.ndarray  # int64 (depth, therapists), the line that goes, NOTHING at the end, SAME as before
    into: np.ndarray  # int64 (depth, therapists), where its search goes instead, NOTHING: nowhere


@compiled
def improve(board: Board, chains: Chains, most_work: float) -> None:
    """Apply gaining chains and circles until one look-ahead brings next to nothing, or the work is done."""
    searches = len(board.weight)
    gain, first_out, first_into = (
        np.empty(searches),
        np.empty(searches, np.int64),
        np.empty(searches, np.int64),
    )
    enough = GOOD_ENOUGH * (board.weight * (1.0 - board.failure)).sum()
    gained = np.inf
    while gained > enough and board.figures[WORK] < most_work:
        gained = 0.0
        top = look_ahead(board, chains)
        _find_starts(board, chains.reach[top], gain, first_out, first_into)
        for s in np.argsort(-gain, kind="mergesort"):
            if gain[s] <= 0.0:
                break
            if _try_chain(board, chains, top, first_out[s], first_into[s]):
                gained += board.figures[TALLY]
        for t in range(len(board.group)):
            # still growing at the last step: perhaps in a circle
            if chains.out[top, t] != SAME and _try_circle(board, chains, top, t):
                gained += board.figures[TALLY]


@compiled
def look_ahead(board: Board, chains: Chains) -> int:
    """Work out the chains, one step more at a time; return the step at which nothing changes any more."""
    depth, therapists = chains.reach.shape
    for t in range(therapists):
        is_open = has_place(board, t, board.limits[LEAST] <= 1)
        chains.reach[0, t] = 0.0 if is_open else -np.inf
    chains.out[0, :] = NOTHING
    chains.into[0, :] = NOTHING
    is_fresh = np.ones(len(board.weight), np.bool_)
    for step in range(1, depth):
        if not _hand_on(board, chains, step, is_fresh):
            return step
        _mark_fresh(board, chains.out[step], is_fresh)
    return depth - 1


@compiled
def _hand_on(board: Board, chains: Chains, step: int, is_fresh: np.ndarray) -> bool:
    """Work out one step for every therapist: for each line, end there or let its search move on.

    The innermost loop of the planner; local names spare looking into the board each time.
    """
    search, therapist, chance, is_taken = board.search, board.therapist, board.chance, board.is_taken
    start, weight, failure, slots = board.search_start, board.weight, board.failure, board.slots
    below, work, is_changed = chains.reach[step - 1], 0, False
    ceiling = below.max()
    for t in range(len(below)):
        best, out, into = below[t], SAME, SAME
        for place in range(board.lines_of_therapist[t] if chains.reach[0, t] < 0.0 else 0):
            edge = slots[t, place]
            s = search[edge]
            if not is_fresh[s]:
                continue
            work += 1
            worth = weight[s] * failure[s] / (1.0 - chance[edge])
            if step == 1:
                gain = -worth * chance[edge] - bonus(board, s, 1)
                if gain > best + BETTER:
                    best, out, into = gain, edge, NOTHING
            for other in range(start[s], start[s + 1]):
                gain = worth * (chance[other] - chance[edge])
                if gain + ceiling <= best + BETTER:
                    break
                if not is_taken[other] and gain + below[therapist[other]] > best + BETTER:
                    best, out, into = gain + below[therapist[other]], edge, other
        chains.reach[step, t], chains.out[step, t], chains.into[step, t] = best, out, into
        is_changed |= out != SAME
    board.figures[WORK] += work
    return is_changed


@compiled
def _mark_fresh(board: Board, out: np.ndarray, is_fresh: np.ndarray) -> None:
    """Only searches with an option whose reach has changed can do better at the next step."""
    is_fresh[:] = False
    for t in range(len(out)):
        if out[t] != SAME:
            for place in range(board.therapist_start[t], board.therapist_start[t + 1]):
                is_fresh[board.search[board.by_therapist[place]]] = True


@compiled
def _find_starts(
    board: Board, reach: np.ndarray, gain: np.ndarray, out: np.ndarray, into: np.ndarray
) -> None:
    """Find the best chain that begins with each search: the line given up (or NOTHING), the option taken."""
    therapist, chance, is_taken = board.therapist, board.chance, board.is_taken
    ceiling = reach.max()
    for s in range(len(gain)):
        gain[s], out[s], into[s] = 0.0, NOTHING, NOTHING
        worth = board.weight[s] * board.failure[s]
        first, last = board.search_start[s], board.search_start[s + 1]
        if board.lines_of_search[s] < board.room[s]:
            extra = bonus(board, s, 0)
            for edge in range(first, last):
                found = worth * chance[edge] + extra + reach[therapist[edge]]
                if not is_taken[edge] and found > gain[s] + BETTER:
                    gain[s], into[s] = found, edge
        for edge in range(first, last):
            if not is_taken[edge] or not may_lose(board, therapist[edge]):
                continue
            without = worth / (1.0 - chance[edge])
            for other in range(first, last):
                found = without * (chance[other] - chance[edge])
                if found + ceiling <= gain[s] + BETTER:
                    break
                if not is_taken[other] and found + reach[therapist[other]] > gain[s] + BETTER:
                    gain[s], out[s], into[s] = found + reach[therapist[other]], edge, other


@compiled
def _try_chain(board: Board, chains: Chains, step: int, first_out: int, first_into: int) -> bool:
    outs, intos = np.empty(step + 2, np.int64), np.empty(step + 2, np.int64)
    out_count, into_count = 0, 1
    intos[0] = first_into
    if first_out != NOTHING:
        outs[0] = first_out
        out_count = 1
    t = board.therapist[first_into]
    while step > 0:
        if chains.out[step, t] != SAME:
            outs[out_count] = chains.out[step, t]
            out_count += 1
            if chains.into[step, t] == NOTHING:
                break
            intos[into_count] = chains.into[step, t]
            t = board.therapist[intos[into_count]]
            into_count += 1
        step -= 1
    return _try_exchange(board, outs[:out_count], intos[:into_count])


@compiled
def _try_circle(board: Board, chains: Chains, step: int, t: int) -> bool:
    """Follow a chain until a therapist comes up again: the part between is a circle."""
    outs, intos = np.empty(step + 2, np.int64), np.empty(step + 2, np.int64)
    met = np.empty(step + 2, np.int64)
    count = 0
    while True:
        while step > 0 and chains.out[step, t] == SAME:
            step -= 1
        for place in range(count):
            if met[place] == t:
                return _try_exchange(board, outs[place:count], intos[place:count])
        if step == 0 or chains.into[step, t] == NOTHING:
            return False
        met[count], outs[count], intos[count] = t, chains.out[step, t], chains.into[step, t]
        t = board.therapist[intos[count]]
        count += 1
        step -= 1


@compiled
def _try_exchange(board: Board, outs: np.ndarray, intos: np.ndarray) -> bool:
    begin(board)
    if _exchange(board, outs, intos) and board.figures[TALLY] > MARGIN:
        return True
    roll_back(board)
    return False


@compiled
def _exchange(board: Board, outs: np.ndarray, intos: np.ndarray) -> bool:
    """Lines that an earlier chain has changed meanwhile make it fail; the caller rolls back."""
    for edge in outs:
        if not board.is_taken[edge]:
            return False
        remove(board, edge)
    for edge in intos:
        if (
            board.is_taken[edge]
            or board.lines_of_search[board.search[edge]] >= board.room[board.search[edge]]
        ):
            return False
        if not has_place(board, board.therapist[edge], True):
            return False
        add(board, edge)
    return _are_large_enough(board, outs) and _are_large_enough(board, intos)


@compiled
def _are_large_enough(board: Board, edges: np.ndarray) -> bool:
    for edge in edges:
        if 0 < board.lines_of_therapist[board.therapist[edge]] < board.limits[LEAST]:
            return False
    return True

"""The draft of a round in columns, and the few moves that change it.

Every change goes through `add` and `remove`, which keep the figures and write a log: a trial is begun,
changes lines, and is kept or rolled back by what it gained exactly. Estimates only decide what is tried. So
the draft keeps its limits between trials, and work that is cut short leaves a plan that can be used.
"""

from typing import NamedTuple

import numpy as np

from apps.matching.engine.compiled import compiled

NOTHING = -1
LEAST, MOST = 0, 1  # places in Board.limits
TALLY, WORK = 0, 1  # places in Board.figures
MARGIN = 1e-9  # a trial must gain more, else rounding could go round in circles
BETTER = 1e-10  # the same between estimates


class Board(NamedTuple):
    """A round and its draft. Edges are sorted by search, then as the search would choose."""

    search: np.ndarray  # int64 (edges,)
    therapist: np.ndarray  # int64 (edges,)
    chance: np.ndarray  # float64 (edges,), below 1
    search_start: np.ndarray  # int64 (searches + 1,), into edges
    by_therapist: np.ndarray  # int64 (edges,), edges sorted by therapist
    therapist_start: np.ndarray  # int64 (therapists + 1,), into by_therapist
    group: np.ndarray  # int64 (therapists,), numbered from 0
    weight: np.ndarray  # float64 (searches,), waiting weight x chance that all open requests fail
    first_bonus: np.ndarray  # float64 (searches,), what the first line is worth besides
    room: np.ndarray  # int64 (searches,), most lines
    limits: np.ndarray  # int64 (2,), least and most lines of a contacted therapist
    is_left_out: np.ndarray  # bool (therapists,)
    # the draft
    is_taken: np.ndarray  # bool (edges,)
    failure: np.ndarray  # float64 (searches,), chance that all lines fail
    lines_of_search: np.ndarray  # int64 (searches,)
    lines_of_therapist: np.ndarray  # int64 (therapists,)
    slots: np.ndarray  # int64 (therapists, most), the edges taken
    contact: np.ndarray  # int64 (groups,), the therapist contacted or NOTHING
    log: np.ndarray  # int64, edge + 1 added, -(edge + 1) removed
    log_size: np.ndarray  # int64 (1,)
    figures: np.ndarray  # float64 (2,), gain of the running trial; work done


@compiled
def add(board: Board, edge: int) -> None:
    t = board.therapist[edge]
    board.slots[t, board.lines_of_therapist[t]] = edge
    board.lines_of_therapist[t] += 1
    board.contact[board.group[t]] = t
    _count_line(board, edge, True)


@compiled
def remove(board: Board, edge: int) -> None:
    t = board.therapist[edge]
    last = board.lines_of_therapist[t] - 1
    for place in range(last):
        if board.slots[t, place] == edge:
            board.slots[t, place] = board.slots[t, last]
            break
    board.lines_of_therapist[t] = last
    if last == 0:
        board.contact[board.group[t]] = NOTHING
    _count_line(board, edge, False)


@compiled
def _count_line(board: Board, edge: int, is_added: bool) -> None:
    s = board.search[edge]
    was_asked = board.lines_of_search[s] > 0
    board.is_taken[edge] = is_added
    board.lines_of_search[s] += 1 if is_added else -1
    failure = 1.0
    for other in range(board.search_start[s], board.search_start[s + 1]):
        if board.is_taken[other]:
            failure *= 1.0 - board.chance[other]
    gain = board.weight[s] * (board.failure[s] - failure)
    if was_asked != (board.lines_of_search[s] > 0):
        gain += board.first_bonus[s] if is_added else -board.first_bonus[s]
    board.failure[s] = failure
    board.figures[TALLY] += gain
    if board.log_size[0] < len(board.log):
        board.log[board.log_size[0]] = edge + 1 if is_added else -edge - 1
        board.log_size[0] += 1


@compiled
def begin(board: Board) -> None:
    board.figures[TALLY] = 0.0
    board.log_size[0] = 0


@compiled
def roll_back(board: Board) -> None:
    for place in range(board.log_size[0] - 1, -1, -1):
        entry = board.log[place]
        if entry > 0:
            remove(board, entry - 1)
        else:
            add(board, -entry - 1)
    board.log_size[0] = 0


@compiled
def has_place(board: Board, t: int, may_open: bool) -> bool:
    contact = board.contact[board.group[t]]
    return (
        not board.is_left_out[t]
        and board.lines_of_therapist[t] < board.limits[MOST]
        and (contact == t or (contact == NOTHING and may_open))
    )


@compiled
def may_lose(board: Board, t: int) -> bool:
    """Whether an inquiry stays large enough, or is too small already and not to last."""
    return board.limits[LEAST] <= 1 or board.lines_of_therapist[t] != board.limits[LEAST]


@compiled
def best_free(board: Board, s: int, may_open: bool) -> int:
    if board.lines_of_search[s] < board.room[s]:
        for edge in range(board.search_start[s], board.search_start[s + 1]):
            if not board.is_taken[edge] and has_place(board, board.therapist[edge], may_open):
                return edge
    return NOTHING


@compiled
def line_gain(board: Board, edge: int) -> float:
    return board.weight[board.search[edge]] * board.failure[board.search[edge]] * board.chance[edge]


@compiled
def worth(board: Board, edge: int) -> float:
    """What a line is worth per chance, all other lines of its search staying."""
    return board.weight[board.search[edge]] * board.failure[board.search[edge]] / (1.0 - board.chance[edge])


@compiled
def bonus(board: Board, s: int, lines: int) -> float:
    """What the first line brings besides, where a search has so many."""
    return board.first_bonus[s] if board.lines_of_search[s] == lines else 0.0

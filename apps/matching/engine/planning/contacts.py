"""Whom to contact: one therapist of a contact group, and no inquiry below the least size."""

import numpy as np

from apps.matching.engine.compiled import compiled
from apps.matching.engine.planning.board import (
    BETTER,
    LEAST,
    MARGIN,
    MOST,
    NOTHING,
    TALLY,
    Board,
    add,
    begin,
    best_free,
    bonus,
    line_gain,
    may_lose,
    remove,
    roll_back,
    worth,
)


@compiled
def settle_small(board: Board) -> None:
    """Let every inquiry below the least size grow or vanish, whichever costs less; smallest first."""
    while True:
        t = _smallest(board)
        if t == NOTHING:
            return
        begin(board)
        _fill_contact(board, t, False)
        has_grown, gain = board.lines_of_therapist[t] >= board.limits[LEAST], board.figures[TALLY]
        roll_back(board)
        begin(board)
        _give_up(board, t)
        if has_grown and gain > board.figures[TALLY]:
            roll_back(board)
            _fill_contact(board, t, False)


@compiled
def _smallest(board: Board) -> int:
    found, fewest = NOTHING, board.limits[LEAST]
    for t in range(len(board.group)):
        if 0 < board.lines_of_therapist[t] < fewest:
            found, fewest = t, board.lines_of_therapist[t]
    return found


@compiled
def reconsider_contacts(board: Board) -> int:
    """Try to contact others of a group, to open inquiries and to close them; return how often it paid."""
    applied = 0
    has_least = board.limits[LEAST] > 1
    for t in range(len(board.group)):
        contact = board.contact[board.group[t]]
        if contact != t and (contact != NOTHING or has_least) and not board.is_left_out[t]:
            applied += _try_contact(board, t, contact)
        elif contact == t and has_least:
            applied += _try_contact(board, NOTHING, t)
    return applied


@compiled
def _try_contact(board: Board, new: int, old: int) -> bool:
    begin(board)
    if change_contact(board, new, old, False) and board.figures[TALLY] > MARGIN:
        return True
    roll_back(board)
    return False


@compiled
def change_contact(board: Board, new: int, old: int, is_bold: bool) -> bool:
    """Contact new instead of old, either may be NOTHING; return whether the new inquiry is large enough.

    Boldly: lines may be taken from inquiries of the least size; settle_small then has to follow.
    """
    board.log_size[0] = 0
    lost = 0 if old == NOTHING else _clear(board, old)
    if new != NOTHING:
        _fill_contact(board, new, is_bold)
    _resettle(board, lost)
    return new == NOTHING or board.lines_of_therapist[new] >= board.limits[LEAST]


@compiled
def _give_up(board: Board, t: int) -> None:
    _resettle(board, _clear(board, t))


@compiled
def _clear(board: Board, t: int) -> int:
    """Take all lines of a therapist away; they are the first so many entries of the log."""
    count = board.lines_of_therapist[t]
    for place in range(count - 1, -1, -1):
        remove(board, board.slots[t, place])
    return count


@compiled
def _resettle(board: Board, lost: int) -> None:
    """Ask for those whose lines went (the first of the log) elsewhere, where an inquiry is under way."""
    for place in range(lost):
        edge = best_free(board, board.search[-board.log[place] - 1], board.limits[LEAST] <= 1)
        if edge != NOTHING:
            add(board, edge)


@compiled
def _fill_contact(board: Board, t: int, is_bold: bool) -> None:
    """Give a therapist the best lines there are, also from others; below the least size at a loss."""
    while board.lines_of_therapist[t] < board.limits[MOST]:
        best = -np.inf if board.lines_of_therapist[t] < board.limits[LEAST] else 0.0
        into, out = NOTHING, NOTHING
        for place in range(board.therapist_start[t], board.therapist_start[t + 1]):
            edge = board.by_therapist[place]
            if not board.is_taken[edge]:
                gain, weakest = _gain_with_swap(board, edge, is_bold)
                if gain > best + BETTER:
                    best, into, out = gain, edge, weakest
        if into == NOTHING:
            return
        if out != NOTHING:
            remove(board, out)
        add(board, into)


@compiled
def _gain_with_swap(board: Board, edge: int, is_bold: bool) -> tuple[float, int]:
    """Gain of a line, and the line its search has to give up for it where it has no room."""
    s = board.search[edge]
    if board.lines_of_search[s] < board.room[s]:
        return line_gain(board, edge) + bonus(board, s, 0), NOTHING
    best, found = -np.inf, NOTHING
    for other in range(board.search_start[s], board.search_start[s + 1]):
        is_movable = board.is_taken[other] and (is_bold or may_lose(board, board.therapist[other]))
        if is_movable and board.therapist[other] != board.therapist[edge]:
            gain = worth(board, other) * (board.chance[edge] - board.chance[other])
            if gain > best:
                best, found = gain, other
    return best, found

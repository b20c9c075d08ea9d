"""Where a round is small: try each other contact together with all chains that follow from it.

The quick trial in contacts.py looks at the lines of two therapists only. Here the whole draft is improved
before it is judged, which takes a look at the whole board for each trial.
"""

import numpy as np

from apps.matching.engine.planning.board import LEAST, MARGIN, NOTHING, Board
from apps.matching.engine.planning.chains import Chains, improve
from apps.matching.engine.planning.contacts import change_contact, settle_small

SMALL = 500_000  # therapists x edges


def reconsider_thoroughly(board: Board, chains: Chains, most_work: int) -> bool:
    """Return whether anything was gained. Larger rounds stay as they are."""
    if len(board.group) * len(board.search) > SMALL:
        return False
    trials = [_is_better_with(board, t, chains, most_work) for t in range(len(board.group))]
    return any(trials)


def _is_better_with(board: Board, t: int, chains: Chains, most_work: int) -> bool:
    """Try to contact t instead of whom else, or t no longer; put everything back if it does not pay."""
    contact = int(board.contact[board.group[t]])
    is_shared = contact not in (t, NOTHING)
    if board.is_left_out[t] or not (is_shared or board.limits[LEAST] > 1):
        return False
    before, goal = _state(board), _goal(board)
    for is_bold in (False, True) if board.limits[LEAST] > 1 else (False,):
        if change_contact(board, NOTHING if contact == t else t, contact, is_bold):
            settle_small(board)
            improve(board, chains, most_work)
            if _goal(board) > goal + MARGIN:
                return True
        _restore(board, before)
    return False


def _goal(board: Board) -> float:
    bonus = board.first_bonus[board.lines_of_search > 0].sum()
    return float((board.weight * (1 - board.failure)).sum() + bonus)


def _columns(board: Board) -> tuple[np.ndarray, ...]:
    counts = (board.lines_of_search, board.lines_of_therapist)
    return (board.is_taken, board.failure, *counts, board.slots, board.contact)


def _state(board: Board) -> tuple[np.ndarray, ...]:
    return tuple(column.copy() for column in _columns(board))


def _restore(board: Board, state: tuple[np.ndarray, ...]) -> None:
    for column, saved in zip(_columns(board), state, strict=True):
        column[...] = saved

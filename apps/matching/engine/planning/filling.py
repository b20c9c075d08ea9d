"""The first draft: the line that gains most, again and again."""

import numpy as np

from apps.matching.engine.compiled import compiled
from apps.matching.engine.planning.board import NOTHING, Board, add, best_free, line_gain


@compiled
def fill(board: Board) -> None:
    """Add the line that gains most, again and again; equal gains go to the search with the lower index.

    Gains only shrink while filling, so the winner of a tournament whose gain still holds is the true winner.
    """
    count = len(board.weight)
    leaves = 1
    while leaves < count:
        leaves *= 2
    key = np.zeros(2 * leaves)
    winner = np.zeros(2 * leaves, np.int64)
    for s in range(count):
        winner[leaves + s] = s
        key[leaves + s] = _best_gain(board, s)
    for node in range(leaves - 1, 0, -1):
        _play(key, winner, node)
    while key[1] > 0.0:
        s = winner[1]
        if _best_gain(board, s) == key[1]:
            add(board, best_free(board, s, True))
        node = leaves + s
        key[node] = _best_gain(board, s)
        while node > 1:
            node //= 2
            _play(key, winner, node)


@compiled
def _best_gain(board: Board, s: int) -> float:
    edge = best_free(board, s, True)
    return 0.0 if edge == NOTHING else line_gain(board, edge)


@compiled
def _play(key: np.ndarray, winner: np.ndarray, node: int) -> None:
    better = 2 * node if key[2 * node] >= key[2 * node + 1] else 2 * node + 1
    key[node], winner[node] = key[better], winner[better]

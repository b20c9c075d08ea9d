"""From rows of other tables to the rows of the columns they belong to."""

import numpy as np


class Owners:
    """Ids in ascending order, each once, and the rows they stand in."""

    def __init__(self, ids: np.ndarray) -> None:
        self.count = len(ids)
        self._ids = ids  # ascending

    def rows(self, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the ids are known (bool), and the rows of those."""
        place = np.minimum(np.searchsorted(self._ids, ids), max(self.count - 1, 0))
        is_known = self._ids[place] == ids if self.count else np.zeros(len(ids), dtype=bool)
        return is_known, place[is_known]

    def marked(self, ids: np.ndarray) -> np.ndarray:
        """Return bool per row: is its id among these?"""
        column = np.zeros(self.count, dtype=bool)
        column[self.rows(ids)[1]] = True
        return column

    def spread(self, ids: np.ndarray, values: np.ndarray) -> np.ndarray:
        """Return one value per row, 0 where none is given; ids at most once."""
        column = np.zeros(self.count, dtype=values.dtype)
        is_known, rows = self.rows(ids)
        column[rows] = values[is_known]
        return column

"""Lists of different lengths as two arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Ragged:
    """The list of row i is values[offset[i]:offset[i + 1]]."""

    offset: np.ndarray  # int64 (rows + 1,)
    values: np.ndarray  # (entries, width)

    @classmethod
    def pack(cls, lists: Sequence[Sequence[Sequence[int]]], width: int, dtype: Any) -> "Ragged":
        flat = [entry for entries in lists for entry in entries]
        return cls(_offsets([len(entries) for entries in lists]), np.array(flat, dtype).reshape(-1, width))

    @classmethod
    def group(cls, rows: int, row: np.ndarray, values: np.ndarray) -> "Ragged":
        """Build from entries in any order: entry k belongs to row[k]. Entries of a row keep their order."""
        counts = np.bincount(row, minlength=rows)
        return cls(_offsets(counts), values[np.argsort(row, kind="stable")])

    @property
    def counts(self) -> np.ndarray:
        return np.diff(self.offset)

    @property
    def row(self) -> np.ndarray:
        """The row each entry belongs to, int64 (entries,)."""
        return np.repeat(np.arange(len(self.offset) - 1), self.counts)

    def take(self, rows: np.ndarray) -> "Ragged":
        counts = self.counts[rows]
        offset = _offsets(counts)
        entry = np.arange(offset[-1]) + np.repeat(self.offset[:-1][rows] - offset[:-1], counts)
        return Ragged(offset, self.values[entry])

    def joined(self, others: "Ragged") -> "Ragged":
        """Return these lists followed by the others."""
        offset = np.append(self.offset, self.offset[-1] + others.offset[1:])
        return Ragged(offset, np.concatenate([self.values, others.values]))

    def replaced(self, rows: np.ndarray, others: "Ragged") -> "Ragged":
        """Return a copy in which the lists of these rows are those of the others; itself if same."""
        own = self.take(rows)
        if np.array_equal(own.offset, others.offset) and np.array_equal(own.values, others.values):
            return self
        source = np.arange(len(self.offset) - 1)
        source[rows] = np.arange(len(rows)) + len(source)
        return self.joined(others).take(source)


def _offsets(counts: Any) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(np.asarray(counts, dtype=np.int64))]).astype(np.int64)

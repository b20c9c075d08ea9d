"""Seeded draws of whole columns."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np


class Draw:
    """One stream of random numbers per part of the world, so that a change in one leaves the others alone."""

    def __init__(self, seed: int, part: str) -> None:
        self.rng = np.random.default_rng([seed, *part.encode()])

    def one_of(self, weights: dict[Any, float], count: int) -> list[Any]:
        """Return values drawn by weight; the weights need not add up to one."""
        values = list(weights)
        share = np.array(list(weights.values()), dtype=np.float64)
        places = self.rng.choice(len(values), size=count, p=share / share.sum())
        return [values[place] for place in places]

    def happens(self, share: float, count: int) -> np.ndarray:
        return self.rng.random(count) < share

    def integers(self, low: int, high: int, shape: int | tuple[int, ...]) -> np.ndarray:
        """Return whole numbers from low to high, both included."""
        return self.rng.integers(low, high + 1, size=shape)

    def days(self, first: date, last: date, count: int) -> list[date]:
        return [first + timedelta(days=int(step)) for step in self.integers(0, (last - first).days, count)]


def only_where(
    condition: Sequence[bool] | np.ndarray, values: Sequence[Any], otherwise: Any = None
) -> list[Any]:
    """Return the values, replaced where the condition does not hold."""
    return [value if holds else otherwise for holds, value in zip(condition, values, strict=True)]


def without_nan(values: np.ndarray) -> list[float | None]:
    return [None if np.isnan(value) else value for value in values.tolist()]

"""The least any matching must do: one distance per pair that the spatial index offers."""

import numpy as np
from numba import njit


@njit(cache=True)
def count_within(
    begin: np.ndarray,
    end: np.ndarray,
    centre: np.ndarray,
    limit: np.ndarray,
    here: np.ndarray,
    there: np.ndarray,
) -> int:
    """Count the pairs of the runs whose squared chord is at most the limit of the centre.

    here, float64 (centres, 3), and there, float64 (points, 3), are unit vectors; runs are begin[k]:end[k].
    """
    count = 0
    for run in range(len(begin)):
        x, y, z = here[centre[run], 0], here[centre[run], 1], here[centre[run], 2]
        most = limit[centre[run]]
        for point in range(begin[run], end[run]):
            dx, dy, dz = x - there[point, 0], y - there[point, 1], z - there[point, 2]
            count += dx * dx + dy * dy + dz * dz <= most
    return count

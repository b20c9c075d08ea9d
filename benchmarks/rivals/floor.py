"""The least any matching must do: one distance per pair that the spatial index offers."""

from collections.abc import Callable

import numpy as np
from numba import njit

from apps.matching.engine import reach
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.geometry import EARTH_RADIUS_KM, SpatialIndex, unit_vectors
from apps.matching.engine.records import Parameters


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


def pairs_in_reach(
    searches: SearchColumns, therapists: TherapistColumns, parameters: Parameters
) -> Callable[[], int]:
    """Prepare points and limits; what is returned looks for candidates and counts those within."""
    limits = reach.limits_of(searches, parameters)
    index = SpatialIndex.build(therapists.latitude, therapists.longitude)
    half_angle = np.minimum((limits.metres + 0.5) / 1000.0 / (2.0 * EARTH_RADIUS_KM), np.pi / 2.0)
    limit = np.where(limits.metres < 0.0, -1.0, 4.0 * np.sin(half_angle) ** 2)
    here = np.ascontiguousarray(unit_vectors(searches.latitude, searches.longitude).T)
    there = np.ascontiguousarray(unit_vectors(therapists.latitude, therapists.longitude)[:, index.order].T)

    def count() -> int:
        runs = index.ranges(searches.latitude, searches.longitude, limits.radius_km)
        return int(count_within(runs.begin, runs.end, runs.centre, limit, here, there))

    return count

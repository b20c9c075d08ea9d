"""The least any matching must do: one distance per pair that the spatial index offers."""

from collections.abc import Callable

import numpy as np

from apps.matching.engine import reach
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.compiled import compiled
from apps.matching.engine.geometry import EARTH_RADIUS_KM, SpatialIndex, unit_vectors
from apps.matching.engine.records import Parameters


@compiled
def count_kilometres(
    begin: np.ndarray,
    end: np.ndarray,
    centre: np.ndarray,
    limit_km: np.ndarray,
    here: np.ndarray,
    there: np.ndarray,
) -> int:
    """Count the pairs of the runs whose great circle, rounded to the metre, is within the centre's limit.

    here, float64 (centres, 3), and there, float64 (points, 3), are unit vectors; runs are begin[k]:end[k].
    """
    count = 0
    for run in range(len(begin)):
        x, y, z = here[centre[run], 0], here[centre[run], 1], here[centre[run], 2]
        most = limit_km[centre[run]]
        for point in range(begin[run], end[run]):
            dx, dy, dz = x - there[point, 0], y - there[point, 1], z - there[point, 2]
            count += reach.kilometres(dx * dx + dy * dy + dz * dz) <= most
    return count


@compiled
def count_chords(
    begin: np.ndarray,
    end: np.ndarray,
    centre: np.ndarray,
    limit: np.ndarray,
    here: np.ndarray,
    there: np.ndarray,
) -> int:
    """The same without any distance: squared chords are compared with the square of the longest one."""
    count = 0
    for run in range(len(begin)):
        x, y, z = here[centre[run], 0], here[centre[run], 1], here[centre[run], 2]
        most = limit[centre[run]]
        for point in range(begin[run], end[run]):
            dx, dy, dz = x - there[point, 0], y - there[point, 1], z - there[point, 2]
            count += dx * dx + dy * dy + dz * dz <= most
    return count


def floors(
    searches: SearchColumns, therapists: TherapistColumns, parameters: Parameters
) -> tuple[Callable[[], int], Callable[[], int]]:
    """Prepare points and limits; what is returned looks for candidates and counts those within: by
    kilometres, as everybody who tells a distance must, and by chords, which tell none."""
    limits = reach.limits_of(searches, parameters)
    index = SpatialIndex.build(therapists.latitude, therapists.longitude)
    half_angle = np.minimum((limits.metres + 0.5) / 1000.0 / (2.0 * EARTH_RADIUS_KM), np.pi / 2.0)
    chord_limit = np.where(limits.metres < 0.0, -1.0, 4.0 * np.sin(half_angle) ** 2)
    here = np.ascontiguousarray(unit_vectors(searches.latitude, searches.longitude).T)
    there = np.ascontiguousarray(unit_vectors(therapists.latitude, therapists.longitude)[:, index.order].T)

    def counting(kernel: Callable[..., int], limit: np.ndarray) -> Callable[[], int]:
        def count() -> int:
            runs = index.ranges(searches.latitude, searches.longitude, limits.radius_km)
            return int(kernel(runs.begin, runs.end, runs.centre, limit, here, there))

        return count

    return counting(count_kilometres, limits.metres / 1000.0), counting(count_chords, chord_limit)

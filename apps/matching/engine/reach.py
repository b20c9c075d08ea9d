"""Rule 1: who is near enough, by distance, by travel time, or by both where both limits are given."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from apps.matching.engine.columns import SearchColumns
from apps.matching.engine.compiled import inlined
from apps.matching.engine.geometry import EARTH_RADIUS_KM
from apps.matching.engine.records import Parameters
from apps.matching.engine.travel import MINUTES_PER_KM, OVERHEAD_MINUTES, estimate_minutes, reachable_km

_HALFWAY_ROUND_METRES = np.floor(np.pi * EARTH_RADIUS_KM * 1000.0)
_TINY = 1e-9
_DIAMETER_KM = 2.0 * EARTH_RADIUS_KM
_SHORT = 0.02  # of half a chord; the first term left out is below 1e-16 of the sum


@dataclass(frozen=True)
class Limits:
    """Per search; infinite where a limit is not given."""

    distance_km: np.ndarray  # float64
    travel_minutes: np.ndarray  # float64
    metres: np.ndarray  # float64, the farthest whole metre within both, -1 where not even 0 is
    overhead_minutes: np.ndarray  # float64, see travel
    minutes_per_km: np.ndarray  # float64

    @property
    def radius_km(self) -> np.ndarray:
        """How far around a search to look, a little generously."""
        return (np.maximum(self.metres, 0.0) + 1.0) / 1000.0


@lru_cache(maxsize=8)
def limits_of(searches: SearchColumns, parameters: Parameters) -> Limits:
    kilometres, minutes = searches.max_distance_km, searches.max_travel_minutes
    has_neither = np.isnan(kilometres) & np.isnan(minutes)
    kilometres = _or_infinite(np.where(has_neither, parameters.default_max_distance_km, kilometres))
    minutes = _or_infinite(minutes)
    mode = searches.travel_mode
    return Limits(
        kilometres,
        minutes,
        _farthest_metres(mode, kilometres, minutes),
        OVERHEAD_MINUTES[mode],
        MINUTES_PER_KM[mode],
    )


@inlined
def chord_limit(limit_metres: float) -> float:
    """Return the square of the chord on the unit sphere that a distance of whole metres may not exceed.

    Distances are rounded to the metre before they are compared, so up to half a metre more is within.
    """
    if limit_metres < 0.0:
        return -1.0
    half_angle = (limit_metres + 0.5) / 1000.0 / _DIAMETER_KM
    return 4.0 * np.sin(min(half_angle, np.pi / 2.0)) ** 2


@inlined
def kilometres(chord_squared: float) -> float:
    """Return the great circle of a chord on the unit sphere, rounded to the metre.

    Up to 250 km the series of the arc sine is as exact as the function and far quicker.
    """
    sine = np.sqrt(chord_squared) / 2.0
    if sine < _SHORT:
        square = sine * sine
        angle = sine * (1.0 + square * (1.0 / 6.0 + square * (3.0 / 40.0 + square * (15.0 / 336.0))))
    else:
        angle = np.arcsin(min(sine, 1.0))
    return np.rint(_DIAMETER_KM * angle * 1000.0) / 1000.0


@inlined
def closeness(distance_km: float, travel_minutes: float, max_km: float, max_minutes: float) -> float:
    """Return how much of the tighter limit is left, 0 to 1."""
    used = max(distance_km / max(max_km, _TINY), travel_minutes / max(max_minutes, _TINY))
    return min(max(1.0 - used, 0.0), 1.0)


def _farthest_metres(mode: np.ndarray, max_km: np.ndarray, max_minutes: np.ndarray) -> np.ndarray:
    """Return the largest whole number of metres that is within both limits.

    Minutes are rounded up, so the inverse of the estimate may be off by the last metre; it is put right here.
    """
    metres = np.floor(np.minimum(max_km, reachable_km(mode, max_minutes)) * 1000.0 + _TINY)
    metres = np.minimum(metres, _HALFWAY_ROUND_METRES) + 2.0
    for _step in range(5):
        is_outside = (metres / 1000.0 > max_km) | (estimate_minutes(mode, metres / 1000.0) > max_minutes)
        metres = np.where(is_outside & (metres >= 0.0), metres - 1.0, metres)
    return metres


def _or_infinite(limit: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(limit), np.inf, limit)

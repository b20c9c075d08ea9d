"""Rule 1: who is near enough, by distance, by travel time, or by both where both limits are given."""

from dataclasses import dataclass

import numpy as np

from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.geometry import Ranges, distance_km
from apps.matching.engine.reasons import Reason
from apps.matching.engine.records import Parameters
from apps.matching.engine.travel import estimate_minutes, reachable_km

_ROUNDING_KM = 0.001  # distances are rounded to the metre before they are compared
_TINY = 1e-9


@dataclass(frozen=True)
class Limits:
    """Per search; infinite where a limit is not given."""

    distance_km: np.ndarray  # float64
    travel_minutes: np.ndarray  # float64

    def widened(self, extra_km: float, extra_minutes: np.ndarray) -> "Limits":
        return Limits(self.distance_km + extra_km, self.travel_minutes + extra_minutes)


@dataclass(frozen=True)
class Reach:
    """Of pairs; NaN where a location is unknown."""

    distance_km: np.ndarray  # float64, as the crow flies, whole metres
    travel_minutes: np.ndarray  # float64, whole minutes, estimated


def limits_of(searches: SearchColumns, parameters: Parameters) -> Limits:
    kilometres, minutes = searches.max_distance_km, searches.max_travel_minutes
    has_neither = np.isnan(kilometres) & np.isnan(minutes)
    kilometres = np.where(has_neither, parameters.default_max_distance_km, kilometres)
    return Limits(_or_infinite(kilometres), _or_infinite(minutes))


def measure(searches: SearchColumns, therapists: TherapistColumns, s: np.ndarray, t: np.ndarray) -> Reach:
    distance = distance_km(searches.vectors[:, s], therapists.vectors[:, t])
    return Reach(distance, estimate_minutes(searches.travel_mode[s], distance))


def is_within(reach: Reach, limits: Limits, s: np.ndarray) -> np.ndarray:
    """Return bool (pairs,); an unknown location is never within."""
    near = reach.distance_km <= limits.distance_km[s]
    return near & (reach.travel_minutes <= limits.travel_minutes[s])


def location_failures(reach: Reach, limits: Limits, s: np.ndarray) -> np.ndarray:
    is_unknown = np.isnan(reach.distance_km)
    too_far = np.where(is_within(reach, limits, s), 0, Reason.TOO_FAR.bit)
    return np.where(is_unknown, Reason.LOCATION_UNKNOWN.bit, too_far).astype(np.uint32)


def closeness(reach: Reach, limits: Limits, s: np.ndarray) -> np.ndarray:
    """Return how much of the tighter limit is left, 0 to 1; 0 where the location is unknown."""
    by_distance = reach.distance_km / np.maximum(limits.distance_km[s], _TINY)
    by_minutes = reach.travel_minutes / np.maximum(limits.travel_minutes[s], _TINY)
    return np.nan_to_num(np.clip(1.0 - np.maximum(by_distance, by_minutes), 0.0, 1.0))


def nearby_ranges(searches: SearchColumns, therapists: TherapistColumns, limits: Limits) -> Ranges:
    """Return runs of therapists.spatial that hold everybody within the limits of each search."""
    by_minutes = reachable_km(searches.travel_mode, limits.travel_minutes)
    radius = np.maximum(np.minimum(limits.distance_km, by_minutes), 0.0) + _ROUNDING_KM
    return therapists.spatial.ranges(searches.latitude, searches.longitude, radius)


def _or_infinite(limit: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(limit), np.inf, limit)

"""How long a way takes: the estimate from the distance, and the names of points that were measured.

minutes = overhead + distance x minutes per km, rounded up to whole minutes. The overhead is for what does
not depend on the distance (parking; the walk to the stop, waiting and walking on). Minutes per km is detour
factor x 60 / speed, for roads and lines do not follow the crow: car 1.3 at 40 km/h, public transport 1.4 at
24 km/h, bicycle 1.25 at 15 km/h, on foot 1.2 at 4.8 km/h.

A router tells the time on the way. Parking and locking up are added to it, for a list that mixes measured and
estimated minutes must mean the same by both; a timetable's connection goes from door to door already.
"""

from math import ceil

import numpy as np

TRAVEL_MODES = ("car", "public_transport", "bicycle", "foot")
OVERHEAD_MINUTES = np.array([5.0, 12.0, 2.0, 0.0])
MINUTES_PER_KM = np.array([1.95, 3.5, 5.0, 15.0])

# How fast nobody gets ahead as the crow flies, in km/h: a motorway at 130 without any detour, long-distance
# trains with their waits, a racing cyclist, a runner. Beyond, there is nothing to measure.
FASTEST_KM_PER_HOUR = {"car": 130.0, "public_transport": 120.0, "bicycle": 30.0, "foot": 10.0}
ROUTED_OVERHEAD_MINUTES = {"car": 5, "public_transport": 0, "bicycle": 2, "foot": 0}

STEPS_PER_DEGREE = 10_000  # four digits: about 11 m from north to south
DIGITS = 4
_KEYS_PER_LATITUDE = 10_000_000
UNKNOWN_POINT = -1


def travel_minutes(mode: str, distance_km: float) -> int:
    return int(estimate_minutes(TRAVEL_MODES.index(mode), distance_km))


def estimate_minutes(mode_code: np.ndarray | int, distance_km: np.ndarray | float) -> np.ndarray:
    """Return whole minutes (float64) for places of TRAVEL_MODES and kilometres as the crow flies."""
    return np.ceil(OVERHEAD_MINUTES[mode_code] + MINUTES_PER_KM[mode_code] * distance_km)


def reachable_km(mode_code: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Return how far one gets in the given minutes; 0 where they do not even pay for the overhead."""
    return np.maximum(0.0, (minutes - OVERHEAD_MINUTES[mode_code]) / MINUTES_PER_KM[mode_code])


def farthest_km(mode: str, minutes: float) -> float:
    """How far as the crow flies somebody could get at the very best."""
    return FASTEST_KM_PER_HOUR[mode] * max(minutes - ROUTED_OVERHEAD_MINUTES[mode], 0) / 60.0


def measured_minutes(mode: str, seconds: int) -> int:
    """Whole minutes from door to door for a router's seconds, rounded up."""
    return ROUTED_OVERHEAD_MINUTES[mode] + ceil(seconds / 60)


def point_keys(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Return one number per point for degrees rounded to four digits, int64; UNKNOWN_POINT where unknown."""
    north = np.rint((latitude + 90.0) * STEPS_PER_DEGREE)
    east = np.rint((longitude + 180.0) * STEPS_PER_DEGREE)
    key = north * _KEYS_PER_LATITUDE + east
    return np.where(np.isnan(key), float(UNKNOWN_POINT), key).astype(np.int64)


def point_key(latitude: float, longitude: float) -> int:
    return int(point_keys(np.array([latitude]), np.array([longitude]))[0])


def point_of(key: int) -> tuple[float, float]:
    """Return latitude and longitude of a key, rounded to four digits."""
    north, east = divmod(key, _KEYS_PER_LATITUDE)
    return round(north / STEPS_PER_DEGREE - 90.0, DIGITS), round(east / STEPS_PER_DEGREE - 180.0, DIGITS)

"""Estimated travel time where no router has been asked.

minutes = overhead + distance x minutes per km, rounded up to whole minutes. The overhead is for what does
not depend on the distance (parking; the walk to the stop, waiting and walking on). Minutes per km is detour
factor x 60 / speed, for roads and lines do not follow the crow: car 1.3 at 40 km/h, public transport 1.4 at
24 km/h, bicycle 1.25 at 15 km/h, on foot 1.2 at 4.8 km/h.
"""

import numpy as np

TRAVEL_MODES = ("car", "public_transport", "bicycle", "foot")
OVERHEAD_MINUTES = np.array([5.0, 12.0, 2.0, 0.0])
MINUTES_PER_KM = np.array([1.95, 3.5, 5.0, 15.0])


def travel_minutes(mode: str, distance_km: float) -> int:
    return int(estimate_minutes(TRAVEL_MODES.index(mode), distance_km))


def estimate_minutes(mode_code: np.ndarray | int, distance_km: np.ndarray | float) -> np.ndarray:
    """Return whole minutes (float64) for places of TRAVEL_MODES and kilometres as the crow flies."""
    return np.ceil(OVERHEAD_MINUTES[mode_code] + MINUTES_PER_KM[mode_code] * distance_km)


def reachable_km(mode_code: np.ndarray, minutes: np.ndarray) -> np.ndarray:
    """Return how far one gets in the given minutes; 0 where they do not even pay for the overhead."""
    return np.maximum(0.0, (minutes - OVERHEAD_MINUTES[mode_code]) / MINUTES_PER_KM[mode_code])

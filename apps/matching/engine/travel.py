"""Travel time as the engine uses it; the figures and their reasons stand in `geocoding.travel`.

Measured minutes come with the searches (`measured`), the estimate is taken for everything else.
"""

from apps.geocoding.travel import (
    MINUTES_PER_KM,
    OVERHEAD_MINUTES,
    TRAVEL_MODES,
    estimate_minutes,
    point_key,
    point_keys,
    reachable_km,
    travel_minutes,
)

NO_ROUTE_MINUTES = 1_000_000  # measured, and there is no way: beyond every limit, yet a number

__all__ = [
    "MINUTES_PER_KM",
    "NO_ROUTE_MINUTES",
    "OVERHEAD_MINUTES",
    "TRAVEL_MODES",
    "estimate_minutes",
    "point_key",
    "point_keys",
    "reachable_km",
    "travel_minutes",
]

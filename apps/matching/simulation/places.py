"""Where people of an invented world live: the north-east of Germany in two-digit postal areas.

Centres, inhabitants and reach are rounded; what matters is that big towns have several areas, the country
has large thin ones, and people near a border have therapists behind it.
"""

from dataclasses import dataclass

import numpy as np

from apps.matching.engine.geometry import distance_km, unit_vectors

# two digits, latitude, longitude, inhabitants in thousands, spread in km
AREAS = np.array(
    [
        (10, 52.52, 13.40, 1000, 4),
        (12, 52.45, 13.46, 1150, 6),
        (13, 52.58, 13.34, 1050, 6),
        (14, 52.42, 13.10, 850, 14),
        (15, 52.33, 14.10, 480, 24),
        (16, 52.85, 13.45, 600, 28),
        (17, 53.60, 13.30, 430, 32),
        (18, 54.12, 12.40, 640, 28),
        (19, 53.55, 11.45, 400, 28),
        (20, 53.56, 10.00, 420, 4),
        (21, 53.38, 10.10, 1200, 22),
        (22, 53.63, 10.05, 1350, 10),
        (23, 53.88, 10.80, 760, 24),
        (24, 54.32, 9.90, 1150, 28),
        (29, 52.75, 10.30, 640, 30),
        (30, 52.38, 9.73, 900, 10),
        (31, 52.22, 9.75, 1050, 24),
        (37, 51.60, 9.90, 650, 24),
        (38, 52.25, 10.60, 1150, 20),
        (39, 52.15, 11.60, 800, 28),
        (1, 51.08, 13.75, 1050, 16),
        (2, 51.20, 14.70, 480, 22),
        (3, 51.75, 14.30, 480, 24),
        (4, 51.33, 12.40, 1250, 18),
        (6, 51.55, 11.90, 1150, 26),
        (7, 50.85, 11.85, 700, 22),
        (8, 50.60, 12.45, 620, 18),
        (9, 50.83, 12.95, 880, 18),
        (99, 50.98, 10.95, 850, 26),
    ]
)
TOWN_SHARE = 0.6  # of the people of an area, within a third of its spread
THERAPISTS_PREFER_TOWNS = 1.05  # exponent on the inhabitants
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Points:
    latitude: np.ndarray  # float64 (n,)
    longitude: np.ndarray  # float64 (n,)
    region: np.ndarray  # int (n,), the two digits of the nearest area


def scatter(rng: np.random.Generator, count: int, exponent: float = 1.0) -> Points:
    """Draw places by population. The postal area is the nearest one, so that borders lie between towns."""
    weight = AREAS[:, 3] ** exponent
    home = rng.choice(len(AREAS), size=count, p=weight / weight.sum())
    spread = AREAS[home, 4] * np.where(rng.random(count) < TOWN_SHARE, 1 / 3, 1.0) / _KM_PER_DEGREE
    latitude = AREAS[home, 1] + rng.normal(0.0, 1.0, count) * spread
    shrink = np.cos(np.radians(latitude))
    longitude = AREAS[home, 2] + rng.normal(0.0, 1.0, count) * spread / shrink
    return Points(latitude, longitude, _nearest_area(latitude, longitude))


def _nearest_area(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Measured in spreads: a town's area ends sooner than that of the country around it."""
    people, centres = unit_vectors(latitude, longitude), unit_vectors(AREAS[:, 1], AREAS[:, 2])
    away = [distance_km(centres[:, [area]], people) / AREAS[area, 4] for area in range(len(AREAS))]
    return AREAS[np.argmin(away, axis=0), 0].astype(np.int64)

"""The Leitregionen: the first two digits of a PLZ and the circle that holds all its towns.

This is what decides offline whether a town hit can be true: a "Neustadt" in Saxony is not the one meant by a
PLZ that begins with 91. The digits are no safe key to a Bundesland (04 covers parts of four), hence circles.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

from apps.geocoding.distance import haversine_km

REGIONS_FILE = Path(__file__).parent / "data" / "postal_regions_de.csv"
MARGIN_KM = 5.0  # coordinates in the file are rounded and town centres lie beside the areas' centres


class Region(NamedTuple):
    latitude: float
    longitude: float
    radius_km: float


@cache
def regions() -> dict[str, Region]:
    """First two digits → circle; digits no PLZ begins with (00, 05, 11, 43, 62) are absent."""
    with REGIONS_FILE.open(encoding="utf-8", newline="") as file:
        return {
            row["region"]: Region(float(row["latitude"]), float(row["longitude"]), float(row["radius_km"]))
            for row in csv.DictReader(file)
        }


def is_plausible(plz: str, *, latitude: float, longitude: float) -> bool:
    """Whether a point can belong to a PLZ, judged by the PLZ's first two digits."""
    region = regions().get(plz[:2])
    if region is None:
        return False
    return (
        haversine_km(region.latitude, region.longitude, latitude, longitude) <= region.radius_km + MARGIN_KM
    )

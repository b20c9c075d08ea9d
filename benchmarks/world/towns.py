"""Towns to live and work in: the packaged places, and invented small ones in between.

The packaged table is dense in three regions only. So that the whole country is settled, it is filled up to
1,139 places (as many German places have 15,000 inhabitants or more) with small towns somewhere within the
circles of the postal regions.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from apps.workspace.demo import facts
from benchmarks.world.draws import Draw

PLACES = 1_139
SMALL_TOWN = (15_000, 26_000)  # inhabitants
KM_PER_DEGREE = 111.2
CIRCLE_SHARE = 0.7  # circles overlap and reach across the border; their middles do not


@dataclass(frozen=True)
class Towns:
    """Index i of every column is one town."""

    name: list[str]
    state: list[str]
    region: list[str]  # first two digits of its postal codes
    latitude: np.ndarray
    longitude: np.ndarray
    population: np.ndarray


@dataclass(frozen=True)
class Homes:
    """Where n people live or work."""

    town: np.ndarray  # place in Towns
    latitude: np.ndarray
    longitude: np.ndarray


@cache
def towns(seed: int) -> Towns:
    real = facts.table("places_de", facts.GEOCODING_DATA)
    regions = facts.table("postal_regions_de", facts.GEOCODING_DATA)
    centres = _coordinates(regions)
    small = _small_towns(Draw(seed, "towns"), regions, PLACES - len(real))
    latitude = np.concatenate([_coordinates(real)[0], small[0]])
    longitude = np.concatenate([_coordinates(real)[1], small[1]])
    nearest_real = _nearest(small, _coordinates(real))
    region = _nearest(np.stack([latitude, longitude]), centres)
    return Towns(
        name=[row["name"] for row in real] + [f"Neustadt {number}" for number in range(len(small[0]))],
        state=[row["state"] for row in real] + [real[place]["state"] for place in nearest_real],
        region=[regions[place]["region"] for place in region],
        latitude=latitude,
        longitude=longitude,
        population=np.concatenate([_numbers(real, "population"), small[2]]),
    )


def settle(draw: Draw, places: Towns, count: int, crowding: float) -> Homes:
    """Spread people over the towns by population ** crowding, and around each town's middle."""
    weight = places.population**crowding
    town = draw.rng.choice(len(weight), size=count, p=weight / weight.sum())
    spread_km = np.interp(np.sqrt(places.population), [120, 1_500], [1.0, 6.0])[town]
    north, east = draw.rng.normal(size=(2, count)) * spread_km
    latitude = places.latitude[town] + north / KM_PER_DEGREE
    width = KM_PER_DEGREE * np.cos(np.radians(latitude))
    return Homes(town, latitude.round(6), (places.longitude[town] + east / width).round(6))


def postal_codes(draw: Draw, places: Towns, homes: Homes) -> list[str]:
    endings = draw.integers(0, 999, len(homes.town)).tolist()
    towns_of = homes.town.tolist()
    return [f"{places.region[town]}{ending:03d}" for town, ending in zip(towns_of, endings, strict=True)]


def _small_towns(draw: Draw, regions: list[dict[str, str]], count: int) -> np.ndarray:
    """Return latitude, longitude and population as float64 (3, count)."""
    home = draw.integers(0, len(regions) - 1, count)
    middle, radius = _coordinates(regions)[:, home], _numbers(regions, "radius_km")[home]
    distance = radius * CIRCLE_SHARE * np.sqrt(draw.rng.random(count)) / KM_PER_DEGREE
    direction = draw.rng.random(count) * 2 * np.pi
    latitude = middle[0] + distance * np.sin(direction)
    longitude = middle[1] + distance * np.cos(direction) / np.cos(np.radians(latitude))
    return np.stack([latitude, longitude, draw.integers(*SMALL_TOWN, count).astype(np.float64)])


def _nearest(points: np.ndarray, centres: np.ndarray) -> list[int]:
    """Return for each point (rows 0 and 1 of points) the nearest centre, on a flat map."""
    north = points[0][:, np.newaxis] - centres[0]
    east = (points[1][:, np.newaxis] - centres[1]) * np.cos(np.radians(51.0))
    return (north**2 + east**2).argmin(axis=1).tolist()


def _coordinates(rows: list[dict[str, str]]) -> np.ndarray:
    return np.stack([_numbers(rows, "latitude"), _numbers(rows, "longitude")])


def _numbers(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([float(row[name]) for row in rows])

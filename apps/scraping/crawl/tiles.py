"""Boxes of degrees that cover an area without holes; each is asked for by the circle around it. Pure.

Boxes instead of circles, because the quarters of a box cover it exactly: however often a crowded town is
split, its parts never overlap more than a circle overlaps its box.
"""

from collections.abc import Iterable, Iterator
from math import ceil, cos, floor, radians, sqrt
from typing import NamedTuple

from apps.geocoding.distance import haversine_km

KM_PER_DEGREE = 111.195  # of latitude, on the sphere of geocoding.distance
MARGIN = 1.005  # the server may round


class Circle(NamedTuple):
    latitude: float
    longitude: float
    radius_km: float


class Box(NamedTuple):
    south: float
    west: float
    north: float
    east: float

    @property
    def around(self) -> Circle:
        """The circle that holds the box; north of the equator its southern corners are the farthest."""
        latitude, longitude = (self.south + self.north) / 2, (self.west + self.east) / 2
        reach = haversine_km(latitude, longitude, self.south, self.west)
        return Circle(round(latitude, 6), round(longitude, 6), reach * MARGIN)

    def quarters(self) -> list["Box"]:
        latitude, longitude = (self.south + self.north) / 2, (self.west + self.east) / 2
        return [
            Box(self.south, self.west, latitude, longitude),
            Box(self.south, longitude, latitude, self.east),
            Box(latitude, self.west, self.north, longitude),
            Box(latitude, longitude, self.north, self.east),
        ]


def cover(areas: Iterable[Circle], *, radius_km: float) -> list[Box]:
    """Boxes, none with a circle wider than `radius_km`, that hold every point of the areas; south to north.

    All lie on one grid of degrees, so that areas that overlap share their boxes. A degree of longitude is
    widest in the south: the southernmost row decides how wide the boxes are.
    """
    wanted = list(areas)
    if not wanted:
        return []
    side = radius_km * sqrt(2) / MARGIN / KM_PER_DEGREE
    south = min(area.latitude - area.radius_km / KM_PER_DEGREE for area in wanted)
    height = side * 0.999
    width = height / cos(radians(max(south - height, 0.0)))
    cells = {cell for area in wanted for cell in _cells(area, height, width)}
    return [
        Box(row * height, column * width, (row + 1) * height, (column + 1) * width)
        for row, column in sorted(cells)
    ]


def _cells(area: Circle, height: float, width: float) -> Iterator[tuple[int, int]]:
    """Row and column of every box that the area touches."""
    up = area.radius_km / KM_PER_DEGREE
    for row in range(floor((area.latitude - up) / height), ceil((area.latitude + up) / height)):
        nearest = min(max(area.latitude, row * height), (row + 1) * height)
        aside = sqrt(max(up**2 - (nearest - area.latitude) ** 2, 0.0))
        aside = aside / cos(radians(max(abs(row * height), abs((row + 1) * height)))) * MARGIN
        first, last = floor((area.longitude - aside) / width), ceil((area.longitude + aside) / width)
        yield from ((row, column) for column in range(first, last))

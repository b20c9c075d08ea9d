"""Pure: one point among the postal codes around it, as a picture without foreign tiles.

Whole units throughout: SVG attributes do not understand a decimal comma.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

SIZE = 360  # of the square picture
CENTRE = SIZE // 2
OUTER = 150  # radius of the outer ring
KM_PER_DEGREE = 111.2
LEAST_KM = 5.0
MOST_NEIGHBOURS = 24
MOST_LABELS = 8
LABEL_WIDTH, LABEL_HEIGHT = 40, 14


@dataclass(frozen=True)
class Neighbour:
    """The middle of one postal code. `is_own`: the one the record's address names."""

    plz: str
    name: str
    latitude: float
    longitude: float
    km: float
    is_own: bool = False


@dataclass(frozen=True)
class Dot:
    x: int
    y: int
    label: str
    title: str
    is_own: bool

    @property
    def text_y(self) -> int:
        return self.y - 7


@dataclass(frozen=True)
class Ring:
    km: int
    radius: int

    @property
    def label_y(self) -> int:
        return CENTRE - self.radius + 12


@dataclass(frozen=True)
class Map:
    rings: list[Ring]
    dots: list[Dot]
    size: int = SIZE
    centre: int = CENTRE


def draw(*, latitude: float, longitude: float, neighbours: Sequence[Neighbour]) -> Map:
    """The point in the middle; the postal code it should belong to is always in the picture."""
    near = sorted(neighbours, key=lambda one: (not one.is_own, one.km, one.plz))[:MOST_NEIGHBOURS]
    limit_km = max([LEAST_KM, *(one.km for one in near)])
    scale = OUTER / limit_km
    dots: list[Dot] = []
    for one in near:
        x = round(CENTRE + (one.longitude - longitude) * KM_PER_DEGREE * cos(radians(latitude)) * scale)
        y = round(CENTRE - (one.latitude - latitude) * KM_PER_DEGREE * scale)
        label = one.plz if one.is_own or _has_room(x, y, dots) else ""
        dots.append(Dot(x=x, y=y, label=label, title=f"{one.plz} {one.name}", is_own=one.is_own))
    rings = [Ring(km=round(km), radius=round(km * scale)) for km in (limit_km / 2, limit_km)]
    return Map(rings=rings, dots=sorted(dots, key=lambda dot: (dot.is_own, bool(dot.label))))


def _has_room(x: int, y: int, dots: Sequence[Dot]) -> bool:
    """Whether a label here would cover none of those there are."""
    labelled = [dot for dot in dots if dot.label]
    return len(labelled) < MOST_LABELS and all(
        abs(dot.x - x) >= LABEL_WIDTH or abs(dot.y - y) >= LABEL_HEIGHT for dot in labelled
    )

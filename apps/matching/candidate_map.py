"""Pure: the candidates of a search as dots around the patient.

Whole units throughout: SVG attributes do not understand a decimal comma.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from math import cos, radians

SIZE = 320  # of the square picture
CENTRE = SIZE // 2
OUTER = 140  # radius of the outermost ring
MOST_NUMBERED = 9  # beyond, figures would cover each other
KM_PER_DEGREE = 111.32


@dataclass(frozen=True)
class Point:
    """A place to draw. `rank` 1 is the best candidate; without a label it is one of another page."""

    rank: int
    label: str
    latitude: float | None
    longitude: float | None


@dataclass(frozen=True)
class Dot:
    rank: int
    label: str
    x: int
    y: int

    @property
    def number(self) -> str:
        return str(self.rank) if self.rank <= MOST_NUMBERED else ""

    @property
    def text_y(self) -> int:
        return self.y + 4


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


def draw(*, latitude: float, longitude: float, limit_km: float, points: Iterable[Point]) -> Map:
    """Rings at half the limit and at the limit; dots with a label, and the best of them, are drawn on top."""
    scale = OUTER / max(limit_km, 1)
    shrink = cos(radians(latitude))
    dots = [
        Dot(
            rank=point.rank,
            label=point.label,
            x=_inside(CENTRE + (point.longitude - longitude) * KM_PER_DEGREE * shrink * scale),
            y=_inside(CENTRE - (point.latitude - latitude) * KM_PER_DEGREE * scale),
        )
        for point in points
        if point.latitude is not None and point.longitude is not None
    ]
    rings = [Ring(km=round(km), radius=round(km * scale)) for km in (limit_km / 2, limit_km)]
    return Map(rings=rings, dots=sorted(dots, key=lambda dot: (bool(dot.label), -dot.rank)))


def _inside(position: float) -> int:
    """A place beyond the picture is shown at its edge."""
    return round(min(max(position, 8), SIZE - 8))

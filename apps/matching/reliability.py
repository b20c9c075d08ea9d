"""Pure: predicted chances against what came, as a picture. Dots on the diagonal are right.

Whole units throughout: SVG attributes do not understand a decimal comma.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from apps.matching.engine.calibration import Bin

WIDTH, HEIGHT = 460, 360
LEFT, RIGHT, TOP, BOTTOM = 56, 440, 16, 304  # of the field with the dots
RADIUS = 5


@dataclass(frozen=True)
class Tick:
    percent: int
    x: int
    y: int


@dataclass(frozen=True)
class Dot:
    x: int
    y: int
    low_y: int
    high_y: int


@dataclass(frozen=True)
class Plot:
    """`ticks` serve both axes, which have the same length in percent."""

    ticks: list[Tick]
    dots: list[Dot]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = RIGHT
    top: int = TOP
    bottom: int = BOTTOM
    radius: int = RADIUS

    @property
    def tick_y(self) -> int:
        return BOTTOM + 18

    @property
    def tick_x(self) -> int:
        return LEFT - 8

    @property
    def middle_x(self) -> int:
        return (LEFT + RIGHT) // 2

    @property
    def middle_y(self) -> int:
        return (TOP + BOTTOM) // 2


def draw(bins: Sequence[Bin]) -> Plot:
    """Both axes go from 0 to the next ten percent above every figure."""
    highest = max((max(row.predicted, row.high) for row in bins), default=0.0)
    end = min(max(ceil(highest * 10) / 10, 0.1), 1.0)
    return Plot(ticks=_ticks(round(end * 100)), dots=[_dot(row, end) for row in bins])


def _ticks(end_percent: int) -> list[Tick]:
    step = 2 if end_percent <= 10 else 5 if end_percent <= 30 else 10 if end_percent <= 60 else 20
    return [
        Tick(percent, _x(percent / end_percent), _y(percent / end_percent))
        for percent in range(0, end_percent + 1, step)
    ]


def _dot(row: Bin, end: float) -> Dot:
    return Dot(
        x=_x(row.predicted / end),
        y=_y(row.observed / end),
        low_y=_y(row.low / end),
        high_y=_y(row.high / end),
    )


def _x(share: float) -> int:
    return LEFT + round((RIGHT - LEFT) * share)


def _y(share: float) -> int:
    return BOTTOM - round((BOTTOM - TOP) * share)

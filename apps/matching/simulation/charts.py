"""Line charts as geometry. Whole units throughout: SVG attributes do not understand a decimal comma."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 370
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 14, 134  # room for axis, edge, edge, and axis with key
DASHES = ("", "7 4", "2 3", "9 3 2 3")  # lines are told apart without colour as well
_TICKS = 5


@dataclass(frozen=True)
class Series:
    name: str
    values: Sequence[float | None]  # one a week from week 0; the line ends at the first None


@dataclass(frozen=True)
class Line:
    name: str
    points: str
    dash: str
    number: int
    key_y: int
    key_x: int = LEFT
    key_end: int = LEFT + 36
    key_text: int = LEFT + 46

    @property
    def key_baseline(self) -> int:
        return self.key_y + 4


@dataclass(frozen=True)
class Tick:
    position: int
    label: str


@dataclass(frozen=True)
class Chart:
    lines: list[Line]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    x_label: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM
    label_x: int = LEFT - 8
    week_y: int = HEIGHT - BOTTOM + 18
    axis_y: int = HEIGHT - BOTTOM + 36


def draw(series: Sequence[Series], x_label: str, is_share: bool) -> Chart:
    """Draw shares on a scale up to 100 %, or counts on one up to a round number."""
    weeks = max((len(one.values) for one in series), default=2) - 1
    largest = 1.0 if is_share else _round_up(max((v or 0 for one in series for v in one.values), default=1))
    return Chart(
        lines=[_line(one, number, max(weeks, 1), largest) for number, one in enumerate(series)],
        x_ticks=[Tick(_x(week, max(weeks, 1)), str(week)) for week in range(0, weeks + 1, _week_step(weeks))],
        y_ticks=[_y_tick(step / _TICKS * largest, largest, is_share) for step in range(_TICKS + 1)],
        x_label=x_label,
    )


def _line(series: Series, number: int, weeks: int, largest: float) -> Line:
    points = []
    for week, value in enumerate(series.values):
        if value is None:
            break
        points.append(f"{_x(week, weeks)},{_y(value, largest)}")
    return Line(
        name=series.name,
        points=" ".join(points),
        dash=DASHES[number % len(DASHES)],
        number=number,
        key_y=HEIGHT - BOTTOM + 60 + number * 20,
    )


def _x(week: int, weeks: int) -> int:
    return LEFT + round(week / weeks * (WIDTH - LEFT - RIGHT))


def _y(value: float, largest: float) -> int:
    return HEIGHT - BOTTOM - round(value / largest * (HEIGHT - TOP - BOTTOM))


def _y_tick(value: float, largest: float, is_share: bool) -> Tick:
    return Tick(_y(value, largest), f"{round(value * 100)} %" if is_share else str(round(value)))


def _week_step(weeks: int) -> int:
    return next(step for step in (1, 2, 4, 8, 13) if weeks / step <= 14 or step == 13)


def _round_up(value: float) -> float:
    """Return the smallest of 5, 10, 20, 50, 100, 200 … that holds the value."""
    size = 5.0
    while size < value:
        size *= 2.5 if str(int(size))[0] == "2" else 2
    return size

import pytest

from apps.matching import reliability
from apps.matching.engine.calibration import Bin


def test_dot_on_the_diagonal_lies_on_the_line() -> None:
    (dot,) = reliability.draw([Bin(0.1, 0.1, 0.05, 0.18, 100)]).dots
    across = (dot.x - reliability.LEFT) / (reliability.RIGHT - reliability.LEFT)
    up = (reliability.BOTTOM - dot.y) / (reliability.BOTTOM - reliability.TOP)
    assert across == pytest.approx(0.5, abs=0.01)  # the axes end at 20 %
    assert up == pytest.approx(0.5, abs=0.01)
    assert dot.high_y < dot.y < dot.low_y


@pytest.mark.parametrize(
    ("highest", "percents"),
    [
        (0.04, [0, 2, 4, 6, 8, 10]),
        (0.28, [0, 5, 10, 15, 20, 25, 30]),
        (0.55, [0, 10, 20, 30, 40, 50, 60]),
        (1.0, [0, 20, 40, 60, 80, 100]),
    ],
)
def test_axes_end_above_every_figure(highest: float, percents: list[int]) -> None:
    plot = reliability.draw([Bin(0.02, 0.03, 0.0, highest, 10)])
    assert [tick.percent for tick in plot.ticks] == percents
    assert (plot.ticks[0].x, plot.ticks[0].y) == (plot.left, plot.bottom)
    assert (plot.ticks[-1].x, plot.ticks[-1].y) == (plot.right, plot.top)


def test_nothing_to_draw_is_an_empty_field() -> None:
    assert reliability.draw([]).dots == []

import pytest

from apps.matching.simulation.charts import HEIGHT, LEFT, TOP, WIDTH, Series, draw


def test_line_begins_at_the_axis_and_ends_where_nothing_is_known() -> None:
    chart = draw([Series("a", [0.0, 0.5, 1.0, None, 1.0]), Series("b", [0.0] * 5)], "weeks", is_share=True)
    first = [tuple(map(int, point.split(","))) for point in chart.lines[0].points.split()]
    assert len(first) == 3
    assert first[0] == (LEFT, chart.bottom)
    assert first[2][1] == TOP
    assert chart.lines[1].points.split()[-1] == f"{chart.right},{chart.bottom}"


def test_lines_differ_in_more_than_colour_and_keys_do_not_overlap() -> None:
    chart = draw([Series(str(number), [0.1, 0.2]) for number in range(4)], "weeks", is_share=True)
    assert len({line.dash for line in chart.lines}) == 4
    assert len({(line.key_x, line.key_y) for line in chart.lines}) == 4
    assert all(line.key_text < WIDTH and line.key_baseline < HEIGHT for line in chart.lines)


@pytest.mark.parametrize(
    ("largest", "label"), [(0, "5"), (5, "5"), (7, "10"), (17, "20"), (26, "50"), (240, "500"), (430, "500")]
)
def test_scale_of_counts_ends_at_a_round_number(largest: int, label: str) -> None:
    chart = draw([Series("a", [0, largest])], "weeks", is_share=False)
    assert chart.y_ticks[-1].label == label


def test_share_is_labelled_in_percent() -> None:
    chart = draw([Series("a", [0.1, 0.3])], "weeks", is_share=True)
    assert [tick.label for tick in chart.y_ticks] == ["0 %", "20 %", "40 %", "60 %", "80 %", "100 %"]
    assert [tick.label for tick in chart.x_ticks] == ["0", "1"]

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.core.imports.hours import day_number, week


@pytest.mark.parametrize(
    ("cell", "intervals"),
    [
        ("Mo 08:00-12:00; Mo 14-16; Di 9-10", [(0, 480, 720), (0, 840, 960), (1, 540, 600)]),
        ("Di-Do 9-11, 15-17", [(day, *span) for day in (1, 2, 3) for span in ((540, 660), (900, 1020))]),
        ("Mo, Mi 8-12", [(0, 480, 720), (2, 480, 720)]),
        ("Mo/Fr: 8.30–12 Uhr", [(0, 510, 720), (4, 510, 720)]),
        ("Montag und Freitag 16:00 bis 20:00", [(0, 960, 1200), (4, 960, 1200)]),
        ("Mon 9-10\nSun 10-11", [(0, 540, 600), (6, 600, 660)]),
        ("Mo 8-10; Mo 9-12", [(0, 480, 720)]),
        ("Mi 8-10; Mo 8-10", [(0, 480, 600), (2, 480, 600)]),
    ],
)
def test_week_in_usual_forms(cell: str, intervals: list[tuple[int, int, int]]) -> None:
    assert week(cell) == intervals


@pytest.mark.parametrize(
    "cell",
    [
        "8-12",
        "Mo",
        "Mo nach Vereinbarung",
        "Fr-Mo 8-9",
        "Xx 8-9",
        "Mo 12-8",
        "Mo 8-25",
        "Mo-Di-Mi 8-9",
        "Mo 8-9; Di",
    ],
)
def test_week_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(ValidationError):
        week(cell)


@given(st.text(alphabet="MoDiFr0123456789:-–;, ./bisund\n", max_size=30))
def test_any_text_is_a_week_or_refused(cell: str) -> None:
    try:
        intervals = week(cell)
    except ValidationError as refusal:
        assert refusal.messages
    else:
        assert intervals == sorted(intervals)


def test_day_number() -> None:
    assert [day_number(text) for text in ("Mo.", "Tue", "sonntag", "Feiertag", "")] == [0, 1, 6, None, None]

from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.core.weekly import (
    MINUTES_A_DAY,
    Interval,
    Weekday,
    clock,
    format_ranges,
    merge,
    parse_ranges,
    total_minutes,
)
from apps.patients.models import Availability

RANGES = st.lists(
    st.tuples(st.integers(0, MINUTES_A_DAY - 1), st.integers(1, MINUTES_A_DAY)).filter(
        lambda minutes: minutes[0] < minutes[1]
    ),
    max_size=8,
)
# random text seldom looks like a time: half of it is made of what times are made of
TIME_LIKE = st.text("0123456789:.-–,; bistoUhr", max_size=40)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("8-12", [(480, 720)]),
        ("08:00–12:00", [(480, 720)]),
        ("8 - 12 Uhr", [(480, 720)]),
        ("8.30 bis 9.15 Uhr", [(510, 555)]),
        ("8:30 TO 9:15 UHR", [(510, 555)]),
        ("0-24", [(0, 1440)]),
        ("8-12, 14:30–18:00", [(480, 720), (870, 1080)]),
        ("14-18; 8-12", [(480, 720), (840, 1080)]),
        ("8-12,12-13", [(480, 780)]),
        ("8-12,9-10", [(480, 720)]),
        ("", []),
        (" , ; ", []),
    ],
)
def test_text_is_understood(text: str, ranges: list[tuple[int, int]]) -> None:
    assert parse_ranges(text) == ranges


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("morgens", "morgens"),
        ("8", "8"),
        ("8-12, nachmittags", "nachmittags"),
        ("12-8", "12-8"),
        ("8-8", "8-8"),
        ("8:60-9", "8:60-9"),
        ("8-9:60", "8-9:60"),
        ("8-24:01", "8-24:01"),
        ("8-25", "8-25"),
        ("8:5-9", "8:5-9"),
        ("-8-9", "-8-9"),
    ],
)
def test_text_not_understood_is_named(text: str, part: str) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as caught:
        parse_ranges(text)
    with translation.override("en"):
        [message] = caught.value.messages
    assert f"“{part}”" in message


@given(RANGES)
def test_formatted_ranges_parse_to_the_same(ranges: list[tuple[int, int]]) -> None:
    merged = merge(ranges)
    assert parse_ranges(format_ranges(merged)) == merged


@given(st.one_of(st.text(max_size=60), TIME_LIKE))
def test_any_text_is_understood_or_politely_refused(text: str) -> None:
    try:
        ranges = parse_ranges(text)
    except ValidationError as error:
        assert all(error.messages)
    else:
        assert all(0 <= start < end <= MINUTES_A_DAY for start, end in ranges)
        assert ranges == merge(ranges)


@given(RANGES)
def test_merge_keeps_every_minute_and_leaves_gaps(ranges: list[tuple[int, int]]) -> None:
    merged = merge(ranges)
    minutes = {minute for start, end in ranges for minute in range(start, end)}
    assert {minute for start, end in merged for minute in range(start, end)} == minutes
    assert all(first[1] < second[0] for first, second in pairwise(merged))


def test_merge_joins_touching_and_overlapping_ranges() -> None:
    assert merge([(600, 720), (480, 600), (700, 800), (900, 960), (910, 920)]) == [(480, 800), (900, 960)]


@pytest.mark.parametrize(("minute", "text"), [(0, "00:00"), (485, "08:05"), (1439, "23:59"), (1440, "24:00")])
def test_clock_shows_minutes_of_the_day(minute: int, text: str) -> None:
    assert clock(minute) == text


def test_total_minutes_adds_the_week_up() -> None:
    assert total_minutes([Interval(0, 480, 720), Interval(4, 0, 1440)]) == 1680
    assert total_minutes([]) == 0


def test_row_shows_day_and_hours() -> None:
    row = Availability(weekday=Weekday.WEDNESDAY, start_minute=480, end_minute=725)
    assert str(row) == f"{Weekday.WEDNESDAY.label} 08:00–12:05"
    assert row.interval == Interval(2, 480, 725)

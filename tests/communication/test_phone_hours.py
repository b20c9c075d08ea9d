"""Where a call may be: inside the hours, on working days of the state, at the same wall time all year."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.communication.phone_hours import BERLIN, LOOK_AHEAD, USUAL_HOURS, is_holiday, windows
from apps.core.weekly import Interval

MONDAY_8 = (Interval(0, 8 * 60, 8 * 60 + 25),)


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=BERLIN)


def _first(hours: tuple[Interval, ...], not_before: datetime, state: str = "SN", minutes: int = 5) -> tuple:
    return next(windows(hours, not_before=not_before, state=state, minutes=minutes))


def test_windows_of_25_minutes_are_found_week_after_week() -> None:
    found = islice(windows(MONDAY_8, not_before=_at(date(2026, 11, 3), 12), state="SN", minutes=5), 3)
    mondays = [date(2026, 11, 9), date(2026, 11, 16), date(2026, 11, 23)]
    assert list(found) == [(_at(day, 8), _at(day, 8, 25)) for day in mondays]


@pytest.mark.parametrize(("minutes", "count"), [(25, 1), (26, 0)])
def test_windows_shorter_than_the_call_do_not_count(minutes: int, count: int) -> None:
    found = windows(MONDAY_8, not_before=_at(date(2026, 11, 23), 0), state="SN", minutes=minutes)
    in_week = [begin for begin, _end in found if begin < _at(date(2026, 11, 28), 0)]
    assert len(in_week) == count


def test_windows_in_the_middle_begin_at_that_moment() -> None:
    noon = (Interval(0, 12 * 60, 13 * 60),)
    assert _first(noon, _at(date(2026, 11, 23), 12, 40)) == (
        _at(date(2026, 11, 23), 12, 40),
        _at(date(2026, 11, 23), 13),
    )
    assert _first(noon, _at(date(2026, 11, 23), 12, 55))[0] == _at(date(2026, 11, 23), 12, 55)
    assert _first(noon, _at(date(2026, 11, 23), 12, 56))[0] == _at(date(2026, 11, 30), 12)


def test_windows_take_a_moment_of_another_zone_as_the_same_moment() -> None:
    noon = (Interval(0, 12 * 60, 13 * 60),)
    found = _first(noon, datetime(2026, 11, 23, 11, 40, tzinfo=UTC))
    assert found == (_at(date(2026, 11, 23), 12, 40), _at(date(2026, 11, 23), 13))


def test_windows_of_one_day_come_in_order() -> None:
    hours = (Interval(0, 14 * 60, 15 * 60), Interval(0, 8 * 60, 9 * 60))
    found = windows(hours, not_before=_at(date(2026, 11, 23), 0), state="SN", minutes=5)
    assert [begin.hour for begin, _end in islice(found, 4)] == [8, 14, 8, 14]


def test_windows_until_24_end_at_midnight() -> None:
    late = (Interval(0, 23 * 60, 24 * 60),)
    assert _first(late, _at(date(2026, 11, 23), 0)) == (
        _at(date(2026, 11, 23), 23),
        _at(date(2026, 11, 24), 0),
    )


def test_windows_without_hours_are_none() -> None:
    assert list(windows((), not_before=_at(date(2026, 11, 23), 0), state="SN", minutes=5)) == []


def test_windows_end_after_the_look_ahead() -> None:
    start = date(2026, 11, 3)
    days = [
        begin.date() for begin, _end in windows(USUAL_HOURS, not_before=_at(start, 0), state="", minutes=5)
    ]
    assert days[0] == start
    assert days[-1] <= start + LOOK_AHEAD
    assert days[-1] == date(2026, 12, 31)  # 1 January is a holiday, 2 January a Saturday


@pytest.mark.parametrize(
    ("day", "state", "expected"),
    [
        (date(2027, 1, 6), "BY", True),  # Heilige Drei Könige
        (date(2027, 1, 6), "SN", False),
        (date(2026, 11, 18), "SN", True),  # Buß- und Bettag
        (date(2026, 11, 18), "BY", False),
        (date(2026, 6, 4), "BY", True),  # Fronleichnam
        (date(2026, 6, 4), "BE", False),
        (date(2026, 3, 8), "BE", True),  # Frauentag
        (date(2026, 10, 31), "SN", True),  # Reformationstag
        (date(2026, 10, 31), "", False),
        (date(2026, 10, 3), "", True),
        (date(2026, 4, 3), "", True),  # Karfreitag
        (date(2026, 12, 24), "SN", False),
    ],
)
def test_is_holiday_is_that_of_the_state(day: date, state: str, expected: bool) -> None:
    assert is_holiday(day, state) is expected


def test_windows_skip_the_holidays_of_the_state() -> None:
    wednesdays = (Interval(2, 9 * 60, 10 * 60),)
    for holiday, where, elsewhere in [
        (date(2026, 11, 18), "SN", "BY"),
        (date(2027, 1, 6), "BY", "SN"),
    ]:
        assert _first(wednesdays, _at(holiday, 0), where)[0] == _at(holiday + timedelta(days=7), 9)
        assert _first(wednesdays, _at(holiday, 0), elsewhere)[0] == _at(holiday, 9)


@pytest.mark.parametrize(
    ("friday", "utc_hour_before", "utc_hour_after"),
    [
        (date(2026, 3, 27), 8, 7),
        (date(2026, 10, 23), 7, 8),
        (date(2027, 3, 19), 8, 7),  # the 26th is Good Friday: the next is after the change
        (date(2027, 10, 29), 7, 8),
    ],
)
def test_windows_keep_the_wall_time_over_the_change_of_the_clocks(
    friday: date, utc_hour_before: int, utc_hour_after: int
) -> None:
    hours = (Interval(4, 9 * 60, 10 * 60),)
    found = windows(hours, not_before=_at(friday, 0), state="SN", minutes=5)
    (first, first_end), (second, second_end) = islice(found, 2)
    assert [moment.hour for moment in (first, first_end, second, second_end)] == [9, 10, 9, 10]
    assert first.astimezone(UTC).hour == utc_hour_before
    assert second.astimezone(UTC).hour == utc_hour_after


# Hours on the nights of the change itself are left out: between two and three no wall time is sure.
intervals = st.builds(
    lambda weekday, start, length: Interval(weekday, start, min(start + length, 24 * 60)),
    st.integers(0, 6),
    st.integers(3 * 60, 24 * 60 - 1),
    st.integers(1, 300),
)


def _merged(found: list[Interval]) -> tuple[Interval, ...]:
    """The database keeps intervals of one therapist apart; so does this."""
    kept: list[Interval] = []
    for one in sorted(found):
        if not any(one.weekday == other.weekday and one.start <= other.end for other in kept):
            kept.append(one)
    return tuple(kept)


def _open_minutes(hours: tuple[Interval, ...], start: datetime, state: str, days: int) -> list[datetime]:
    """Every minute of the days, asked one by one whether the phone is answered in it."""
    found = []
    for offset in range(days):
        day = start.date() + timedelta(days=offset)
        for minute in range(3 * 60, 24 * 60):
            moment = _at(day, minute // 60, minute % 60)
            if moment < start or is_holiday(day, state):
                continue
            if any(one.weekday == day.weekday() and one.start <= minute < one.end for one in hours):
                found.append(moment)
    return found


@given(
    hours=st.lists(intervals, min_size=1, max_size=3).map(_merged),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 31)),
    minute=st.integers(3 * 60, 24 * 60 - 1),
    state=st.sampled_from(["", "BY", "SN", "BE", "NW"]),
)
@settings(max_examples=40, deadline=None)
def test_windows_are_the_open_minutes_of_a_plain_look(
    hours: tuple[Interval, ...], day: date, minute: int, state: str
) -> None:
    start = _at(day, minute // 60, minute % 60)
    end = _at(day + timedelta(days=8), 0)
    minutes = []
    for begin, until in windows(hours, not_before=start, state=state, minutes=1):
        while begin < min(until, end):
            minutes.append(begin)
            begin += timedelta(minutes=1)
    assert minutes == _open_minutes(hours, start, state, days=8)

"""A whole year of calls against a plain look: both clock changes, the holidays of two states."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.communication.enums import CallPurpose
from apps.communication.phone_hours import BERLIN, is_holiday, midnight, open_until, windows
from apps.communication.services import calls
from apps.core.weekly import Interval
from tests.communication import phone_oracle as oracle
from tests.communication.rows import call_at
from tests.factories.therapists import TherapistFactory

MINUTE = timedelta(minutes=1)
YEARS = (2026, 2027)
# 25 minutes, a whole day, a split one, a weekend that has both changes of the clocks in it
SCHEDULES: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((1, 14 * 60, 14 * 60 + 25),),
    ((0, 8 * 60, 9 * 60), (2, 12 * 60, 13 * 60), (4, 7 * 60 + 35, 8 * 60)),
    tuple((day, 0, 24 * 60) for day in range(7)),
    ((6, 60, 150), (6, 150, 170), (6, 175, 300)),
)


@pytest.mark.parametrize("state", ["BY", "SN"])
@pytest.mark.parametrize("year", range(2020, 2034))
def test_holidays_are_those_of_the_oracle(state: str, year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(365)]
    found = {day for day in days if is_holiday(day, state)} - {date(year, 8, 15)}
    assert found == oracle.holidays_of(year, state)


@pytest.mark.parametrize("state", ["BY", "SN"])
@pytest.mark.parametrize("hours", SCHEDULES)
@pytest.mark.parametrize("year", YEARS)
def test_no_minute_of_a_window_lies_outside_the_hours_or_on_a_holiday(
    year: int, hours: tuple[tuple[int, int, int], ...], state: str
) -> None:
    intervals = [Interval(*one) for one in hours]
    found, moment = 0, midnight(date(year, 1, 1))
    while moment.year == year:
        for begin, end in windows(intervals, not_before=moment, state=state, minutes=1):
            if begin >= moment + timedelta(days=30):
                break
            minute = begin.astimezone(UTC)
            while minute < end.astimezone(UTC):
                assert oracle.may_be_called(minute, hours, state), minute
                minute += MINUTE
                found += 1
        moment = midnight(moment.date() + timedelta(days=30))
    assert found > 1000


@pytest.mark.parametrize("state", ["BY", "SN"])
def test_windows_miss_no_minute_of_the_year(state: str) -> None:
    """By day; in the nights of the change itself a few minutes are given up rather than doubted."""
    hours = [(day, 6 * 60, 22 * 60) for day in range(7)]
    intervals = [Interval(*one) for one in hours]
    moment, end = midnight(date(2026, 1, 1)), midnight(date(2027, 1, 1))
    expected = 0
    while moment < end:
        expected += 960 * oracle.may_be_called(moment + timedelta(hours=12), hours, state)
        moment = midnight(moment.date() + timedelta(days=1))
    found, start = timedelta(), midnight(date(2026, 1, 1))
    while start < end:
        limit = min(midnight(start.date() + timedelta(days=30)), end)
        for opens, closes in windows(intervals, not_before=start, state=state, minutes=1):
            if opens < limit:
                found += closes.astimezone(UTC) - opens.astimezone(UTC)
        start = limit
    assert found == expected * MINUTE


@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    hours=st.sampled_from(SCHEDULES[:3]),
    state=st.sampled_from(["BY", "SN"]),
)
@settings(max_examples=300, deadline=None)
def test_open_until_answers_as_the_oracle(moment: datetime, hours: Any, state: str) -> None:
    at = moment.replace(tzinfo=UTC)
    ends = open_until([Interval(*one) for one in hours], at=at, state=state)
    assert (ends is not None) == oracle.may_be_called(at, hours, state)


@pytest.mark.django_db
@pytest.mark.parametrize("state", ["BY", "SN"])
@pytest.mark.parametrize("hours", SCHEDULES[:3])
def test_planned_calls_of_a_year_keep_the_hours_and_never_meet(
    hours: tuple[tuple[int, int, int], ...], state: str
) -> None:
    therapist = TherapistFactory(phone_hours=hours, practice__state=state)
    planned, moment = [], datetime(2026, 1, 1, tzinfo=BERLIN)
    while moment.year == 2026:
        planned.append(
            calls.plan(
                therapist=therapist,
                purpose=CallPurpose.FOLLOW_UP,
                not_before=moment,
                minutes=10,
                actor=None,
                at=moment,
            )
        )
        moment += timedelta(days=5, hours=7, minutes=13)
    assert len(planned) == 69
    for call in planned:
        assert oracle.is_inside(call.starts_at, call.ends_at, hours, state), call.starts_at
    spans = sorted((call.starts_at, call.ends_at) for call in planned)
    assert all(ends <= begins for (_start, ends), (begins, _end) in pairwise(spans))


@pytest.mark.django_db
@given(
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)),
    minutes=st.integers(1, 60),
    busy=st.lists(st.integers(0, 20), max_size=4, unique=True),
    state=st.sampled_from(["BY", "SN"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_planned_call_is_inside_the_hours_whatever_is_planned_already(
    moment: datetime, minutes: int, busy: list[int], state: str
) -> None:
    hours = SCHEDULES[1]
    therapist = TherapistFactory(phone_hours=hours, practice__state=state)
    at = moment.replace(tzinfo=UTC)
    for number in busy:
        call_at(at + timedelta(hours=8 * number), therapist=therapist)
    call = calls.plan(
        therapist=therapist,
        purpose=CallPurpose.FOLLOW_UP,
        not_before=at,
        minutes=minutes,
        actor=None,
        at=at,
    )
    assert call.starts_at >= at
    assert call.ends_at - call.starts_at == minutes * MINUTE
    assert oracle.is_inside(call.starts_at, call.ends_at, hours, state)

"""Pure: where in the coming weeks a therapist can be reached by phone.

Phone hours are local wall time in Europe/Berlin; a call of 9:00 is at 9:00 before and after the clock
change. Public holidays of the practice's state are skipped. In the nights of the change itself a span
ends with the first passing of a wall time that comes twice and begins with the second, so that no minute
of it lies outside the hours.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from apps.core.weekly import MINUTES_A_DAY, Interval

BERLIN = ZoneInfo("Europe/Berlin")
LOOK_AHEAD = timedelta(days=60)
SUNDAY = 6

# Where a practice has told no phone hours: the middle of a usual office morning.
USUAL_START, USUAL_END, USUAL_DAYS = 10 * 60, 12 * 60, range(5)
USUAL_HOURS = tuple(Interval(weekday, USUAL_START, USUAL_END) for weekday in USUAL_DAYS)


def windows(
    hours: Sequence[Interval], *, not_before: datetime, state: str, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    """Spans (aware, Berlin) of at least `minutes` in which a call may begin and end, earliest first."""
    start = not_before.astimezone(BERLIN)
    day, last = start.date(), start.date() + LOOK_AHEAD
    while day <= last:
        if not is_holiday(day, state):
            yield from _windows_of_day(hours, day, start, minutes)
        day += timedelta(days=1)


def open_until(hours: Sequence[Interval], *, at: datetime, state: str) -> datetime | None:
    """The end of the phone hours that run in this minute; None where nobody answers."""
    minute = at.astimezone(BERLIN).replace(second=0, microsecond=0)
    if is_holiday(minute.date(), state):
        return None
    for begin, end in _windows_of_day(hours, minute.date(), minute, 1):
        if _instant(begin) <= _instant(minute):
            return end
    return None


def longest_minutes(hours: Sequence[Interval]) -> int:
    """Length of the longest interval; 0 without any."""
    return max((interval.end - interval.start for interval in hours), default=0)


def minute_of_week(at: datetime) -> tuple[int, int]:
    """Weekday (0 = Monday) and minute of the day in Berlin."""
    local = at.astimezone(BERLIN)
    return local.weekday(), local.hour * 60 + local.minute


def is_holiday(day: date, state: str) -> bool:
    """Public holiday in that Bundesland (two letters; "" for the nationwide ones only)."""
    return day in _calendar(state)


def is_working_day(day: date, state: str) -> bool:
    """Monday to Friday and no public holiday there."""
    return day.weekday() in USUAL_DAYS and not is_holiday(day, state)


def working_days_later(day: date, count: int, state: str) -> date:
    """The day `count` working days after that one."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, state)
    return day


def midnight(day: date) -> datetime:
    """The first moment of a day in Berlin."""
    return datetime.combine(day, time(), tzinfo=BERLIN)


def _windows_of_day(
    hours: Sequence[Interval], day: date, start: datetime, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    for interval in sorted(hours):
        if interval.weekday != day.weekday():
            continue
        # two moments of the same zone would be compared by their wall time
        begin = max(_at(day, interval.start, fold=1), start, key=_instant)
        closes = _at(day, interval.end, fold=0)
        if _instant(closes) - _instant(begin) >= timedelta(minutes=minutes):
            yield begin, closes


def _at(day: date, minute: int, *, fold: int) -> datetime:
    """Wall time; 24:00 is midnight of the next day. A time the clocks leave out is the end of the gap."""
    if minute == MINUTES_A_DAY:
        return midnight(day + timedelta(days=1))
    moment = datetime.combine(day, time(minute // 60, minute % 60, fold=fold), tzinfo=BERLIN)
    exists = _instant(moment).astimezone(BERLIN).replace(fold=fold) == moment
    return moment if exists else _at(day, (minute // 60 + 1) * 60, fold=fold)


def _instant(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


@cache
def _calendar(state: str) -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=state or None)

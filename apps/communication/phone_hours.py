"""Pure: where in the coming weeks a therapist can be reached by phone.

Phone hours are local wall time in Europe/Berlin; a call of 9:00 is at 9:00 before and after the clock
change. Public holidays of the practice's state are skipped.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from apps.core.weekly import Interval

BERLIN = ZoneInfo("Europe/Berlin")
LOOK_AHEAD = timedelta(days=60)

# Where a practice has told no phone hours: the middle of a usual office morning.
USUAL_HOURS = tuple(Interval(weekday, 10 * 60, 12 * 60) for weekday in range(5))


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


def is_holiday(day: date, state: str) -> bool:
    """Public holiday in that Bundesland (two letters; "" for the nationwide ones only)."""
    return day in _calendar(state)


def _windows_of_day(
    hours: Sequence[Interval], day: date, start: datetime, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    for interval in sorted(hours):
        if interval.weekday != day.weekday():
            continue
        opens, closes = _at(day, interval.start), _at(day, interval.end)
        begin = max(opens, start)
        if closes - begin >= timedelta(minutes=minutes):
            yield begin, closes


def _at(day: date, minute: int) -> datetime:
    """Wall time; 24:00 is midnight of the next day."""
    if minute == 24 * 60:
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=BERLIN)
    return datetime.combine(day, time(minute // 60, minute % 60), tzinfo=BERLIN)


@cache
def _calendar(state: str) -> holidays.HolidayBase:
    return holidays.country_holidays("DE", subdiv=state or None)

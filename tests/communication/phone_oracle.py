"""May a call be at this minute? Asked plainly, without the code under test, its time zone or its holidays.

Berlin is one hour ahead of UTC, two between the last Sundays of March and October, each at one o'clock UTC.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache

DAY = timedelta(days=1)


@cache
def last_sunday(year: int, month: int) -> date:
    day = date(year, month, 31)
    while day.isoweekday() != 7:
        day -= DAY
    return day


def wall_clock(moment: datetime) -> datetime:
    """What a clock in Berlin shows, without a zone."""
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    summer = datetime.combine(last_sunday(utc.year, 3), datetime.min.time()).replace(hour=1)
    winter = datetime.combine(last_sunday(utc.year, 10), datetime.min.time()).replace(hour=1)
    return utc + timedelta(hours=2 if summer <= utc < winter else 1)


def easter(year: int) -> date:
    """Sunday after the first full moon of spring, by the rule of Gauss as Lichtenberg completed it."""
    k = year // 100
    m = 15 + (3 * k + 3) // 4 - (8 * k + 13) // 25
    s = 2 - (3 * k + 3) // 4
    a = year % 19
    d = (19 * a + m) % 30
    r = (d + a // 11) // 29
    moon = 21 + d - r
    first_sunday = 7 - (year + year // 4 + s) % 7
    return date(year, 3, 1) + timedelta(days=moon + 7 - (moon - first_sunday) % 7 - 1)


@cache
def holidays_of(year: int, state: str) -> frozenset[date]:
    """Saxony (SN) and Bavaria (BY), where Assumption Day is kept in most towns but not in all."""
    sunday = easter(year)
    found = {date(year, 1, 1), date(year, 5, 1), date(year, 10, 3), date(year, 12, 25), date(year, 12, 26)}
    found |= {sunday - 2 * DAY, sunday + DAY, sunday + 39 * DAY, sunday + 50 * DAY}
    if state == "BY":
        found |= {date(year, 1, 6), sunday + 60 * DAY, date(year, 11, 1)}
    if state == "SN":
        wednesday = date(year, 11, 22)
        while wednesday.isoweekday() != 3:
            wednesday -= DAY
        found |= {date(year, 10, 31), wednesday}
    return frozenset(found)


def may_be_called(moment: datetime, hours: Iterable[tuple[int, int, int]], state: str) -> bool:
    """`hours` are (weekday, first minute, end minute) of local wall time."""
    clock = wall_clock(moment)
    if clock.date() in holidays_of(clock.year, state):
        return False
    minute = clock.hour * 60 + clock.minute
    return any(day == clock.weekday() and start <= minute < end for day, start, end in hours)


def is_inside(
    starts_at: datetime, ends_at: datetime, hours: Iterable[tuple[int, int, int]], state: str
) -> bool:
    """Every minute of the call."""
    count = int((ends_at - starts_at) / timedelta(minutes=1))
    rows = list(hours)
    return all(may_be_called(starts_at + timedelta(minutes=one), rows, state) for one in range(count))

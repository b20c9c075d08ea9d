"""A week of hours in one cell: "Mo 08:00-12:00; Mo 14-16; Di-Do 9-11, 15-17"."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core.imports.cells import short
from apps.core.imports.columns import fold
from apps.core.weekly import Interval, join, parse_ranges

WEEKDAYS = (
    ("mo", "mon", "montag", "montags", "monday"),
    ("di", "tu", "tue", "tues", "dienstag", "dienstags", "tuesday"),
    ("mi", "we", "wed", "mittwoch", "mittwochs", "wednesday"),
    ("do", "th", "thu", "thur", "thurs", "donnerstag", "donnerstags", "thursday"),
    ("fr", "fri", "freitag", "freitags", "friday"),
    ("sa", "sat", "samstag", "samstags", "sonnabend", "saturday"),
    ("so", "su", "sun", "sonntag", "sonntags", "sunday"),
)
DAY_NUMBERS = {name: number for number, names in enumerate(WEEKDAYS) for name in names}
PART = re.compile(r"(?P<days>[^0-9]*)(?P<hours>[0-9].*)?", re.DOTALL)
TO = re.compile(r"\s*(?:-|–|\bbis\b|\bto\b)\s*", re.IGNORECASE)
AND = re.compile(r"\s*(?:/|\+|&|\bund\b|\band\b)\s*", re.IGNORECASE)


def week(cell: str) -> list[Interval]:
    """Parts are separated by semicolon, comma, bar or line break; one without a day continues the last one.

    Sorted, touching and overlapping intervals joined. Raises ValidationError naming the part not understood.
    """
    found: list[Interval] = []
    days: list[int] = []
    has_hours = True
    for part in filter(None, (part.strip() for part in re.split(r"[;,|\n]", cell))):
        match = PART.fullmatch(part)
        named = _days(match["days"], part) if match else []
        days = (named if has_hours else [*days, *named]) or days
        has_hours = bool(match and match["hours"])
        if has_hours and not days:
            raise _not_understood(part)
        if has_hours:
            ranges = parse_ranges(match["hours"])  # type: ignore[index]
            found += [Interval(day, start, end) for day in days for start, end in ranges]
    if not has_hours:
        raise _not_understood(cell)
    return join(found)


def day_number(text: str) -> int | None:
    """0 for "Mo", "Mo." or "Monday"; None for what is no weekday."""
    return DAY_NUMBERS.get(fold(text))


def _days(text: str, part: str) -> list[int]:
    """ "Mo-Mi / Fr:" → [0, 1, 2, 4]."""
    days: list[int] = []
    for one in filter(None, (one.strip(" .:") for one in AND.split(text))):
        ends = [day_number(name) for name in TO.split(one)]
        if None in ends or len(ends) > 2 or ends[0] > ends[-1]:  # type: ignore[operator]
            raise _not_understood(part)
        days += range(ends[0], ends[-1] + 1)  # type: ignore[operator, arg-type]
    return days


def _not_understood(part: str) -> ValidationError:
    message = _("“%(part)s” is no time of the week such as Mo 08:00-12:00.")
    return ValidationError(message, params={"part": short(part)})

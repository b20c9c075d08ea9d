"""Weekly hours: intervals of local wall time (Europe/Berlin) within one weekday, in minutes of the day."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

MINUTES_A_DAY = 24 * 60
RANGE = re.compile(
    r"^(\d{1,2})(?:[:.](\d{2}))?\s*(?:-|–|bis|to)\s*(\d{1,2})(?:[:.](\d{2}))?\s*(?:Uhr)?$", re.IGNORECASE
)


class Weekday(models.IntegerChoices):
    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


class Interval(NamedTuple):
    """weekday 0 = Monday; minutes since midnight, 0 ≤ start < end ≤ 1440."""

    weekday: int
    start: int
    end: int


class WeeklyInterval(models.Model):
    """Base of a row of weekly hours; the concrete class names its owner's foreign key."""

    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Weekday.choices)
    start_minute = models.PositiveSmallIntegerField(_("from (minute of the day)"))
    end_minute = models.PositiveSmallIntegerField(_("until (minute of the day)"))

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.start_minute)}–{clock(self.end_minute)}"

    @property
    def interval(self) -> Interval:
        return Interval(self.weekday, self.start_minute, self.end_minute)


def interval_constraints(prefix: str, owner: str, condition: Q | None = None) -> list[models.BaseConstraint]:
    """Order of the minutes, and no overlap within one owner (column `owner`).

    The owner's id is compared as a range: plain GiST can do that without the btree_gist extension.
    """
    owner_range = Func(F(owner), F(owner), Value("[]"), function="int8range")
    minutes = Func(
        F("weekday") * MINUTES_A_DAY + F("start_minute"),
        F("weekday") * MINUTES_A_DAY + F("end_minute"),
        function="int4range",
    )
    return [
        models.CheckConstraint(
            name=f"{prefix}_in_order",
            condition=Q(weekday__lte=6, start_minute__lt=F("end_minute"), end_minute__lte=MINUTES_A_DAY),
        ),
        ExclusionConstraint(
            name=f"{prefix}_no_overlap",
            expressions=[(owner_range, "&&"), (minutes, "&&")],
            condition=condition,
        ),
    ]


def clock(minute: int) -> str:
    """485 → "08:05"; 1440 → "24:00"."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def parse_ranges(text: str) -> list[tuple[int, int]]:
    """ "8-12, 14:30–18:00" → [(480, 720), (870, 1080)], merged and sorted.

    Ranges are separated by comma or semicolon. Raises ValidationError naming the part not understood.
    """
    ranges = [_parse_range(part.strip()) for part in re.split(r"[,;]", text) if part.strip()]
    return merge(ranges)


def format_ranges(ranges: Iterable[tuple[int, int]]) -> str:
    """[(480, 720)] → "08:00–12:00"."""
    return ", ".join(f"{clock(start)}–{clock(end)}" for start, end in ranges)


def merge(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted, touching or overlapping ranges joined."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def join(intervals: Iterable[Interval]) -> list[Interval]:
    """By day and time, touching or overlapping intervals joined."""
    days: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for day, start, end in intervals:
        days[day].append((start, end))
    return [Interval(day, start, end) for day in sorted(days) for start, end in merge(days[day])]


def total_minutes(intervals: Iterable[Interval]) -> int:
    """Minutes a week of intervals that do not overlap."""
    return sum(interval.end - interval.start for interval in intervals)


def _parse_range(part: str) -> tuple[int, int]:
    if not (match := RANGE.match(part)):
        raise ValidationError(_("“%(part)s” is not a time like 08:00–12:00."), params={"part": part})
    hour, minute, end_hour, end_minute = (int(group or 0) for group in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if minute > 59 or end_minute > 59 or not start < end <= MINUTES_A_DAY:
        raise ValidationError(_("“%(part)s”: the end must come after the start."), params={"part": part})
    return start, end

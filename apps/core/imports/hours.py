"""Hours as people print them: "Mo + Mi 12-12.50 Uhr", "9h30 bis 10h20", "Di nach Vereinbarung".

Read with care: what is surely a time becomes an interval, everything else a doubt. `week` is the strict form
for cells that a coordinator can correct.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.imports.cells import short
from apps.core.imports.columns import fold
from apps.core.weekly import MINUTES_A_DAY, Interval, join, merge

WEEKDAYS = (
    ("mo", "mon", "montag", "montags", "monday"),
    ("di", "tu", "tue", "tues", "dienstag", "dienstags", "tuesday"),
    ("mi", "we", "wed", "mittwoch", "mittwochs", "wednesday"),
    ("do", "th", "thu", "thur", "thurs", "donnerstag", "donnerstags", "thursday"),
    ("fr", "fri", "freitag", "freitags", "friday"),
    ("sa", "sat", "samstag", "samstags", "sonnabend", "sonnabends", "saturday"),
    ("so", "su", "sun", "sonntag", "sonntags", "sunday"),
)
DAY_NUMBERS = {name: number for number, names in enumerate(WEEKDAYS) for name in names}
DAY_WORDS = "|".join(sorted(DAY_NUMBERS, key=len, reverse=True))
NOON = 12 * 60
PARTS_OF_DAY = {  # the minutes between which such hours can only lie
    "morgens": (4 * 60, NOON),
    "vormittags": (4 * 60, NOON + 60),
    "vormittag": (4 * 60, NOON + 60),
    "mittags": (11 * 60, 15 * 60),
    "nachmittags": (NOON, 19 * 60),
    "nachmittag": (NOON, 19 * 60),
    "abends": (16 * 60, MINUTES_A_DAY),
}
TOKEN = re.compile(
    rf"""(?P<time>(?<!\d)(?<!\d[.:])(?:
            (?P<h1>\d{{1,2}})\s*(?:uhr|h)\s*(?P<m1>\d{{2}})(?![\d:.]*\d)
          | (?P<h2>\d{{1,2}})[:.](?P<m2>\d{{2}})(?::00)?(?![.:]?\d)
          | (?P<h3>\d{{2}})(?P<m3>\d{{2}})(?![.:]?\d)
          | (?P<h4>\d{{1,2}})(?![.:]?\d)
        )(?:\s*(?:uhr|h)(?![a-zäöüß]))?)
      | (?P<day>(?<![a-zäöüß])(?:am\s+)?(?:{DAY_WORDS})(?![a-zäöüß])\.?)
      | (?P<dash>[-–—]|(?<![a-zäöüß])(?:bis|to)(?![a-zäöüß]))
      | (?P<and>[/+&]|(?<![a-zäöüß])(?:und|and|sowie|u\.|u(?=\s)))
      | (?P<end>[,;|\n])
      | (?P<between>zwischen(?![a-zäöüß]))
      | (?P<harmless>[\s:]+|(?<![a-zäöüß])(?:uhr|von|from|jeweils|telefonische?|tel\.|telefonzeit(?:en)?
          |(?:telefon-?)?sprech(?:zeit|zeiten|stunde|stunden)|telefon|erreichbar(?:keit)?)(?![a-zäöüß]))
      | (?P<closed>(?<![a-zäöüß])(?:geschlossen|keine|entfällt|closed)(?![a-zäöüß]))
      | (?P<part>(?:{"|".join(PARTS_OF_DAY)})(?![a-zäöüß]))
      | (?P<limit>(?<![a-zäöüß])(?:au(?:ß|ss)er|nicht|nur|ohne|(?:un)?gerade[nr]?|wochen?)(?![a-zäöüß]))
      | (?P<word>[a-zäöüß]+\.?|.)""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
SUPERSCRIPT = re.compile(r"(?<=\d)[⁰¹²³⁴⁵⁶⁷⁸⁹]{2}")
SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
NOTHING = " \t\n-–—./"
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?", re.DOTALL)
GERMAN = re.compile(r"([0-9]{1,2})\.\s?([0-9]{1,2})\.?\s?([0-9]{4}|[0-9]{2})?")


@dataclass
class Clause:
    """What stands between two separators. `is_sure` where every word of it was understood."""

    text: str = ""
    days: list[int] = field(default_factory=list)
    ranges: list[tuple[int, int]] = field(default_factory=list)
    windows: list[tuple[int, int]] = field(default_factory=list)
    is_sure: bool = True
    is_closed: bool = False
    is_bare_time: bool = False
    limits_others: bool = False

    def has_sure_hours(self) -> bool:
        in_window = all(low <= s and e <= high for low, high in self.windows for s, e in self.ranges)
        return self.is_sure and in_window and not self.is_closed and all(s < e for s, e in self.ranges)


def week(cell: str) -> list[Interval]:
    """Sorted, touching and overlapping intervals joined. Raises ValidationError naming what is not clear."""
    intervals, doubts = read_week(cell)
    if doubts:
        raise ValidationError(doubts[0])
    return intervals


def read_week(text: str) -> tuple[list[Interval], list[str]]:
    """ "Mo, Mi 8-9; 14-15" → hours by weekday; parts without a day continue the last one. And doubts."""
    found: list[Interval] = []
    doubts: list[str] = []
    pending: list[int] = []  # days whose hours are still to come
    days: list[int] = []
    clauses = [one for one in _clauses(text) if one.text]
    for clause in clauses:
        if clause.ranges and clause.has_sure_hours() and (named := [*pending, *clause.days] or days):
            found += [Interval(day, start, end) for day in named for start, end in clause.ranges]
            days, pending = named, []
        elif clause.ranges or not clause.is_sure or clause.windows:
            doubts.append(_not_understood(clause.text))
            days, pending = (days, pending) if not clause.days and not clause.ranges else ([], [])
        elif clause.is_closed:
            days, pending = [], []
        else:
            pending += clause.days
    if pending:
        doubts.append(_not_understood(text))
    is_lost = _is_confused(clauses) or any(one.ranges for one in clauses[:1] if not one.days)
    return ([] if doubts and is_lost else join(found)), doubts


def read_ranges(text: str) -> tuple[list[tuple[int, int]], list[str]]:
    """ "9-10 und 14-15 Uhr" → minutes of one day, merged; a weekday in the text is a doubt. And doubts."""
    clauses = [one for one in _clauses(text) if one.text]
    found: list[tuple[int, int]] = []
    doubts: list[str] = []
    for clause in clauses:
        if clause.ranges and clause.has_sure_hours() and not clause.days:
            found += clause.ranges
        elif clause.ranges or clause.days or clause.windows or not clause.is_sure:
            doubts.append(_not_understood(clause.text))
    return ([] if _is_confused(clauses) else merge(found)), doubts


def day_number(text: str) -> int | None:
    """0 for "Mo", "Mo." or "Monday"; None for what is no weekday."""
    return DAY_NUMBERS.get(fold(text))


def weekday_of(day: str, printed: str, *, fetched_on: date) -> tuple[int | None, list[str]]:
    """Weekday of a dated slot. The printed weekday counts; a date that says otherwise is a doubt.

    A date without a year is the one nearest to the fetch: 04.01. on a page read in December is next year's.
    """
    number = day_number(printed)
    dated = _date_of(day.strip(), fetched_on)
    words = " ".join(filter(None, (printed.strip(), day.strip())))
    if number is None:
        is_clear = dated is not None and not printed.strip()
        return (dated.weekday() if dated and is_clear else None), [] if is_clear else [_not_understood(words)]
    if day.strip() and (dated is None or dated.weekday() != number):
        return number, [_("Weekday and date do not agree: “%(text)s”.") % {"text": short(words)}]
    return number, []


def _date_of(text: str, fetched_on: date) -> date | None:
    if match := ISO.fullmatch(text):
        return _date(*map(int, match.groups()))
    if not (match := GERMAN.fullmatch(text)):
        return None
    day, month = int(match[1]), int(match[2])
    if match[3]:
        return _date(int(match[3]) + (2000 if len(match[3]) == 2 else 0), month, day)
    possible = [_date(fetched_on.year + shift, month, day) for shift in (-1, 0, 1)]
    return min((one for one in possible if one), key=lambda one: abs(one - fetched_on), default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _clauses(text: str) -> Iterator[Clause]:
    """Cut at separators, at "und" behind complete hours, and where a new day begins behind hours."""
    text = SUPERSCRIPT.sub(lambda match: f":{match[0].translate(SUPERSCRIPT_DIGITS)}", text)
    if not text.strip(NOTHING):
        return
    tokens = [match for match in TOKEN.finditer(text) if match.lastgroup]
    tokens = [one for one in tokens if _kind(one) != "harmless"]
    clause, at = Clause(), 0
    while at < len(tokens):
        kind = _kind(tokens[at])
        if kind == "and" and _is_between_day_and_time(tokens, at):
            clause.is_sure = False
        if kind in ("end", "and") or (kind == "day" and clause.ranges and clause.is_sure):
            yield clause
            clause = Clause()
        used = 1 if kind in ("end", "and") else _take(clause, tokens[at:])
        if kind not in ("end", "and"):
            piece = text[tokens[at].start() : tokens[at + used - 1].end()]
            clause.text = f"{clause.text} {piece}".strip()
        at += used
    yield clause


def _is_between_day_and_time(tokens: Sequence[re.Match[str]], at: int) -> bool:
    """ "Di + 14-15": on the day before as well?"""
    around = [_kind(one) for one in tokens[max(at - 1, 0) : at + 2]]
    return around == ["day", "and", "time"]


def _take(clause: Clause, tokens: Sequence[re.Match[str]]) -> int:
    """Put the next item into the clause; how many tokens it took."""
    kinds = [_kind(one) for one in tokens[:4]]
    if kinds[:3] == ["time", "dash", "time"]:
        return _take_range(clause, tokens[0], tokens[2], 3)
    if kinds == ["between", "time", "and", "time"]:
        return _take_range(clause, tokens[1], tokens[3], 4)
    if kinds[:3] == ["day", "dash", "day"]:
        first, last = (_day(one) for one in (tokens[0], tokens[2]))
        clause.is_sure &= first <= last and ":" not in tokens[0].string[tokens[0].end() : tokens[1].start()]
        clause.days += range(first, last + 1) if first <= last else [first, last]
        return 3
    _take_one(clause, kinds[0], tokens[0])
    return 1


def _take_one(clause: Clause, kind: str, token: re.Match[str]) -> None:
    if kind == "day":
        clause.days.append(_day(token))
    elif kind == "part":
        clause.windows.append(PARTS_OF_DAY[token[0].casefold()])
    elif kind == "closed":
        clause.is_closed = True
    else:
        clause.is_bare_time |= kind == "time" and not clause.text
        clause.is_bare_time &= kind == "time"
        clause.limits_others |= kind == "limit"
        clause.is_sure = False


def _take_range(clause: Clause, first: re.Match[str], last: re.Match[str], used: int) -> int:
    start, end = _minute(first), _minute(last)
    if start is None or end is None:
        clause.is_sure = False
        clause.ranges.append((0, 0))
    else:
        clause.ranges.append((start, MINUTES_A_DAY if end == 0 < start else end))
    return used


def _is_confused(clauses: Sequence[Clause]) -> bool:
    """A number by itself ("9,30-10") or a condition ("ab Januar, Mo 8-9") makes the other hours unsure."""
    first_hours = next((at for at, one in enumerate(clauses) if one.ranges), 0)
    conditions = [one for one in clauses[:first_hours] if not one.is_sure and not one.days]
    return bool(conditions) or any(one.is_bare_time or one.limits_others for one in clauses)


def _kind(token: re.Match[str]) -> str:
    kinds = ("time", "day", "dash", "and", "end", "between", "harmless", "closed", "part", "limit", "word")
    return next(kind for kind in kinds if token[kind] is not None)


def _minute(token: re.Match[str]) -> int | None:
    hour = next(int(token[f"h{way}"]) for way in (1, 2, 3, 4) if token[f"h{way}"])
    minute = next((int(token[f"m{way}"]) for way in (1, 2, 3) if token[f"m{way}"]), 0)
    return hour * 60 + minute if minute < 60 and hour * 60 + minute <= MINUTES_A_DAY else None


def _day(token: re.Match[str]) -> int:
    return DAY_NUMBERS[token["day"].casefold().removeprefix("am").strip(" .\t\n")]


def _not_understood(text: str) -> str:
    return _("“%(text)s” is no time of the week such as Mo 08:00-12:00.") % {"text": short(text.strip())}

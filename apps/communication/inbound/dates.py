"""Days in running text, German and English: "15.12.2026", "ab März", "in 6 Monaten", "Anfang 2027".

A day without a year is the next one after the message came. Of a span ("6 bis 8 Monate") the end counts.
"""

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

MONTH_NAMES = [
    "januar jänner january jan",
    "februar feber february feb",
    "märz maerz march mrz",
    "april apr",
    "mai may",
    "juni june jun",
    "juli july jul",
    "august aug",
    "september sept sep",
    "oktober october okt oct",
    "november nov",
    "dezember december dez dec",
]
MONTHS = {name: number for number, names in enumerate(MONTH_NAMES, start=1) for name in names.split()}
VERBS = ("may", "march")  # as they are written in the middle of an English sentence
SEASON_NAMES = {
    1: "jahresbeginn jahresanfang",
    3: "frühjahr frühling spring",
    6: "sommer summer",
    9: "herbst autumn",
    12: "winter",
}
SEASONS = {name: month for month, names in SEASON_NAMES.items() for name in names.split()}
NUMBER_NAMES = {
    1: "ein eine einem einer einen one a",
    2: "zwei two paar",
    3: "drei three",
    4: "vier four",
    5: "fünf five",
    6: "sechs six",
    7: "sieben seven",
    8: "acht eight",
    9: "neun nine",
    10: "zehn ten",
    12: "zwölf twelve",
    18: "achtzehn eighteen",
}
NUMBERS = {name: number for number, names in NUMBER_NAMES.items() for name in names.split()}
SHARES = {"anfang": 1, "beginn": 1, "early": 1, "mitte": 15, "mid": 15, "ende": 31, "end of": 31, "late": 31}
_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_NUMBER = r"\d{1,2}|" + "|".join(sorted(NUMBERS, key=len, reverse=True))
NUMERIC = re.compile(r"(?<![\d.])(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(\d{4}|\d{2})(?!\d))?")
ISO = re.compile(r"(?<!\d)(20\d\d)-(\d{2})-(\d{2})(?!\d)")
WORDED = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?:of )?({_MONTH})\b\.?,?\s?(20\d\d)?", re.IGNORECASE
)
ENGLISH = re.compile(rf"\b({_MONTH})\s(\d{{1,2}})(?:st|nd|rd|th)?\b(?!\d|\.\d),?\s?(20\d\d)?", re.IGNORECASE)
MONTH = re.compile(
    rf"\b(?:(anfang|beginn|mitte|ende|early|mid|late|end of)[ -])?({_MONTH})\b\.?"
    r"(?:\s(?:des jahres\s)?(20\d\d)|/(\d\d)\b)?",
    re.IGNORECASE,
)
SLASHED = re.compile(r"(?<![\d/.])(0?[1-9]|1[0-2])/(20\d\d)(?!\d)")
SEASON = re.compile(rf"\b({'|'.join(SEASONS)})\b(?:\s(20\d\d))?", re.IGNORECASE)
QUARTER = re.compile(r"\b(?:q([1-4])|([1-4])\.?\s?quartal)\b(?:[ /](20\d\d))?", re.IGNORECASE)
YEAR = re.compile(
    r"\b(?:(anfang|beginn|mitte|ende|early|mid|late)[ -])?(?:in |ab |from )?(20\d\d)\b", re.IGNORECASE
)
NEXT_YEAR = re.compile(r"\b(nächste[ns]?|kommende[ns]?|next)\s(jahr(es)?|year)\b", re.IGNORECASE)
SPAN = re.compile(
    rf"\b(?:({_NUMBER})\s?(?:-|–|bis|to|oder)\s?)?({_NUMBER})\s?"
    r"(tag(?:e|en)?|days?|wochen?|weeks?|monat(?:e|en|s)?|months?|jahr(?:e|en|es)?|years?)\b",
    re.IGNORECASE,
)
HALF_YEAR = re.compile(r"\b(halbe[sn]? jahr|half a year)\b", re.IGNORECASE)
FARTHEST = timedelta(days=5 * 366)


@dataclass(frozen=True)
class Found:
    """A day and where it stands in the text."""

    day: date
    start: int
    end: int


def find(text: str, *, today: date) -> list[Found]:
    """Days from today on for the next five years, in the order of the text; the most precise reading wins."""
    found: list[Found] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in READERS:
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            taken.append(match.span())  # a day that does not exist is not read as its year
            day = read(match, today)
            if day is not None and today <= day <= today + FARTHEST:
                found.append(Found(day, *match.span()))
    return sorted(found, key=lambda each: each.start)


def first(text: str, *, today: date) -> date | None:
    return next((found.day for found in find(text, today=today)), None)


def add_months(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _iso(match: re.Match[str], today: date) -> date | None:
    return _day(int(match[1]), int(match[2]), int(match[3]))


def _numeric(match: re.Match[str], today: date) -> date | None:
    return _in_year(match[3], int(match[2]), int(match[1]), today)


def _worded(match: re.Match[str], today: date) -> date | None:
    return _in_year(match[3], MONTHS[match[2].lower()], int(match[1]), today)


def _english(match: re.Match[str], today: date) -> date | None:
    return _in_year(match[3], MONTHS[match[1].lower()], int(match[2]), today)


def _month(match: re.Match[str], today: date) -> date | None:
    if match[2] in VERBS:
        return None
    share = SHARES[match[1].lower()] if match[1] else 1
    return _in_year(match[3] or match[4], MONTHS[match[2].lower()], share, today, by_month=True)


def _slashed(match: re.Match[str], today: date) -> date | None:
    return _day(int(match[2]), int(match[1]), 1)


def _season(match: re.Match[str], today: date) -> date | None:
    return _in_year(match[2], SEASONS[match[1].lower()], 1, today, by_month=True)


def _quarter(match: re.Match[str], today: date) -> date | None:
    return _in_year(match[3], 3 * int(match[1] or match[2]) - 2, 1, today, by_month=True)


def _year(match: re.Match[str], today: date) -> date | None:
    month = {1: 1, 15: 7, 31: 12}[SHARES[match[1].lower()]] if match[1] else 1
    return _day(int(match[2]), month, 1)


def _next_year(match: re.Match[str], today: date) -> date | None:
    return date(today.year + 1, 1, 1)


def _half_year(match: re.Match[str], today: date) -> date | None:
    return add_months(today, 6)


def _span(match: re.Match[str], today: date) -> date | None:
    word = match[2].lower()
    count, unit = NUMBERS.get(word) or int(word), match[3].lower()
    if unit.startswith(("tag", "day")):
        return today + timedelta(days=count)
    if unit.startswith(("woche", "week")):
        return today + timedelta(weeks=count)
    return add_months(today, count * (12 if unit.startswith(("jahr", "year")) else 1))


def _in_year(year: str | None, month: int, day: int, today: date, *, by_month: bool = False) -> date | None:
    """Without a year the next such day; a month that has begun already is this year's."""
    if year:
        return _day(int(year) + (2000 if len(year) == 2 else 0), month, day, by_month=by_month)
    this = _day(today.year, month, day, by_month=by_month)
    return this if this is None or this >= today else _day(today.year + 1, month, day, by_month=by_month)


def _day(year: int, month: int, day: int, *, by_month: bool = False) -> date | None:
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    if by_month:
        day = min(day, last)
    return date(year, month, day) if 1 <= day <= last else None


Reader = Callable[[re.Match[str], date], date | None]
READERS: list[tuple[re.Pattern[str], Reader]] = [
    (ISO, _iso),
    (NUMERIC, _numeric),
    (WORDED, _worded),
    (ENGLISH, _english),
    (SLASHED, _slashed),
    (HALF_YEAR, _half_year),
    (SPAN, _span),
    (QUARTER, _quarter),
    (MONTH, _month),
    (SEASON, _season),
    (NEXT_YEAR, _next_year),
    (YEAR, _year),
]


def add_days(day: date, days: int) -> date:
    return day + timedelta(days=days)

"""The answers of the doctors' register (116117) as rows of an import file.

Two shapes are in use, told apart entry by entry: the newer one has `vorname`, dates with a year and
`typTsz`; the older one a whole name, dates without a year and `tszDesTyps`. Values may be missing or of
another kind than expected: an adapter never raises, it leaves out what it cannot read and says so.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.imports.hours import day_number
from apps.core.imports.reading import Flat, Shape
from apps.core.imports.words import language
from apps.core.weekly import Interval, clock, join, parse_ranges
from apps.scraping.columns import columns
from apps.scraping.normalise import approval_text, approvals_of

LIST_KEY = "arztPraxisDatas"
PHONE_TYPES = frozenset({"07", "telefonische erreichbarkeit"})
DAY_NAMES = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
WITHOUT_YEAR = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.?")
LONGEST_ACCESSIBILITY = 200


def register_shape(*, fetched_on: date) -> Shape:
    """`fetched_on` is the day the answer was saved: it gives dates without a year their year."""
    return Shape(LIST_KEY, lambda entry: _flatten(entry, fetched_on))


def _flatten(entry: Any, fetched_on: date) -> Flat:
    headings = {column.key: column.german for column in columns()}
    if not isinstance(entry, dict):
        return Flat({}, problem=_("This is no object with headings and values."))
    notes: list[str] = []
    cells = {**_person(entry), **_practice(entry), **_offer(entry, notes)}
    cells["phone_hours"] = _phone_hours(entry, fetched_on, notes)
    problem = "" if entry.get("arzt", True) else _("The entry is an institution, not a person.")
    return Flat({headings[key]: value for key, value in cells.items()}, problem, tuple(notes))


def _person(entry: dict[str, Any]) -> dict[str, str]:
    return {
        "salutation": _text(entry, "anrede"),
        "gender": _text(entry, "geschlecht"),
        "title": _text(entry, "titel"),
        "first_name": _text(entry, "vorname"),
        "last_name": _text(entry, "name"),
    }


def _practice(entry: dict[str, Any]) -> dict[str, str]:
    street = " ".join(filter(None, (_text(entry, "strasse"), _text(entry, "hausnummer"))))
    return {
        "street": street,
        "plz": _text(entry, "plz"),
        "city": _text(entry, "ort"),
        "phone": _text(entry, "tel") or _text(entry, "handy"),
        "fax": _text(entry, "fax"),
        "email": _text(entry, "email"),
        "website": _text(entry, "web"),
        "latitude": _text(entry, "lat"),
        "longitude": _text(entry, "lon"),
    }


def _offer(entry: dict[str, Any], notes: list[str]) -> dict[str, str]:
    """What cannot be filed (a method without age group, a rare language) is kept as text and noted."""
    approvals: set[tuple[str, str, str]] = set()
    further = [*_values(entry.get("fg")), *_values(entry.get("zb"))]
    for phrase in _phrases(entry.get("psy")):
        named = approvals_of(phrase)
        approvals |= named
        if not named:
            further.append(phrase)
            notes.append(_("“%(phrase)s” does not name method, age group and setting.") % {"phrase": phrase})
    languages = list(_values(entry.get("fs")))
    if rare := [name for name in languages if not _is_language(name)]:
        further.append(", ".join(rare))
        notes.append(_("Languages not on the list: %(names)s.") % {"names": ", ".join(rare)})
    return {
        "seat": _seat(entry),
        "approvals": "; ".join(approval_text(approval) for approval in sorted(approvals)),
        "foreign_languages": "; ".join(name for name in languages if name not in rare),
        "further_qualifications": "; ".join(dict.fromkeys(further)),
        "accessibility": "; ".join(_values(entry.get("bf")))[:LONGEST_ACCESSIBILITY],
    }


def _seat(entry: dict[str, Any]) -> str:
    """This register lists who may bill the statutory insurers: full, unless the entry says otherwise."""
    said = " ".join(
        [*_values(entry.get("fg")), *_values(entry.get("ag")), *_values(entry.get("bf"))]
    ).casefold()
    if entry.get("privat") is True or "privatpraxis" in said:
        return "kein"
    return "halb" if re.search(r"halber (?:versorgungsauftrag|sitz|kassensitz)", said) else "ganz"


def _phone_hours(entry: dict[str, Any], fetched_on: date, notes: list[str]) -> str:
    """Dated phone hours folded by weekday, doubles dropped; 05 and 06 (psychotherapy hours) are not read.

    Those are some of the hours in which patients are seen, not all: working hours stay unknown.
    """
    intervals: list[Interval] = []
    for day in _objects(entry.get("tsz")):
        weekday = _weekday(day, fetched_on)
        for slot in _phone_slots(day):
            try:
                ranges = parse_ranges(slot)
            except ValidationError:
                ranges = []
            if weekday is None or not ranges:
                notes.append(_("Phone hours not understood: “%(slot)s”.") % {"slot": slot[:60]})
            else:
                intervals += [Interval(weekday, start, end) for start, end in ranges]
    return "; ".join(f"{DAY_NAMES[day]} {clock(start)}-{clock(end)}" for day, start, end in join(intervals))


def _phone_slots(day: dict[str, Any]) -> Iterator[str]:
    for kind in (*_objects(day.get("typTsz")), *_objects(day.get("tszDesTyps"))):
        if _text(kind, "typ").casefold() in PHONE_TYPES:
            for slot in _objects(kind.get("sprechzeiten")):
                if text := _text(slot, "z") or _text(slot, "zeit"):
                    yield text


def _weekday(day: dict[str, Any], fetched_on: date) -> int | None:
    """The printed weekday counts; else the date, one without a year being the nearest to the fetch."""
    if (number := day_number(_text(day, "t"))) is not None:
        return number
    text = _text(day, "d")
    if match := ISO.match(text):
        candidates = [_date(*map(int, match.groups()))]
    elif match := WITHOUT_YEAR.fullmatch(text):
        day_of_month, month = map(int, match.groups())
        candidates = [_date(fetched_on.year + shift, month, day_of_month) for shift in (-1, 0, 1)]
    else:
        candidates = []
    possible = [one for one in candidates if one is not None]
    return min(possible, key=lambda one: abs(one - fetched_on)).weekday() if possible else None


def _date(year: int, month: int, day_of_month: int) -> date | None:
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None


def _phrases(psy: Any) -> Iterator[str]:
    """Strings as they are; of `{heading, values}` one phrase per value."""
    for one in psy if isinstance(psy, list) else ():
        if isinstance(one, dict):
            heading, values = _text(one, "heading"), list(_values(one.get("values")))
            yield from (f"{heading}, {value}".strip(", ") for value in values or [""] if heading or value)
        elif isinstance(one, str) and one.strip():
            yield one.strip()


def _values(items: Any) -> Iterator[str]:
    """The texts of a list of strings or of objects with `value`."""
    for one in items if isinstance(items, list) else ():
        text = one if isinstance(one, str) else _text(one, "value") if isinstance(one, dict) else ""
        if text.strip():
            yield text.strip()


def _objects(items: Any) -> Iterable[dict[str, Any]]:
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def _text(entry: dict[str, Any], key: str) -> str:
    value = entry.get(key)
    return value.strip() if isinstance(value, str) else ""


def _is_language(name: str) -> bool:
    try:
        return bool(language(name))
    except ValidationError:
        return False

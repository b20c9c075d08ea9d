"""The register's answer as rows of an import file, for `import_therapists`: texts by heading, with notes."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from apps.core.imports.reading import Flat, Shape
from apps.core.imports.words import language
from apps.core.weekly import clock, join
from apps.scraping.adapters import arztsuche
from apps.scraping.adapters.base import text, texts
from apps.scraping.columns import columns
from apps.scraping.normalise import approval_text, read_approvals, value_or_none

DAY_NAMES = ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So")
LONGEST_ACCESSIBILITY = 200
PERSON = {
    "salutation": "anrede",
    "gender": "geschlecht",
    "title": "titel",
    "first_name": "vorname",
    "last_name": "name",
}
PRACTICE = {
    "plz": "plz",
    "city": "ort",
    "fax": "fax",
    "email": "email",
    "website": "web",
    "latitude": "lat",
    "longitude": "lon",
}


def register_shape(*, fetched_on: date) -> Shape:
    """`fetched_on` is the day the answer was saved: it gives dates without a year their year."""
    return Shape(arztsuche.LIST_KEY, lambda entry: _flatten(entry, fetched_on))


def _flatten(entry: Any, fetched_on: date) -> Flat:
    headings = {column.key: column.german for column in columns()}
    if not isinstance(entry, dict):
        return Flat({}, problem=_("This is no object with headings and values."))
    notes: list[str] = []
    cells = {key: text(entry, name) for key, name in (PERSON | PRACTICE).items()}
    cells["street"] = " ".join(filter(None, (text(entry, "strasse"), text(entry, "hausnummer"))))
    cells["phone"] = text(entry, "tel") or text(entry, "handy")
    cells |= _offer(entry, notes)
    hours = join(arztsuche.phone_hours(entry, fetched_on, notes))
    cells["phone_hours"] = "; ".join(
        f"{DAY_NAMES[day]} {clock(start)}-{clock(end)}" for day, start, end in hours
    )
    is_institution = arztsuche.is_institution(entry)
    problem = _("The entry is an institution, not a person.") if is_institution else ""
    notes = list(dict.fromkeys(notes))
    return Flat({headings[key]: value for key, value in cells.items()}, problem, tuple(notes))


def _offer(entry: dict[str, Any], notes: list[str]) -> dict[str, str]:
    """What cannot be filed (a method without age group, a rare language) is kept as text and noted."""
    approvals, no_approvals, doubts = read_approvals(arztsuche.phrases(entry.get("psy")))
    notes += doubts
    languages = list(texts(entry.get("fs"), "value"))
    rare = [name for name in languages if value_or_none(language, name) is None]
    if rare:
        notes.append(_("Languages not on the list: %(names)s.") % {"names": ", ".join(rare)})
    qualified = [*texts(entry.get("fg"), "value"), *texts(entry.get("zb"), "value")]
    further = [*qualified, *no_approvals, ", ".join(rare)]
    return {
        "seat": arztsuche.seat(entry),
        "approvals": "; ".join(approval_text(approval) for approval in approvals),
        "foreign_languages": "; ".join(name for name in languages if name not in rare),
        "further_qualifications": "; ".join(filter(None, dict.fromkeys(further))),
        "accessibility": "; ".join(texts(entry.get("bf"), "value"))[:LONGEST_ACCESSIBILITY],
    }

"""One row of a file sorted into person, practice and the rows around a therapist."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from apps.core.enums import Language, Salutation
from apps.core.imports.errors import Problem, RowRejected
from apps.core.imports.names import is_practice_name, split_name, without_titles
from apps.geocoding.enums import Precision
from apps.scraping.selectors import Address, Name, name_key

PRACTICE_KEYS = {"practice_name": "name"} | {
    key: key for key in ("street", "plz", "city", "phone", "fax", "email", "website", "latitude", "longitude")
}
ROWS_AROUND = ("approvals", "phone_hours", "working_hours")
APART = frozenset({*PRACTICE_KEYS, *ROWS_AROUND, "house_number", "foreign_languages"})


@dataclass(frozen=True)
class TherapistRow:
    """Fields of the therapist, fields of the practice, and the rows around them; only what was given."""

    data: dict[str, Any]
    practice: dict[str, Any]
    around: dict[str, Any]

    @property
    def name(self) -> Name:
        return name_key(self.data.get("first_name", ""), self.data["last_name"])

    @property
    def address(self) -> Address:
        return Address.of(**{key: self.practice.get(key, "") for key in ("plz", "street", "email", "phone")})


def read_row(values: Mapping[str, Any]) -> TherapistRow:
    """Sort the values of a row. Raises RowRejected where a practice stands in place of a person."""
    data = {key: value for key, value in values.items() if key not in APART}
    if foreign := values.get("foreign_languages"):
        data["languages"] = list(dict.fromkeys([*data.get("languages", [Language.DE]), *foreign]))
    around = {key: values[key] for key in ROWS_AROUND if key in values}
    return TherapistRow(data | _name(data), _practice(values), around)


def _practice(values: Mapping[str, Any]) -> dict[str, Any]:
    """Coordinates of a list are those of the house; one without the other is nothing."""
    practice = {field: values[key] for key, field in PRACTICE_KEYS.items() if key in values}
    if "street" in practice and "house_number" in values:
        practice["street"] = f"{practice['street']} {values['house_number']}"
    if {"latitude", "longitude"} <= practice.keys():
        return practice | {"precision": Precision.HOUSE}
    return {key: value for key, value in practice.items() if key not in ("latitude", "longitude")}


def _name(data: Mapping[str, Any]) -> dict[str, Any]:
    """Title, salutation, first and last name apart, wherever the list printed them; empty ones left out."""
    text = data["last_name"]
    if is_practice_name(text):
        reason = _("“%(name)s” is the name of a practice, not of a person.")
        raise RowRejected(Problem("", reason % {"name": text}))
    found = _apart(data["first_name"], text) if "first_name" in data else _split(text)
    if not found["last_name"]:
        raise RowRejected(Problem("", _("The last name is missing.")))
    given = {
        key: data[key] for key in ("title", "salutation") if data.get(key) not in (None, Salutation.NONE)
    }
    return {key: value for key, value in (found | given).items() if value}


def _apart(first_name: str, last_name: str) -> dict[str, Any]:
    (first, before_first), (last, before_last) = without_titles(first_name), without_titles(last_name)
    title = " ".join(filter(None, (before_first, before_last)))
    return {"first_name": first, "last_name": last, "title": title}


def _split(text: str) -> dict[str, Any]:
    name = split_name(text)
    return {
        "first_name": name.first_name,
        "last_name": name.last_name,
        "title": name.title,
        "salutation": name.salutation,
    }

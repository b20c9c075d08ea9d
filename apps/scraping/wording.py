"""What sources say, as people read it: names of fields, and values that are kept as JSON."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core import weekly
from apps.core.contacts import readable_phone
from apps.core.enums import Language, Salutation
from apps.core.templatetags.ui import labels
from apps.core.weekly import Weekday
from apps.geocoding.enums import Precision
from apps.scraping.models import DirectoryRecord
from apps.scraping.services.proposing import FIELDS, WORKPLACE
from apps.therapists.enums import AgeGroup, Gender, Seat, Setting

NOTHING = "–"
BLANK: tuple[Any, ...] = (None, "", [], {}, Salutation.NONE.value, Gender.UNKNOWN.value)
_COMPOSED: dict[str, str | Promise] = {
    "address": _("address"),
    "place": _("point on the map"),
    WORKPLACE: _("further practice"),
}


def label(field: str) -> str:
    """Of a name of `proposing.FIELDS`, or WORKPLACE."""
    if field in _COMPOSED:
        return str(_COMPOSED[field])
    return str(DirectoryRecord._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


FIELD_NAMES = (*FIELDS, WORKPLACE)


def is_blank(field: str, raw: Any) -> bool:
    """Nothing is said: an empty text or list, an unknown gender, an address or point without content."""
    if field == "address" and raw:
        return not any(raw.values())
    if field == "place" and raw:
        return raw.get("latitude") is None
    return raw in BLANK and not (field == "seat" and raw == Seat.NONE)


def value(field: str, raw: Any) -> str:
    """A value of `proposing.FIELDS` in words; a dash for nothing."""
    if is_blank(field, raw):
        return NOTHING
    return str(_READERS.get(field, str)(raw))


def _approvals(texts: list[str]) -> str:
    return "; ".join(map(_approval, texts))


def _approval(text: str) -> str:
    method, _space, rest = text.partition(" ")
    age_group, _space, setting = rest.partition(" ")
    known = {**dict(AgeGroup.choices), **dict(Setting.choices)}
    return " · ".join(str(known.get(word, word)) for word in (method, age_group, setting) if word)


def _phone_hours(texts: list[str]) -> str:
    days: dict[int, list[tuple[int, int]]] = {}
    for day, start, end in (map(int, text.split()) for text in texts):
        days.setdefault(day, []).append((start, end))
    return "; ".join(f"{Weekday(day).label} {weekly.format_ranges(days[day])}" for day in sorted(days))


def _address(said: dict[str, str]) -> str:
    town = f"{said.get('plz', '')} {said.get('city', '')}".strip()
    return ", ".join(filter(None, (said.get("street", ""), town)))


def _place(said: dict[str, Any]) -> str:
    point = f"{said['latitude']:.5f}, {said['longitude']:.5f}"
    precision = said.get("precision")
    return f"{point} ({Precision(precision).label})" if precision else point


def _workplace(said: dict[str, Any]) -> str:
    phone = readable_phone(said.get("phone", ""))
    more = (said.get("name"), _address(said), phone, said.get("email"), said.get("website"))
    return ", ".join(filter(None, more))


_READERS: dict[str, Callable[[Any], Any]] = {
    "salutation": lambda raw: Salutation(raw).label,
    "gender": lambda raw: Gender(raw).label,
    "seat": lambda raw: Seat(raw).label,
    "languages": lambda raw: labels(raw, Language),
    "approvals": _approvals,
    "phone_hours": _phone_hours,
    "address": _address,
    "place": _place,
    "phone": readable_phone,
    "fax": readable_phone,
    WORKPLACE: _workplace,
}

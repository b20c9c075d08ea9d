"""The answers of the doctors' register (116117), in the two shapes in use, told apart entry by entry.

The newer one has `vorname`, dates with a year and `typTsz`; the older one a whole name, dates without a year
and `tszDesTyps`. `distance` is in metres from the point that was searched, and says nothing about a person.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.imports.hours import read_ranges, weekday_of
from apps.core.weekly import Interval
from apps.scraping.adapters.base import (
    Adapter,
    Record,
    UnknownShape,
    json_of,
    json_records,
    objects,
    storable,
    text,
    texts,
)
from apps.scraping.adapters.drafts import Draft, finished
from apps.scraping.records import DirectoryEntry, Rejected

LIST_KEY = "arztPraxisDatas"
PHONE_TYPES = frozenset({"07", "telefonische erreichbarkeit"})
HALF_SEAT = re.compile(r"halber (?:versorgungsauftrag|sitz|kassensitz)")
SLOT_QUOTED = 60
TEXT_KEYS = {  # field of the entry → key of the register
    "external_id": "id",
    "salutation": "anrede",
    "gender": "geschlecht",
    "title": "titel",
    "first_name": "vorname",
    "last_name": "name",
    "street": "strasse",
    "house_number": "hausnummer",
    "plz": "plz",
    "city": "ort",
    "fax": "fax",
    "email": "email",
    "website": "web",
    "latitude": "lat",
    "longitude": "lon",
}


class Arztsuche(Adapter):
    key = "arztsuche"
    label = gettext_lazy("Doctors' register 116117 (JSON)")
    suffixes = (".json",)

    def records(self, content: bytes, mapping: Mapping[str, str]) -> Sequence[Record]:
        if not content.strip():
            raise UnknownShape(_("The answer is empty: this is how the register turns plain programs away."))
        return json_records(content, LIST_KEY, "name")

    def is_cut(self, content: bytes) -> bool:
        """The register lists 50 to 100 entries at most; then only smaller circles show the others."""
        try:
            root = json_of(content)
        except UnknownShape:
            return False
        return isinstance(root, dict) and root.get("moreResults") in (True, "true")

    def entry(
        self, payload: Any, *, fetched_on: date, mapping: Mapping[str, str], where: str
    ) -> DirectoryEntry | Rejected:
        if not isinstance(payload, dict):
            reason = _("This is no object with headings and values.")
            return Rejected(where, reason, storable(payload))
        if is_institution(payload):
            return Rejected(where, _("The entry is an institution, not a person."), storable(payload))
        draft = Draft({field: text(payload, key) for field, key in TEXT_KEYS.items()})
        draft.texts["phone"] = text(payload, "tel") or text(payload, "handy")
        draft.texts["seat"] = seat(payload)
        draft.texts["further_qualifications"] = "; ".join(
            dict.fromkeys([*texts(payload.get("fg"), "value"), *texts(payload.get("zb"), "value")])
        )
        draft.texts["accessibility"] = "; ".join(texts(payload.get("bf"), "value"))
        draft.approvals = list(phrases(payload.get("psy")))
        draft.languages = list(texts(payload.get("fs"), "value"))
        draft.are_languages_foreign = True
        draft.phone_hours = phone_hours(payload, fetched_on, draft.doubts)
        return finished(draft, payload=payload, where=where)


def is_institution(entry: Mapping[str, Any]) -> bool:
    return entry.get("arzt", True) in (False, "false")


def seat(entry: Mapping[str, Any]) -> str:
    """This register lists who may bill the statutory insurers: full, unless the entry says otherwise."""
    said = " ".join(word for key in ("fg", "ag", "bf") for word in texts(entry.get(key), "value")).casefold()
    if entry.get("privat") is True or "privatpraxis" in said:
        return "kein"
    return "halb" if HALF_SEAT.search(said) else "ganz"


def phrases(psy: Any) -> Iterator[str]:
    """Strings as they are; of `{heading, values}` one phrase per value."""
    for one in psy if isinstance(psy, list) else [psy]:
        if isinstance(one, dict):
            heading, values = text(one, "heading"), list(texts(one.get("values"), "value"))
            yield from (f"{heading}, {value}".strip(", ") for value in values or [""] if heading or value)
        else:
            yield from texts(one)


def phone_hours(entry: Mapping[str, Any], fetched_on: date, doubts: list[str]) -> list[Interval]:
    """Dated phone hours by weekday; 05 and 06 (psychotherapy hours) are not read.

    Those are some of the hours in which patients are seen, not all: working hours stay unknown.
    """
    intervals: list[Interval] = []
    for day in objects(entry.get("tsz")):
        slots = list(_phone_slots(day))
        weekday, contradiction = weekday_of(text(day, "d"), text(day, "t"), fetched_on=fetched_on)
        if slots and weekday is not None:
            doubts += contradiction
        for slot in slots:
            ranges, unclear = read_ranges(slot)
            if weekday is None or unclear:
                message = _("Phone hours not understood: “%(slot)s”.") % {"slot": slot[:SLOT_QUOTED]}
                doubts.append(message)
            if weekday is not None:
                intervals += [Interval(weekday, start, end) for start, end in ranges]
    return intervals


def _phone_slots(day: Mapping[str, Any]) -> Iterator[str]:
    for kind in (*objects(day.get("typTsz")), *objects(day.get("tszDesTyps"))):
        if text(kind, "typ").casefold() in PHONE_TYPES:
            for slot in objects(kind.get("sprechzeiten")):
                if printed := text(slot, "z") or text(slot, "zeit"):
                    yield printed

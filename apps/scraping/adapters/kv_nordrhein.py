"""The doctors' search of the KV Nordrhein; the odd spellings (`geschlect`, `longitute`) are theirs."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.imports.contact_cells import join_phone
from apps.core.imports.name_words import NOBILITY, PARTICLES
from apps.scraping.adapters.base import Adapter, Record, json_records, objects, storable, text, texts
from apps.scraping.adapters.drafts import Draft, finished
from apps.scraping.normalise import METHODS, names_one_of
from apps.scraping.records import DirectoryEntry, Rejected

LIST_KEY = "personList"
TEXT_KEYS = {
    "external_id": "id",
    "salutation": "geschlectTitle",
    "gender": "geschlect",
    "title": "vortitel",
    "first_name": "vorname",
    "last_name": "nachname",
    "street": "strasse",
    "house_number": "hausnummer",
    "plz": "plz",
    "city": "ort",
}
AREA_NAMES = ("value", "name", "bezeichnung", "filtertext")


class KvNordrhein(Adapter):
    key = "kv_nordrhein"
    label = gettext_lazy("Doctors' search of the KV Nordrhein (JSON)")
    suffixes = (".json",)

    def records(self, content: bytes, mapping: Mapping[str, str]) -> Sequence[Record]:
        return json_records(content, LIST_KEY, "nachname")

    def entry(
        self, payload: Any, *, fetched_on: date, mapping: Mapping[str, str], where: str
    ) -> DirectoryEntry | Rejected:
        if not isinstance(payload, dict):
            return Rejected(where, _("This is no object with headings and values."), storable(payload))
        draft = Draft({field: text(payload, key) for field, key in TEXT_KEYS.items()})
        _add_middle_title(payload, draft)
        draft.texts |= _contact(payload)
        draft.texts["seat"] = "kein" if payload.get("isPrivatarzt") in (True, "true") else "ganz"
        areas = list(texts(payload.get("bereiche"), *AREA_NAMES))
        draft.approvals = [area for area in areas if names_one_of(area, METHODS)]
        draft.texts["further_qualifications"] = "; ".join(
            dict.fromkeys(area for area in areas if area not in draft.approvals)
        )
        return finished(draft, payload=payload, where=where)


def _contact(entry: Mapping[str, Any]) -> dict[str, str]:
    place = entry.get("place")
    point = place if isinstance(place, dict) else {}
    return {
        "phone": next(_numbers(entry.get("phone"), "telefonvorwahl", "telefonnummer"), ""),
        "fax": next(_numbers(entry.get("fax"), "faxvorwahl", "faxnummer"), ""),
        "email": next(texts(entry.get("email"), "emailAddress", "email"), ""),
        "website": next(texts(entry.get("homePage"), "webSite", "homePage"), ""),
        "latitude": text(point, "latitude"),
        "longitude": text(point, "longitute") or text(point, "longitude"),
    }


def _numbers(items: Any, prefix_key: str, number_key: str) -> Iterator[str]:
    for one in objects(items):
        if number := join_phone(text(one, prefix_key), text(one, number_key)):
            yield number
    yield from (one for one in texts(items) if one)


def _add_middle_title(entry: Mapping[str, Any], draft: Draft) -> None:
    """ "Freiherr von" stands between first and last name and belongs to the last."""
    if not (middle := text(entry, "zwischentitel")):
        return
    if all(word.casefold() in NOBILITY | PARTICLES | {"und"} for word in middle.split()):
        draft.texts["last_name"] = f"{middle} {draft.texts['last_name']}"
    else:
        draft.doubts.append(_("Left out of the name: “%(text)s”.") % {"text": middle})

"""From the texts of a source to a DirectoryEntry: every field normalised, every doubt told."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.core.enums import Language, Salutation
from apps.core.imports import words
from apps.core.imports.cells import decimal, short
from apps.core.imports.contact_cells import read_email, read_phone, read_plz, read_website
from apps.core.imports.name_words import NO_LICENCE
from apps.core.imports.persons import NameReading, read_parts
from apps.core.weekly import Interval, join
from apps.scraping import normalise
from apps.scraping.adapters.base import clean, storable
from apps.scraping.normalise import value_or_none
from apps.scraping.records import DirectoryEntry, Rejected
from apps.therapists.enums import Gender

LONGEST = {  # as the records can hold them
    "external_id": 100,
    "title": 60,
    "first_name": 80,
    "last_name": 80,
    "practice_name": 160,
    "street": 160,
    "city": 80,
    "email": 254,
    "accessibility": 200,
}
LATITUDES, LONGITUDES = (47.2, 55.1), (5.8, 15.1)  # Germany
EXPECTED_GENDER = {Salutation.MS: Gender.FEMALE, Salutation.MR: Gender.MALE}
CONTACT_READERS = {"phone": read_phone, "fax": read_phone, "email": read_email, "website": read_website}


@dataclass
class Draft:
    """What a source says, as printed. `texts` by field of DirectoryEntry, and `house_number`.

    Of a source of its own `last_name` may hold the whole name. `approvals` and `languages` are phrases;
    `are_languages_foreign` where they come on top of German.
    """

    texts: dict[str, str] = field(default_factory=dict)
    approvals: list[str] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    are_languages_foreign: bool = False
    phone_hours: list[Interval] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def text(self, key: str) -> str:
        return " ".join(clean(self.texts.get(key, "")).split())


def finished(draft: Draft, *, payload: Any, where: str) -> DirectoryEntry | Rejected:
    """The entry; Rejected where it names no single person who may treat."""
    reading = _name(draft)
    reason = _refusal(reading, draft)
    if reason:
        return Rejected(where, reason, storable(payload))
    draft.doubts += reading.doubts
    values: dict[str, Any] = {
        "external_id": draft.text("external_id"),
        "first_name": reading.name.first_name,
        "last_name": reading.name.last_name,
        "title": reading.name.title,
        **_greeting(reading, draft),
        **_practice(draft),
        **_offer(reading, draft),
    }
    _drop_too_long(values, draft)
    doubts = tuple(dict.fromkeys(draft.doubts))
    kept = storable(payload if isinstance(payload, dict) else {"entry": payload})
    return DirectoryEntry(**values, doubts=doubts, payload=kept)


def _name(draft: Draft) -> NameReading:
    return read_parts(
        first_name=draft.text("first_name"),
        last_name=draft.text("last_name"),
        title=draft.text("title"),
        is_addressed=bool(draft.text("salutation")),
    )


def _refusal(reading: NameReading, draft: Draft) -> str:
    if not reading.is_person:
        return reading.doubts[0]
    if len(reading.name.last_name) > LONGEST["last_name"]:
        return _("The last name is too long: “%(name)s”.") % {"name": short(reading.name.last_name)}
    if NO_LICENCE.search(reading.name.profession) or NO_LICENCE.search(draft.text("title")):
        return _("A Heilpraktiker has no licence as a psychotherapist.")
    return ""


def _greeting(reading: NameReading, draft: Draft) -> dict[str, Any]:
    """As printed, nothing guessed; where salutation and gender contradict each other, neither."""
    salutation = _word(draft, "salutation", words.salutation) or reading.name.salutation or Salutation.NONE
    gender = _word(draft, "gender", normalise.gender) or Gender.UNKNOWN
    expected = EXPECTED_GENDER.get(salutation)
    if expected and gender not in (expected, Gender.UNKNOWN, Gender.DIVERSE):
        draft.doubts.append(_("Salutation and gender contradict each other."))
        return {"salutation": str(Salutation.NONE), "gender": str(Gender.UNKNOWN)}
    return {"salutation": str(salutation), "gender": str(gender)}


def _practice(draft: Draft) -> dict[str, Any]:
    values: dict[str, Any] = {"practice_name": draft.text("practice_name"), "city": draft.text("city")}
    values["street"] = " ".join(filter(None, (draft.text("street"), draft.text("house_number"))))
    values["plz"], doubts = read_plz(draft.text("plz"))
    if values["plz"] and not values["city"]:
        values["city"] = draft.text("plz").partition(" ")[2] if draft.text("plz")[:5] == values["plz"] else ""
    for key, read in CONTACT_READERS.items():
        values[key], more = read(clean(draft.texts.get(key, "")))
        doubts += more
    draft.doubts += doubts
    values["latitude"], values["longitude"] = _place(draft)
    return values


def _place(draft: Draft) -> tuple[float | None, float | None]:
    printed = draft.text("latitude"), draft.text("longitude")
    latitude, longitude = (value_or_none(decimal, one) for one in printed)
    if (
        latitude is not None
        and longitude is not None
        and LATITUDES[0] <= latitude <= LATITUDES[1]
        and LONGITUDES[0] <= longitude <= LONGITUDES[1]
    ):
        return latitude, longitude
    if any(printed) and not (latitude == 0 == longitude):
        draft.doubts.append(
            _("The coordinates are not in Germany: “%(text)s”.") % {"text": "; ".join(printed)}
        )
    return None, None


def _offer(reading: NameReading, draft: Draft) -> dict[str, Any]:
    """What names no approval or language of ours is kept as text among the qualifications."""
    approvals, no_approvals, doubts = normalise.read_approvals(draft.approvals)
    languages, rare, more = normalise.read_languages(draft.languages)
    if draft.are_languages_foreign and languages:
        languages = sorted({*languages, str(Language.DE)})
    draft.doubts += [*doubts, *more]
    further = [clean(draft.texts.get("further_qualifications", "")), *no_approvals]
    if reading.name.profession and reading.name.profession not in further[0]:
        further.append(reading.name.profession)
    return {
        "seat": str(_word(draft, "seat", normalise.seat) or ""),
        "approvals": tuple(approvals),
        "languages": tuple(languages),
        "further_qualifications": "; ".join(filter(None, dict.fromkeys([*further, ", ".join(rare)]))),
        "special_offers": clean(draft.texts.get("special_offers", "")),
        "accessibility": draft.text("accessibility"),
        "phone_hours": tuple(join(draft.phone_hours)),
    }


def _word(draft: Draft, key: str, read: Any) -> Any:
    """The value of a known word; an unknown one is told."""
    if not (printed := draft.text(key)):
        return None
    if (value := value_or_none(read, printed)) is None:
        draft.doubts.append(_("Not known here: “%(text)s”.") % {"text": short(printed)})
    return value


def _drop_too_long(values: dict[str, Any], draft: Draft) -> None:
    for key, longest in LONGEST.items():
        if len(values[key]) > longest:
            message = _("Left out, longer than %(longest)s characters: “%(text)s”.")
            draft.doubts.append(message % {"longest": longest, "text": short(values[key])})
            values[key] = ""

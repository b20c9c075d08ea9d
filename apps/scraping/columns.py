"""The columns of a file of therapists. docs/imports.md tells coordinators the same."""

from collections.abc import Callable

from apps.core import contacts
from apps.core.imports import words
from apps.core.imports.cells import day, decimal, email, several, text, whole_number
from apps.core.imports.columns import Column
from apps.core.imports.hours import week
from apps.scraping import normalise
from apps.therapists.models import Practice, Therapist


def columns() -> list[Column]:
    return [*_identity(), *_practice(), *_offer(), *_wishes(), *_contact()]


def _identity() -> list[Column]:
    name = _therapist("last_name")
    return [
        Column("salutation", "Anrede", "Salutation", words.salutation, "Frau"),
        Column("gender", "Geschlecht", "Gender", normalise.gender, "weiblich", "Sex"),
        Column("title", "Titel", "Title", _therapist("title"), "Dr. phil.", "Akademischer Titel"),
        Column("first_name", "Vorname", "First name", _therapist("first_name"), "Mira", "Vornamen"),
        Column("last_name", "Nachname", "Last name", name, "Beispielhuber", "Name|Surname", is_required=True),
    ]


def _practice() -> list[Column]:
    city = _of_practice("city")
    return [
        Column("practice_name", "Praxis", "Practice", _of_practice("name"), "Praxis am Park", "Praxisname"),
        Column("street", "Straße", "Street", _of_practice("street"), "Musterweg", "Straße und Hausnummer"),
        Column("house_number", "Hausnummer", "House number", text(12), "4a", "Nr.|Hausnr."),
        Column(
            "plz", "PLZ", "Postal code", contacts.plz, "04103", "Postleitzahl|ZIP", is_required=True, digits=5
        ),
        Column("city", "Ort", "City", city, "Leipzig", "Stadt|Town|Praxisort", is_required=True),
        Column("phone", "Telefon", "Phone", contacts.phone, "0341 1234567", "Telefonnummer|Tel."),
        Column("fax", "Fax", "Fax number", contacts.phone, "0341 1234568", "Telefax"),
        Column("email", "E-Mail", "E-mail", email, "praxis@example.org", "E-Mail-Adresse|Mail"),
        Column(
            "website", "Internetseite", "Website", contacts.website, "www.example.org", "Homepage|Web|URL"
        ),
        Column("latitude", "Breitengrad", "Latitude", decimal, "51,3406", "lat"),
        Column("longitude", "Längengrad", "Longitude", decimal, "12,3875", "lon|lng"),
    ]


def _offer() -> list[Column]:
    languages = several(words.language)
    note = _therapist("free_places_note")
    return [
        Column("seat", "Kassensitz", "Statutory seat", normalise.seat, "ganz", "Sitz"),
        Column("is_licensed", "Approbiert", "Licensed", words.yes_no, "ja", "Approbation"),
        Column(
            "approvals",
            "Zulassungen",
            "Approvals",
            normalise.approvals,
            "VT Erwachsene Einzel; TP Kinder Gruppe",
        ),
        Column("languages", "Sprachen", "Languages", languages, "Deutsch, Englisch", "Sprache"),
        Column("foreign_languages", "Fremdsprachen", "Foreign languages", languages, "Englisch, Türkisch"),
        Column(
            "further_qualifications", "Zusatzqualifikationen", "Further qualifications", text(None), "EMDR"
        ),
        Column("special_offers", "Besondere Angebote", "Special offers", text(None), "Videosprechstunde"),
        Column(
            "accessibility",
            "Barrierefreiheit",
            "Accessibility",
            _therapist("accessibility"),
            "Aufzug vorhanden",
        ),
        Column(
            "phone_hours",
            "Telefonzeiten",
            "Phone hours",
            week,
            "Mo 12:00-12:50; Do 9-10",
            "Telefonische Erreichbarkeit",
        ),
        Column("working_hours", "Arbeitszeiten", "Working hours", week, "Mo-Do 8-13", "Behandlungszeiten"),
        Column(
            "free_individual_from", "Einzelplatz frei ab", "Individual place free from", day, "01.02.2027"
        ),
        Column("free_group_from", "Gruppenplatz frei ab", "Group place free from", day, "01.03.2027"),
        Column("free_places_note", "Hinweis freie Plätze", "Note on free places", note, "nur vormittags"),
        Column("is_possibly_free", "Möglicherweise frei", "Possibly has places", words.yes_no, "ja"),
    ]


def _wishes() -> list[Column]:
    return [
        Column(
            "wished_diagnoses", "Wunsch Diagnosen", "Wished diagnoses", normalise.diagnoses, "F32, F40-F48"
        ),
        Column("wished_age_from", "Wunsch Alter von", "Wished age from", whole_number, "18", "Alter von"),
        Column("wished_age_to", "Wunsch Alter bis", "Wished age to", whole_number, "65", "Alter bis"),
        Column("wished_gender", "Wunsch Geschlecht", "Wished gender", words.wished_gender, "egal"),
        Column("prefers_group", "Bevorzugt Gruppe", "Prefers group", words.yes_no, "nein"),
    ]


def _contact() -> list[Column]:
    how = normalise.email_permission
    return [
        Column(
            "knows_agency", "Kennt uns", "Knows the agency", words.yes_no, "nein", "Kennt die Vermittlung"
        ),
        Column("email_permission_since", "E-Mail erlaubt seit", "E-mail permitted since", day, "15.09.2026"),
        Column("email_permission_how", "E-Mail erlaubt wie", "E-mail permitted how", how, "mündlich"),
        Column(
            "internal_note", "Interne Notiz", "Internal note", text(None), "Rückruf erst nach 17 Uhr", "Notiz"
        ),
    ]


def _therapist(name: str) -> Callable[[str], str]:
    return text(Therapist._meta.get_field(name).max_length)  # type: ignore[union-attr]


def _of_practice(name: str) -> Callable[[str], str]:
    return text(Practice._meta.get_field(name).max_length)  # type: ignore[union-attr]

"""The columns of a file of patients. docs/imports.md tells coordinators the same."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.core import contacts
from apps.core.imports import words
from apps.core.imports.cells import birth_date, day, email, one_of_names, several, text, whole_number
from apps.core.imports.columns import Column
from apps.core.imports.hours import week
from apps.patients import normalise
from apps.patients.enums import Purpose
from apps.patients.models import Insurer, Patient
from apps.patients.services import import_words as own

CONSENT_COLUMNS = {f"consent_{purpose}": purpose for purpose in Purpose}


def columns(*, today: date, insurers: Mapping[str, Insurer], symptoms: Mapping[str, str]) -> list[Column]:
    """`insurers` by name, `symptoms` codes by code, German and English name."""
    return [
        *_identity(today),
        *_insurance(insurers),
        *_clinical(symptoms),
        *_process(),
        *_wishes(),
        *_consents(today),
    ]


def _identity(today: date) -> list[Column]:
    return [
        Column("salutation", "Anrede", "Salutation", words.salutation, "Frau"),
        Column("gender", "Geschlecht", "Gender", own.gender, "weiblich", "Sex"),
        Column("first_name", "Vorname", "First name", _field("first_name"), "Mira", "Vornamen|Given name"),
        Column(
            "last_name",
            "Nachname",
            "Last name",
            _field("last_name"),
            "Beispiel",
            "Name|Familienname|Surname",
            is_required=True,
        ),
        Column(
            "street", "Straße", "Street", _field("street"), "Musterweg", "Straße und Hausnummer|Anschrift"
        ),
        Column("house_number", "Hausnummer", "House number", text(12), "4a", "Nr.|Hausnr."),
        Column("plz", "PLZ", "Postal code", contacts.plz, "04103", "Postleitzahl|ZIP", digits=5),
        Column("city", "Ort", "City", _field("city"), "Leipzig", "Stadt|Wohnort|Town"),
        Column("email", "E-Mail", "E-mail", email, "mira@example.org", "E-Mail-Adresse|Mail"),
        Column("phone", "Telefon", "Phone", contacts.phone, "0341 1234567", "Telefonnummer|Tel."),
        Column("mobile", "Mobil", "Mobile", contacts.phone, "0171 1234567", "Handy|Mobiltelefon"),
        Column(
            "birth_date",
            "Geburtsdatum",
            "Date of birth",
            birth_date(today),
            "22.11.1980",
            "geboren am|geb.|Birth date|Geburtstag",
        ),
        Column(
            "preferred_channel",
            "Bevorzugter Kontakt",
            "Preferred contact",
            own.channel,
            "Telefon",
            "Kontaktweg",
        ),
    ]


def _insurance(insurers: Mapping[str, Insurer]) -> list[Column]:
    unknown = _("There is no insurer “%(cell)s”. Similar: %(near)s.")
    return [
        Column(
            "insurance_kind",
            "Versicherung",
            "Insurance",
            own.insurance_kind,
            "GKV",
            "Versicherungsart|Versichert",
        ),
        Column(
            "insurer",
            "Krankenkasse",
            "Insurer",
            one_of_names(insurers, unknown),
            "Techniker Krankenkasse",
            "Kasse|Versicherer",
        ),
        Column("kvnr", "KVNR", "KVNR", normalise.kvnr, "A123456780", "Versichertennummer"),
        Column(
            "gp_name", "Hausarzt", "GP", _field("gp_name"), "Dr. Muster", "Hausärztin|Hausarzt/Hausärztin"
        ),
        Column("gp_contact", "Hausarzt Kontakt", "GP contact", _field("gp_contact"), "0341 7654321, Leipzig"),
        Column("referrer", "Zuweiser", "Referrer", _field("referrer"), "Beratungsstelle", "empfohlen von"),
    ]


def _clinical(symptoms: Mapping[str, str]) -> list[Column]:
    unknown = _("“%(cell)s” is not in the list of symptoms. Similar: %(near)s.")
    plain = text(None)
    return [
        Column("diagnosis", "Diagnose", "Diagnosis", normalise.diagnosis, "F32.1", "ICD-10|ICD"),
        Column(
            "symptoms",
            "Symptome",
            "Symptoms",
            _symptoms(one_of_names(symptoms, unknown)),
            "Panikattacken, Schlafstörungen",
            "Symptom",
        ),
        Column("complaints", "Beschwerden", "Complaints", plain, "Seit Monaten erschöpft"),
        Column(
            "complaints_since", "Beschwerden seit", "Complaints since", plain, "Frühjahr 2025", "seit wann"
        ),
        Column("reason_now", "Anlass", "Reason now", plain, "Trennung", "Anlass jetzt"),
        Column("previous_treatments", "Vorbehandlungen", "Previous treatments", plain, "Beratung 2023"),
        Column(
            "has_previous_therapy", "Frühere Therapie", "Previous therapy", words.yes_no, "ja", "Vortherapie"
        ),
        Column(
            "previous_therapy_last_session_on",
            "Frühere Therapie letzte Sitzung",
            "Previous therapy last session",
            day,
            "30.06.2022",
        ),
        Column(
            "previous_therapy_method",
            "Frühere Therapie Verfahren",
            "Previous therapy method",
            plain,
            "Verhaltenstherapie",
        ),
        Column("inpatient_treatment", "Stationäre Behandlung", "Inpatient treatment", plain, "keine"),
        Column("physical_illnesses", "Körperliche Erkrankungen", "Physical illnesses", plain, "Asthma"),
        Column("medication", "Medikamente", "Medication", plain, "keine", "Medikation"),
        Column("stressors", "Belastungen", "Stressors", plain, "Schichtarbeit", "Belastungsfaktoren"),
        Column("support_systems", "Unterstützung", "Support", plain, "Freundin", "Ressourcen"),
        Column("expectations", "Erwartungen", "Expectations", plain, "Besser schlafen"),
        Column("therapy_goals", "Therapieziele", "Therapy goals", plain, "Wieder arbeiten", "Ziele"),
        Column("occupation", "Beruf", "Occupation", plain, "Erzieherin"),
        Column("marital_status", "Familienstand", "Marital status", own.marital_status, "ledig"),
    ]


def _process() -> list[Column]:
    return [
        Column("contracts_signed_on", "Verträge unterschrieben am", "Contracts signed on", day, "02.11.2026"),
        Column("sprechstunde_on", "Sprechstunde am", "Sprechstunde on", day, "15.10.2026", "Sprechstunde"),
        Column("ptv11_on", "PTV 11 am", "PTV 11 on", day, "15.10.2026", "PTV 11|PTV 11 vom"),
        Column("is_ptv11_urgent", "PTV 11 dringend", "PTV 11 urgent", words.yes_no, "nein"),
        Column(
            "referral_code", "Vermittlungscode", "Referral code", normalise.referral_code, "A1B2-C3D4-E5F6"
        ),
        Column(
            "payment_reference",
            "Zahlungsreferenz",
            "Payment reference",
            _field("payment_reference"),
            "RE-2026-17",
        ),
        Column("payment_received_on", "Zahlung eingegangen am", "Payment received on", day, "05.11.2026"),
    ]


def _wishes() -> list[Column]:
    return [
        Column("wished_gender", "Wunsch Geschlecht", "Wished gender", words.wished_gender, "egal"),
        Column(
            "wished_methods",
            "Wunsch Verfahren",
            "Wished methods",
            several(words.method),
            "VT, TP",
            "Verfahren",
        ),
        Column("group_wish", "Gruppentherapie", "Group therapy", own.group_wish, "auch", "Gruppe"),
        Column("is_diga_accepted", "DiGA", "DiGA", words.yes_no, "nein", "DiGA erwünscht"),
        Column("languages", "Sprachen", "Languages", several(words.language), "Deutsch, Englisch", "Sprache"),
        Column("availability", "Verfügbarkeit", "Availability", week, "Mo 08:00-12:00; Do 14-18", "Zeiten"),
        Column("travel_mode", "Verkehrsmittel", "Travels by", own.travel_mode, "Auto", "Anreise"),
        Column("max_distance_km", "Höchstens km", "Max km", whole_number, "25", "Umkreis|Umkreis km"),
        Column("max_travel_minutes", "Höchstens Minuten", "Max minutes", whole_number, "45", "Fahrzeit"),
    ]


def _consents(today: date) -> list[Column]:
    read = _past_day(today)
    names = {
        Purpose.HEALTH_DATA: ("Einwilligung Gesundheitsdaten", "Consent health data"),
        Purpose.PSEUDONYMOUS: ("Einwilligung pseudonyme Weitergabe", "Consent pseudonymous"),
        Purpose.IDENTITY: ("Einwilligung Identität", "Consent identity"),
        Purpose.EMAIL: ("Einwilligung E-Mail", "Consent e-mail"),
    }
    return [
        *(
            Column(key, *names[purpose], read, "02.11.2026", f"{names[purpose][0]} am")
            for key, purpose in CONSENT_COLUMNS.items()
        ),
        Column(
            "proof",
            "Nachweis der Einwilligung",
            "Proof of consent",
            text(200),
            "Vertrag, Seite 3",
            "Nachweis",
        ),
    ]


def _field(name: str) -> Callable[[str], str]:
    return text(Patient._meta.get_field(name).max_length)  # type: ignore[union-attr]


def _symptoms(read_one: Callable[[str], str]) -> Callable[[str], list[str]]:
    read_several = several(read_one)

    def read(cell: str) -> list[str]:
        return normalise.symptoms(read_several(cell))

    return read


def _past_day(today: date) -> Callable[[str], Any]:
    def read(cell: str) -> date:
        if (found := day(cell)) > today:
            raise ValidationError(_("This day lies in the future. Please check the year."))
        return found

    return read

"""The letters of matching, in German: what a therapist reads. Pseudonymous by construction.

`case_facts` is the only place that turns a patient into text for a first contact; it takes nothing that
identifies: no name, address, date of birth, KVNR, Vermittlungscode, no diagnosis code.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from apps.communication.enums import LetterKind
from apps.communication.services.queue import Letter
from apps.core.enums import Language, WishedGender
from apps.core.weekly import Weekday, format_ranges
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest
from apps.patients.enums import GroupWish, InsuranceKind
from apps.patients.models import Patient, Symptom
from apps.patients.selectors import age_on
from apps.therapists.models import Therapist
from apps.therapists.selectors import salutation_line

REPLY_SALT = "matching.reply"
PLACE_FOUND = (SearchStatus.TRIAL, SearchStatus.PLACED)


@dataclass(frozen=True)
class CaseFacts:
    """One request as a therapist may know it before saying yes."""

    case_code: str
    lines: list[tuple[str, str]]


def inquiry_letter(*, inquiry: Inquiry, requests: Sequence[PlacementRequest], today: date) -> Letter:
    """First contact: reference, pseudonymous cases, reply link, way to object."""
    return _letter(
        LetterKind.INQUIRY,
        subject=f"Anfrage zu freien Therapieplätzen ({inquiry.reference})",
        template="letters/inquiry.txt",
        therapist=inquiry.therapist,
        inquiry=inquiry,
        reply_url=reply_url(inquiry),
        is_sprechstunde_held=all(request.search.patient.sprechstunde_on for request in requests),
        cases=[case_facts(request=request, today=today) for request in requests],
    )


def withdrawal_letter(*, inquiry: Inquiry, requests: Sequence[PlacementRequest]) -> Letter:
    """Thanks: a place was found elsewhere, or none is sought any more; other patients may be offered."""
    return _letter(
        LetterKind.WITHDRAWAL,
        subject=f"Anfrage erledigt, vielen Dank ({inquiry.reference})",
        template="letters/withdrawal.txt",
        therapist=inquiry.therapist,
        inquiry=inquiry,
        is_place_found=all(request.search.status in PLACE_FOUND for request in requests),
        case_codes=[request.search.patient.case_code for request in requests],
        open_count=inquiry.requests.filter(status=RequestStatus.SENT).count(),
        reply_url=reply_url(inquiry),
    )


def place_found_letter(*, patient: Patient) -> Letter:
    """To the patient: a practice said yes. Names neither the practice nor anything of the illness."""
    with translation.override("de"):
        text = render_to_string("letters/place_found.txt", {"patient": patient})
    return Letter(
        kind=LetterKind.PATIENT_PLACE_FOUND, subject="Nachricht Ihrer Psychotherapie-Vermittlung", text=text
    )


def reply_token(inquiry: Inquiry) -> str:
    """Signed reference; how long it is valid the reply page decides."""
    return signing.dumps(inquiry.reference, salt=REPLY_SALT)


def reply_url(inquiry: Inquiry) -> str:
    return settings.SITE_URL + reverse("matching:reply", args=[reply_token(inquiry)])


def case_facts(*, request: PlacementRequest, today: date) -> CaseFacts:
    patient = request.search.patient
    with translation.override("de"):
        lines = [
            ("Alter", _age(patient, today)),
            ("Geschlecht", _gender(patient, request.therapist)),
            ("Wohngegend", f"PLZ-Region {patient.plz[:2]}" if patient.plz else ""),
            ("Anliegen", _symptoms(patient)),
            ("Versicherung", _insurance(request)),
            ("Verfahren", ", ".join(patient.wished_methods) or "offen"),
            ("Setting", _setting(patient)),
            ("Sprachen", _languages(patient)),
            ("Zeiten", _hours(patient)),
            ("Vorbehandlung", _previous_therapy(patient)),
        ]
    return CaseFacts(case_code=patient.case_code, lines=[(label, text) for label, text in lines if text])


def _letter(
    kind: LetterKind, *, subject: str, template: str, therapist: Therapist, **context: object
) -> Letter:
    with translation.override("de"):
        text = render_to_string(
            template, {"greeting": salutation_line(therapist), "therapist": therapist, **context}
        )
    return Letter(kind=kind, subject=subject, text=text)


def _age(patient: Patient, today: date) -> str:
    return f"{age_on(patient.birth_date, today)} Jahre" if patient.birth_date else ""


def _gender(patient: Patient, therapist: Therapist) -> str:
    """Only where it matters: the therapist has a wish about it."""
    return patient.get_gender_display() if therapist.wished_gender != WishedGender.ANY else ""


def _symptoms(patient: Patient) -> str:
    names = Symptom.objects.filter(code__in=patient.symptoms).values_list("name_de", flat=True)
    return ", ".join(sorted(names))


def _insurance(request: PlacementRequest) -> str:
    kind = InsuranceKind(request.search.patient.insurance_kind)
    text = {
        InsuranceKind.STATUTORY: "gesetzlich",
        InsuranceKind.PRIVATE: "privat",
        InsuranceKind.CIVIL_SERVANT: "Beihilfe und privat",
        InsuranceKind.SELF_PAYER: "Selbstzahlung",
    }[kind]
    return f"{text} (Kostenerstattung § 13 Abs. 3 SGB V)" if request.search.is_kostenerstattung else text


def _setting(patient: Patient) -> str:
    return {
        GroupWish.NO: "Einzeltherapie",
        GroupWish.ALSO: "Einzel- oder Gruppentherapie",
        GroupWish.ONLY: "Gruppentherapie",
    }[GroupWish(patient.group_wish)]


def _languages(patient: Patient) -> str:
    others = [language for language in patient.languages if language != Language.DE]
    return ", ".join(str(Language(language).label) for language in patient.languages) if others else ""


def _hours(patient: Patient) -> str:
    by_day: dict[int, list[tuple[int, int]]] = {}
    for row in patient.availability.all():
        by_day.setdefault(row.weekday, []).append((row.start_minute, row.end_minute))
    return "; ".join(
        f"{str(Weekday(day).label)[:2]} {format_ranges(ranges)}" for day, ranges in sorted(by_day.items())
    )


def _previous_therapy(patient: Patient) -> str:
    if patient.has_previous_therapy is None:
        return ""
    if not patient.has_previous_therapy:
        return "keine Richtlinientherapie"
    last = patient.previous_therapy_last_session_on
    return f"ja, letzte Sitzung {last:%m/%Y}" if last else "ja"

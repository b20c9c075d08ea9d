"""The letters to patients. Nothing of the illness in any of them, and nothing private in the subject."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import LetterKind
from apps.communication.letters import LetterType, Privacy, RealData, Values, Variable, register
from apps.core.contacts import readable_phone
from apps.core.enums import Salutation
from apps.matching.enums import WON_REQUESTS
from apps.matching.letters.cases import weekly_hours
from apps.matching.models import PlacementRequest, PlacementSearch
from apps.matching.selectors.patient_news import (
    StatusFigures,
    missing_documents,
    status_figures,
    with_figures,
)
from apps.patients.models import Patient
from apps.therapists import names
from apps.therapists.enums import HoursKind
from apps.therapists.models import Therapist
from apps.therapists.selectors import phone_of

SPOKEN: dict[str, str] = {Salutation.MS: "Frau", Salutation.MR: "Herr"}

GREETING = Variable(
    "greeting",
    _("Greeting of the patient, without comma"),
    "Sehr geehrte Frau Ahorn",
    privacy=Privacy.PERSONAL,
)
CASE_CODE = Variable("case_code", _("Code of the case"), "K7M-4QX")
PATIENT_CODE = _("Case code of a patient")


def patient_greeting(patient: Patient) -> str:
    """Without comma. No salutation, no "Frau" or "Herr": first and last name then."""
    return names.greeting(
        salutation=patient.salutation,
        title="",
        first_name=patient.first_name,
        last_name=patient.last_name,
    )


class PatientLetter(LetterType):
    """To one patient; a preview with real data goes by the case code."""

    real_label = PATIENT_CODE

    @classmethod
    def of(cls, patient: Patient) -> dict[str, Any]:
        return {"greeting": patient_greeting(patient), "case_code": patient.case_code}

    @classmethod
    def real(cls, about: str, *, today: date) -> RealData | None:
        patient = Patient.objects.filter(case_code__iexact=about.strip()).first()
        values = cls.real_values(patient, today=today) if patient else None
        return RealData(values, [patient.pk]) if patient and values else None

    @classmethod
    def real_values(cls, patient: Patient, *, today: date) -> Values | None:
        return cls.of(patient)


@register
class WelcomeLetter(PatientLetter):
    kind = LetterKind.PATIENT_WELCOME
    purpose = _("After the registration: what happens next, and where to find help at once.")
    variables = (GREETING, CASE_CODE)


@register
class MissingDocumentsLetter(PatientLetter):
    kind = LetterKind.PATIENT_MISSING_DOCUMENTS
    purpose = _("What is still missing before the search can begin.")
    variables = (
        GREETING,
        CASE_CODE,
        Variable(
            "missing",
            _("What is missing"),
            ["der unterschriebene Vertrag", "das Formular PTV 11"],
            privacy=Privacy.PERSONAL,
            is_required=True,
        ),
    )

    @classmethod
    def values(cls, *, patient: Patient, missing: Sequence[str]) -> Values:
        return {**cls.of(patient), "missing": [str(label) for label in missing]}

    @classmethod
    def real_values(cls, patient: Patient, *, today: date) -> Values | None:
        return cls.values(patient=patient, missing=missing_documents(patient=patient, today=today))


@register
class StatusLetter(PatientLetter):
    kind = LetterKind.PATIENT_STATUS
    purpose = _("Once a week while a search runs: numbers only.")
    variables = (
        GREETING,
        CASE_CODE,
        Variable("asked", _("Practices asked"), 8, one=1, is_optional=True),
        Variable("waiting", _("Answers still awaited"), 5, one=1, is_optional=True),
        Variable("declined", _("Practices that declined"), 2, one=1, is_optional=True),
        Variable("waitlisted", _("Waiting lists offered"), 2, one=1, is_optional=True),
        Variable("since_days", _("Days since the search began"), 21, one=1, is_optional=True),
    )

    @classmethod
    def values(cls, *, search: PlacementSearch, figures: StatusFigures) -> Values:
        return {
            **cls.of(search.patient),
            "asked": figures.asked,
            "waiting": figures.waiting,
            "declined": figures.declined,
            "waitlisted": figures.waitlisted,
            "since_days": figures.since_days,
        }

    @classmethod
    def real_values(cls, patient: Patient, *, today: date) -> Values | None:
        searches = PlacementSearch.objects.filter(patient=patient).select_related("patient")
        search = with_figures(searches).order_by("-started_on", "-pk").first()
        if search is None:
            return None
        return cls.values(search=search, figures=status_figures(search=search, today=today))


@register
class PlaceFoundLetter(PatientLetter):
    kind = LetterKind.PATIENT_PLACE_FOUND
    purpose = _("A practice said yes; we will call. Names neither practice nor illness.")
    variables = (GREETING, CASE_CODE)


@register
class PlaceCallLetter(PatientLetter):
    kind = LetterKind.PATIENT_PLACE_CALL
    purpose = _("A practice said yes and waits for the patient's call: whom to ask for and the number.")
    variables = (
        GREETING,
        CASE_CODE,
        Variable(
            "contact", _("Whom to ask for"), "Frau Dr. Linde", privacy=Privacy.PERSONAL, is_required=True
        ),
        Variable(
            "phone", _("Phone of the practice"), "0341 1234567", privacy=Privacy.PERSONAL, is_required=True
        ),
        Variable(
            "hours",
            _("Phone hours"),
            ["Mo 08:00–09:00", "Mi 12:00–13:00"],
            privacy=Privacy.PERSONAL,
            is_optional=True,
        ),
    )

    @classmethod
    def values(cls, *, request: PlacementRequest) -> Values:
        therapist = request.therapist
        with translation.override("de"):
            phone_rows = [row for row in therapist.hours.all() if row.kind == HoursKind.PHONE]
            return {
                **cls.of(request.search.patient),
                "contact": spoken_name(therapist),
                "phone": readable_phone(phone_of(therapist)),
                "hours": weekly_hours(phone_rows),
            }

    @classmethod
    def real_values(cls, patient: Patient, *, today: date) -> Values | None:
        won = PlacementRequest.objects.filter(search__patient=patient, status__in=WON_REQUESTS)
        request = won.select_related("therapist", "search__patient").order_by("-pk").first()
        return cls.values(request=request) if request else None


@register
class SearchEndedLetter(PatientLetter):
    kind = LetterKind.PATIENT_SEARCH_ENDED
    purpose = _("The search was ended without a place.")
    variables = (GREETING, CASE_CODE)


@register
class EvidenceLetter(PatientLetter):
    kind = LetterKind.PATIENT_EVIDENCE
    purpose = _("The overview of the attempts is ready. It is never attached: it holds health data.")
    variables = (
        GREETING,
        CASE_CODE,
        Variable("period_from", _("First day of the period"), date(2026, 8, 1)),
        Variable("period_to", _("Last day of the period"), date(2026, 10, 31)),
    )

    @classmethod
    def values(cls, *, patient: Patient, period_from: date, period_to: date) -> Values:
        return {**cls.of(patient), "period_from": period_from, "period_to": period_to}

    @classmethod
    def real_values(cls, patient: Patient, *, today: date) -> Values | None:
        begin = patient.started_on or today
        return cls.values(patient=patient, period_from=begin, period_to=today)


def spoken_name(therapist: Therapist) -> str:
    """ "Frau Dr. Linde"; without a salutation "Kim Linde"."""
    start = SPOKEN.get(therapist.salutation)
    if start is None:
        return f"{therapist.first_name} {therapist.last_name}".strip()
    title = names.spoken_title(therapist.title, is_woman=therapist.salutation == Salutation.MS)
    return " ".join(part for part in (start, title, therapist.last_name) if part)

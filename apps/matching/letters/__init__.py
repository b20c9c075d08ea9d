"""The letters of matching, in German. One function per letter: rows in, a finished letter out.

`cases` what may be said of a patient before a yes, `to_therapists` and `to_patients` a class per letter.
The texts can be edited (`apps.communication.letters`); what the values may tell is decided here.
"""

from collections.abc import Sequence
from datetime import date, datetime

from apps.communication.letters import render
from apps.communication.services.queue import Letter
from apps.matching.letters.cases import CaseFacts, case_facts
from apps.matching.letters.to_patients import (
    EvidenceLetter,
    MissingDocumentsLetter,
    PatientLetter,
    PlaceCallLetter,
    PlaceFoundLetter,
    SearchEndedLetter,
    StatusLetter,
    WelcomeLetter,
)
from apps.matching.letters.to_therapists import (
    AlternativesLetter,
    AnswerLetter,
    IdentityLetter,
    InquiryLetter,
    ReminderLetter,
    WithdrawalLetter,
)
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.matching.selectors.patient_news import StatusFigures
from apps.patients.models import Patient
from apps.therapists.models import Therapist

__all__ = [
    "CaseFacts",
    "alternatives_letter",
    "answer_letter",
    "case_facts",
    "evidence_letter",
    "identity_letter",
    "inquiry_letter",
    "missing_documents_letter",
    "place_call_letter",
    "place_found_letter",
    "reminder_letter",
    "search_ended_letter",
    "status_letter",
    "welcome_letter",
    "withdrawal_letter",
]

Requests = Sequence[PlacementRequest]


def inquiry_letter(*, inquiry: Inquiry, requests: Requests, today: date) -> Letter:
    """First contact: reference, pseudonymous cases, reply link, way to object."""
    return render(InquiryLetter, InquiryLetter.values(inquiry=inquiry, requests=requests, today=today))


def reminder_letter(*, inquiry: Inquiry, requests: Requests, today: date) -> Letter:
    """The same cases once more, where nobody can be called."""
    return render(ReminderLetter, ReminderLetter.values(inquiry=inquiry, requests=requests, today=today))


def withdrawal_letter(*, inquiry: Inquiry, requests: Requests) -> Letter:
    """Thanks: a place was found elsewhere, or none is sought any more; other patients may be offered."""
    return render(WithdrawalLetter, WithdrawalLetter.values(inquiry=inquiry, requests=requests))


def alternatives_letter(*, inquiry: Inquiry, count: int) -> Letter:
    """To a therapist whose yes is not needed any more: `count` others would fit."""
    return render(AlternativesLetter, AlternativesLetter.values(inquiry=inquiry, count=count))


def identity_letter(*, request: PlacementRequest, url: str, valid_until: date | datetime) -> Letter:
    """The one-time link to the patient's identity. Names nobody."""
    return render(IdentityLetter, IdentityLetter.values(request=request, url=url, valid_until=valid_until))


def answer_letter(*, therapist: Therapist, text: str, subject: str) -> Letter:
    """A coordinator's own words. Of `subject`, the one that came in, only our reference is repeated."""
    return render(AnswerLetter, AnswerLetter.values(therapist=therapist, text=text, subject=subject))


def welcome_letter(*, patient: Patient) -> Letter:
    return _to_patient(WelcomeLetter, patient)


def missing_documents_letter(*, patient: Patient, missing: Sequence[str]) -> Letter:
    """`missing` are German labels (`selectors.patient_news.missing_documents`)."""
    return render(MissingDocumentsLetter, MissingDocumentsLetter.values(patient=patient, missing=missing))


def status_letter(*, search: PlacementSearch, figures: StatusFigures) -> Letter:
    return render(StatusLetter, StatusLetter.values(search=search, figures=figures))


def place_found_letter(*, patient: Patient) -> Letter:
    """To the patient: a practice said yes. Names neither the practice nor anything of the illness."""
    return _to_patient(PlaceFoundLetter, patient)


def place_call_letter(*, request: PlacementRequest) -> Letter:
    """To the patient: please call the practice that said yes. Without a number: that we will call."""
    values = PlaceCallLetter.values(request=request)
    if not values["phone"]:
        return place_found_letter(patient=request.search.patient)
    return render(PlaceCallLetter, values)


def search_ended_letter(*, patient: Patient) -> Letter:
    return _to_patient(SearchEndedLetter, patient)


def evidence_letter(*, patient: Patient, period_from: date, period_to: date) -> Letter:
    values = EvidenceLetter.values(patient=patient, period_from=period_from, period_to=period_to)
    return render(EvidenceLetter, values)


def _to_patient(letter_type: type[PatientLetter], patient: Patient) -> Letter:
    return render(letter_type, letter_type.of(patient))

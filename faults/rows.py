"""The people and messages the faults happen to: invented, long consented, alike."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import ConsentFactory, PatientFactory

LONG_AGO = date(2020, 1, 1)
A_MONTH = timedelta(days=30)
DOMAIN = "faults.example"


class Letters:
    """Queues letters, each to an address of its own, to a handful of patients in turn."""

    def __init__(self, at: datetime, *, patients: int = 20) -> None:
        self.at = at
        self.patients = [willing_patient() for _number in range(patients)]
        self.ids: list[int] = []

    def queue(self, *, local_part: str = "fine") -> EmailMessage:
        number = len(self.ids)
        patient = self.patients[number % len(self.patients)]
        email = queue.enqueue(
            letter=letter(),
            to_email=f"{local_part}.{number}@{DOMAIN}",
            to_name=patient.full_name,
            patient=patient,
            actor=None,
            at=self.at,
        )
        self.ids.append(email.pk)
        return email

    def rows(self) -> list[EmailMessage]:
        return list(EmailMessage.objects.filter(pk__in=self.ids).order_by("id"))


def letter(kind: LetterKind = LetterKind.PATIENT_PLACE_FOUND) -> queue.Letter:
    return queue.Letter(kind=kind, subject="Ein Platz", text="Guten Tag,\n\nein Platz ist frei.\n")


def willing_patient(**fields: Any) -> Patient:
    patient = PatientFactory(consents=(), **fields)
    for purpose in Purpose:
        ConsentFactory(patient=patient, purpose=purpose, given_on=LONG_AGO)
    return patient


def asked(status: str, *, at: datetime, **fields: Any) -> PlacementRequest:
    """One request in its inquiry, released at `at` and asked then where the status says so."""
    patient = willing_patient(status="searching", started_on=at.date() - A_MONTH)
    search = SearchFactory(patient=patient, started_on=at.date() - A_MONTH)
    inquiry = InquiryFactory(
        status=status,
        released_at=at,
        contact_window=DateTimeTZRange(at, at + timedelta(days=7)),
        sent_at=at if status == "sent" else None,
        last_contact_at=at if status == "sent" else None,
        **fields,
    )
    return RequestFactory(inquiry=inquiry, search=search, status=status)


def released_inquiry(at: datetime) -> Inquiry:
    """Its letter waits in the queue."""
    request = asked("released", at=at)
    therapist = request.inquiry.therapist
    email = queue.enqueue(
        letter=letter(LetterKind.INQUIRY),
        to_email=f"inquiry.{request.pk}@{DOMAIN}",
        to_name=therapist.full_name,
        therapist=therapist,
        actor=None,
        at=at,
    )
    InquiryContact.objects.create(inquiry=request.inquiry, email=email, request_ids=[request.pk])
    return request.inquiry


def unclear_email(letters: Letters) -> EmailMessage:
    """Set without the door: as a worker that died has left it."""
    email = letters.queue()
    email.status, email.claimed_at = EmailStatus.UNCLEAR, letters.at
    email.save(update_fields=["status", "claimed_at"])
    return email

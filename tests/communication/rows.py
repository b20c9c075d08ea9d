"""E-mails and calls in any state, and what their history says."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.communication.enums import CallPurpose, EmailStatus, LetterKind, Refusal
from apps.communication.models import EmailMessage, PhoneCall
from apps.communication.services import queue
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from tests.factories.patients import ConsentFactory, PatientFactory
from tests.factories.therapists import TherapistFactory

AT = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def letter(text: str = "Guten Tag") -> queue.Letter:
    """To a patient: the one gate against this kind asks for the consent to e-mails."""
    return queue.Letter(kind=LetterKind.PATIENT_PLACE_FOUND, subject="Ein Platz", text=text)


def queued(text: str = "Guten Tag", **fields: Any) -> EmailMessage:
    patient = fields.pop("patient", None) or _willing_patient()
    values = {"to_email": patient.email, "to_name": patient.full_name, "actor": None, "at": AT}
    return queue.enqueue(letter=letter(text), patient=patient, **{**values, **fields})


def _willing_patient() -> Patient:
    """Consented long ago: a worker in a process of its own looks at the real clock."""
    patient = PatientFactory(consents=())
    ConsentFactory(patient=patient, purpose=Purpose.EMAIL, given_on=date(2020, 1, 1))
    return patient


def email_in(status: EmailStatus) -> EmailMessage:
    """Set without the door: for what services do with a row that is already there."""
    email = queued()
    email.status, email.claimed_at = status, AT
    email.sent_at = AT if status in (EmailStatus.SENT, EmailStatus.BOUNCED) else None
    email.refusal = Refusal.NO_CONSENT if status == EmailStatus.REFUSED else ""
    email.save(update_fields=["status", "claimed_at", "sent_at", "refusal"])
    return email


def call_at(starts_at: datetime, **fields: Any) -> PhoneCall:
    values = {
        "purpose": CallPurpose.FIRST_CONTACT,
        "phone": "+493410000001",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=5),
    }
    therapist = fields.pop("therapist", None) or TherapistFactory()
    return PhoneCall.objects.create(therapist=therapist, **{**values, **fields})


def steps(subject: Any) -> list[tuple[str, str]]:
    return list(subject.history.order_by("id").values_list("old", "new"))


def plain(message: Any) -> str:
    """The text of a message or part; the wire ends lines with CR LF."""
    body = message.get_body(("plain",)) or message
    return str(body.get_content()).replace("\r\n", "\n")

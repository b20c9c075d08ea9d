"""Rows of the main job in the states the work list looks for, written without the services."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.communication.models import EmailMessage, InboundMessage, PhoneCall
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest, PlacementSearch
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory


def search(*, status: str = "active", started_on: date = date(2026, 11, 2), **values: Any) -> PlacementSearch:
    patient = values.pop("patient", None) or PatientFactory(searching=True)
    return PlacementSearch.objects.create(patient=patient, status=status, started_on=started_on, **values)


def inquiry(*, sent_at: datetime, status: str = "sent", therapist: Therapist | None = None) -> Inquiry:
    therapist = therapist or TherapistFactory()
    return Inquiry.objects.create(
        therapist=therapist,
        contact_group=therapist.contact_group,
        channel="email",
        status=status,
        released_at=sent_at,
        sent_at=sent_at,
        last_contact_at=sent_at,
        contact_window=DateTimeTZRange(sent_at, sent_at + timedelta(days=7)),
    )


def request(*, status: str, answered_at: datetime, **values: Any) -> PlacementRequest:
    asked = inquiry(sent_at=answered_at - timedelta(days=2), status="answered")
    defaults = {"search": values.pop("search", None) or search(), "answer_source": "portal"}
    return PlacementRequest.objects.create(
        inquiry=asked,
        therapist=asked.therapist,
        status=status,
        sent_at=asked.sent_at,
        answered_at=answered_at,
        **defaults,
        **values,
    )


def call(*, starts_at: datetime, about: Inquiry | None = None) -> PhoneCall:
    therapist = about.therapist if about else TherapistFactory()
    row = PhoneCall.objects.create(
        therapist=therapist,
        purpose="follow_up",
        phone="+49341123456",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=5),
    )
    if about:
        InquiryContact.objects.create(inquiry=about, call=row)
    return row


def email(*, status: str, at: datetime, patient: Patient | None = None) -> EmailMessage:
    row = EmailMessage.objects.create(
        kind="inquiry",
        status=status,
        therapist=None if patient else TherapistFactory(),
        patient=patient,
        to_email="praxis@example.org",
        to_name="Praxis Ahorn",
        subject="Anfrage",
        text="Guten Tag",
        refusal="objected" if status == "refused" else "",
        message_id=f"<{status}-{at.timestamp()}-{EmailMessage.objects.count()}@example.org>",
    )
    EmailMessage.objects.filter(pk=row.pk).update(updated_at=at)
    return row


def inbound(*, at: datetime, **values: Any) -> InboundMessage:
    number = InboundMessage.objects.count()
    defaults = {"kind": "answer", "source": "imap", "status": "waiting", "fingerprint": f"{number:064d}"}
    return InboundMessage.objects.create(received_at=at, **{**defaults, **values})

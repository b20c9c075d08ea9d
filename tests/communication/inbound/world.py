"""The people the awkward mails come from, and the letters they answer."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from apps.communication.enums import EmailStatus, InboundSource, LetterKind
from apps.communication.models import EmailMessage, InboundMessage
from apps.communication.services import inbound
from apps.communication.services.queue import Letter, enqueue
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from tests.communication.inbound.awkward import OUTBOX
from tests.communication.inbound.mails import LETTER_ONE, LETTER_TWO, ONE, TWO
from tests.communication.rows import AT
from tests.factories.matching import InquiryFactory, RequestFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import PracticeFactory, TherapistFactory


@dataclass(frozen=True)
class World:
    one: Therapist
    two: Therapist
    patient: Patient
    letters: dict[str, EmailMessage]
    codes: dict[int, str]


def build() -> World:
    one, two = TherapistFactory(practice__email=ONE), TherapistFactory(practice__email=TWO)
    letters = {
        "one": letter(asked(one, "A-K7M4QX", "K7M-4QX"), ONE, LETTER_ONE, outbox_id=UUID(OUTBOX)),
        "two": letter(asked(two, "A-C3D9XY", "C3D-9XY", "F6G-4HJ"), TWO, LETTER_TWO),
    }
    team = PracticeFactory(email="team@example.org")
    TherapistFactory(practice=team)
    TherapistFactory(practice=team)
    codes = dict(PlacementRequest.objects.values_list("pk", "search__patient__case_code"))
    return World(one, two, PatientFactory(email="clara@example.org"), letters, codes)


def asked(therapist: Therapist, reference: str, *codes: str) -> Inquiry:
    inquiry = InquiryFactory(therapist=therapist, reference=reference)
    for code in codes:
        request = RequestFactory(inquiry=inquiry)
        Patient.objects.filter(pk=request.search.patient_id).update(case_code=code)
    return inquiry


def letter(inquiry: Inquiry, to_email: str, message_id: str, **fields: Any) -> EmailMessage:
    """Sent a week ago."""
    email = enqueue(
        letter=Letter(kind=LetterKind.INQUIRY, subject=f"Anfrage ({inquiry.reference})", text="Guten Tag"),
        to_email=to_email,
        to_name="Praxis",
        therapist=inquiry.therapist,
        actor=None,
        at=AT,
    )
    InquiryContact.objects.create(inquiry=inquiry, email=email)
    sent = {
        "status": EmailStatus.SENT,
        "sent_at": AT - timedelta(days=2),
        "claimed_at": AT - timedelta(days=2),
    }
    EmailMessage.objects.filter(pk=email.pk).update(message_id=message_id, **sent, **fields)
    email.refresh_from_db()
    return email


def take_in(raw: bytes, source: InboundSource = InboundSource.IMAP) -> InboundMessage:
    row, _is_new = inbound.ingest(raw=raw, source=source, received_at=AT)
    return InboundMessage.objects.get(pk=row.pk)


def in_short(suggestion: dict[str, Any] | None, codes: dict[int, str]) -> str:
    """The suggestion as the table of the documentation words it."""
    found = suggestion or {}
    words = [_said(codes[int(pk)], said) for pk, said in found.get("answers", {}).items()]
    words += ["objection"] if found.get("objection") else []
    words += [f"pause until {found['pause_until']}"] if found.get("pause_until") else []
    words += [f"free from {found['free_from']}"] if found.get("free_from") else []
    words += ["call"] if found.get("callback") else []
    words += [f"hint {found['hint']}"] if found.get("hint") else []
    return "; ".join(words)


def _said(code: str, said: dict[str, Any]) -> str:
    parts = [code, said["outcome"], said["reason"], said["waitlist_until"], said["confidence"]]
    return " ".join(part for part in parts if part)

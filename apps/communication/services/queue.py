"""Putting messages into the queue, changing and cancelling them while they wait."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.core.errors import StaleState
from apps.core.transitions import lock, move, record_start
from apps.events import bell
from apps.patients.models import Patient
from apps.therapists.models import Therapist


@dataclass(frozen=True)
class Letter:
    """A rendered letter. Nothing private in the subject."""

    kind: LetterKind
    subject: str
    text: str


@transaction.atomic
def enqueue(
    *,
    letter: Letter,
    to_email: str,
    to_name: str,
    actor: Any,
    at: datetime,
    therapist: Therapist | None = None,
    patient: Patient | None = None,
) -> EmailMessage:
    """Write the row; a worker sends it after the commit. Exactly one of therapist and patient."""
    email = EmailMessage.objects.create(
        kind=letter.kind,
        subject=letter.subject,
        text=letter.text,
        to_email=to_email,
        to_name=to_name,
        therapist=therapist,
        patient=patient,
        message_id=make_msgid(domain=_domain()),
    )
    record_start(email, actor=actor, at=at)
    bell.ring("communication.send_queue")
    return email


SENDABLE_AGAIN = (EmailStatus.FAILED, EmailStatus.REFUSED, EmailStatus.UNCLEAR)


@transaction.atomic
def rewrite(*, email: EmailMessage, letter: Letter) -> None:
    """Replace the text of a message that still waits. Raises StaleState once a worker has it."""
    fresh = lock(email)
    if fresh.status != EmailStatus.QUEUED:
        raise StaleState()
    fresh.subject, fresh.text = letter.subject, letter.text
    fresh.save(update_fields=["subject", "text", "updated_at"])


def cancel(*, email: EmailMessage, actor: Any, at: datetime, reason: str) -> None:
    """Raises StaleState once a worker has it."""
    move(email, to=EmailStatus.CANCELLED, actor=actor, at=at, reason=reason)


@transaction.atomic
def requeue(*, email: EmailMessage, actor: Any, at: datetime, reason: str) -> None:
    """A person decides to send a failed, refused or unclear message (again). Else raises StaleState."""
    if not reason.strip():
        raise StaleState(_("Please say why the message is to be sent again."))
    _require(email, *SENDABLE_AGAIN)
    move(
        email,
        to=EmailStatus.QUEUED,
        actor=actor,
        at=at,
        reason=reason,
        fields={"attempts": 0, "next_attempt_at": None},
    )
    bell.ring("communication.send_queue")


@transaction.atomic
def settle_as_sent(*, email: EmailMessage, actor: Any, at: datetime, reason: str) -> None:
    """It was found out that an unclear message did arrive. Raises StaleState where it is not unclear."""
    _require(email, EmailStatus.UNCLEAR)
    move(
        email,
        to=EmailStatus.SENT,
        actor=actor,
        at=at,
        reason=reason,
        fields={"sent_at": email.claimed_at or at},
    )


def _require(email: EmailMessage, *states: EmailStatus) -> None:
    """A worker goes the same ways from other states: this click must not take its message away."""
    if lock(email).status not in states:
        raise StaleState()


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rstrip(">").rpartition("@")[2]

"""Putting messages into the queue, changing and cancelling them while they wait."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication.enums import OVERRIDABLE, EmailStatus, LetterKind
from apps.communication.models import EmailAttachment, EmailMessage
from apps.core.errors import Refused, StaleState
from apps.core.locks import hold
from apps.core.transitions import lock, move, record_start
from apps.events import bell
from apps.patients.models import Patient
from apps.patients.services import status as patient_status
from apps.therapists.models import Therapist
from apps.therapists.services import contact


@dataclass(frozen=True)
class Letter:
    """A rendered letter. Nothing private in the subject. Without `html` it goes out as plain text alone."""

    kind: LetterKind
    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True)
class Attachment:
    name: str
    content_type: str
    content: bytes


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
    staff: User | None = None,
    attachments: Iterable[Attachment] = (),
    in_reply_to: str = "",
    once_key: str | None = None,
) -> EmailMessage:
    """Write the row; a worker sends it after the commit. Exactly one of therapist, patient and staff,
    except to somebody who has registered and is nobody's row yet.

    With a `once_key` the message is written once, however often and by whomever this is called: the one
    that is there already is returned.
    """
    if once_key is not None and (present := _written(once_key)):
        return present
    email = EmailMessage.objects.create(
        kind=letter.kind,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        to_email=to_email,
        to_name=to_name,
        therapist=therapist,
        patient=patient,
        staff=staff,
        in_reply_to=in_reply_to,
        once_key=once_key,
        message_id=make_msgid(domain=_domain()),
    )
    EmailAttachment.objects.bulk_create(_attachment(email, file) for file in attachments)
    record_start(email, actor=actor, at=at)
    bell.ring("communication.send_queue")
    return email


def _written(once_key: str) -> EmailMessage | None:
    """The message of that key. Two writers of the same key wait for each other until one has committed."""
    hold(f"email:{once_key}")
    return EmailMessage.objects.filter(once_key=once_key).first()


def _attachment(email: EmailMessage, file: Attachment) -> EmailAttachment:
    return EmailAttachment(
        email=email,
        name=file.name,
        content_type=file.content_type,
        content=base64.b64encode(file.content).decode(),
        size=len(file.content),
    )


SENDABLE_AGAIN = (EmailStatus.FAILED, EmailStatus.REFUSED, EmailStatus.UNCLEAR)


@transaction.atomic
def rewrite(*, email: EmailMessage, letter: Letter) -> None:
    """Replace the text of a message that still waits. Raises StaleState once a worker has it."""
    fresh = lock(email)
    if fresh.status != EmailStatus.QUEUED:
        raise StaleState()
    fresh.subject, fresh.text, fresh.html = letter.subject, letter.text, letter.html
    fresh.save(update_fields=["subject", "text", "html", "updated_at"])


def cancel(*, email: EmailMessage, actor: Any, at: datetime, reason: str) -> None:
    """Raises StaleState once a worker has it."""
    move(email, to=EmailStatus.CANCELLED, actor=actor, at=at, reason=reason)


@transaction.atomic
def requeue(
    *, email: EmailMessage, actor: Any, at: datetime, reason: str, sets_refusal_aside: bool = False
) -> None:
    """A person decides to send a failed, refused or unclear message (again). Else raises StaleState.

    With `sets_refusal_aside` the rule that refused it does not count for this message any more; who and why
    stands in its history. Raises Refused for a rule that nobody may set aside.
    """
    if not reason.strip():
        raise StaleState(_("Please say why the message is to be sent again."))
    _require(email, *SENDABLE_AGAIN)
    fields: dict[str, Any] = {"attempts": 0, "deaths": 0, "next_attempt_at": None}
    if sets_refusal_aside:
        fields["overridden"] = _overridden(email)
        rule = _("rule set aside")
        reason = f"{rule} ({email.get_refusal_display()}): {reason}"
    move(email, to=EmailStatus.QUEUED, actor=actor, at=at, reason=reason, fields=fields)
    bell.ring("communication.send_queue")


def _overridden(email: EmailMessage) -> list[str]:
    if email.status != EmailStatus.REFUSED or email.refusal not in OVERRIDABLE:
        raise Refused(_("This rule cannot be set aside."))
    return sorted({*email.overridden, email.refusal})


@transaction.atomic
def settle_as_sent(*, email: EmailMessage, actor: Any, at: datetime, reason: str) -> None:
    """It was found out that an unclear message did arrive. Raises StaleState where it is not unclear."""
    _require(email, EmailStatus.UNCLEAR)
    arrived_at = email.claimed_at or at
    move(
        email,
        to=EmailStatus.SENT,
        actor=actor,
        at=at,
        reason=reason,
        fields={"sent_at": arrived_at},
    )
    if email.therapist is not None:
        contact.note_email(therapist=email.therapist, at=arrived_at)
    if email.patient is not None:
        patient_status.note_contact(patient=email.patient, at=arrived_at)


def _require(email: EmailMessage, *states: EmailStatus) -> None:
    """A worker goes the same ways from other states: this click must not take its message away."""
    if lock(email).status not in states:
        raise StaleState()


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rstrip(">").rpartition("@")[2]

"""The worker of the e-mail queue: claim, last look, send, tell what happened.

No transaction is open while the network is talked to. `handing_over` is committed just before the final
dot; whatever dies after that becomes `unclear` and waits for a person.
"""

import time
from datetime import datetime, timedelta
from email.message import EmailMessage as MimeMessage
from email.utils import format_datetime, formataddr, parseaddr

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.communication import gates
from apps.communication.clients.smtp import DeliveryError, SmtpClient
from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from apps.core.errors import StaleState
from apps.core.transitions import move
from apps.patients.services import status as patient_status
from apps.therapists.services import contact

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 6
FIRST_PAUSE = timedelta(minutes=1)
STUCK_AFTER = timedelta(minutes=5)
# Messages are marked with the beginning of the run: well below STUCK_AFTER none of them looks stuck.
LONGEST_RUN = timedelta(minutes=2)


def send_queue(*, at: datetime, limit: int = 1000) -> int:
    """Send what is due, one message after the other over one connection; returns how many were sent.

    Stops taking messages after LONGEST_RUN; the next run goes on.
    """
    sent, ends_at = 0, time.monotonic() + LONGEST_RUN.total_seconds()
    with SmtpClient() as client:
        for _count in range(limit):
            email = claim(at=at) if time.monotonic() < ends_at else None
            if email is None:
                break
            sent += send_one(email=email, client=client, at=at)
    return sent


@transaction.atomic
def claim(*, at: datetime) -> EmailMessage | None:
    """Take the oldest due message. Rows in another worker's hands are skipped, not waited for."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    email = (
        EmailMessage.objects.select_for_update(skip_locked=True)
        .filter(due, status=EmailStatus.QUEUED)
        .order_by("id")
        .first()
    )
    if email is None:
        return None
    return move(email, to=EmailStatus.SENDING, actor=None, at=at, fields={"claimed_at": at})


def send_one(*, email: EmailMessage, client: SmtpClient, at: datetime) -> bool:
    """Send a claimed message and record what came of it; True if the server took it.

    A message that was freed meanwhile is somebody else's: it is left alone.
    """
    try:
        return _send(email, client, at)
    except StaleState:
        log.warning("email_in_other_hands", email_id=email.pk)
        return False


def _send(email: EmailMessage, client: SmtpClient, at: datetime) -> bool:
    if reason := gates.refusal(email, at):
        move(email, to=EmailStatus.REFUSED, actor=None, at=at, reason=reason)
        return False
    try:
        reply = client.deliver(
            mime(email, at=at),
            sender=parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
            recipient=email.to_email,
            before_final_dot=lambda: _mark(email, at),
        )
    except DeliveryError as error:
        _record_failure(email=email, error=error, at=at)
        return False
    _record_sent(email=email, reply=reply, at=at)
    return True


def free_stuck(*, at: datetime) -> int:
    """Rows of workers that died: unsent ones go back into the queue, doubtful ones to a person."""
    stuck = EmailMessage.objects.filter(
        status__in=[EmailStatus.SENDING, EmailStatus.HANDING_OVER], claimed_at__lt=at - STUCK_AFTER
    )
    count = 0
    for email in stuck.order_by("id"):
        back = EmailStatus.QUEUED if email.status == EmailStatus.SENDING else EmailStatus.UNCLEAR
        move(email, to=back, actor=None, at=at, reason="worker stopped")
        count += 1
    return count


def mime(email: EmailMessage, *, at: datetime) -> MimeMessage:
    """The message as it goes over the wire; Message-ID and X-Outbox-ID are those of the row."""
    message = MimeMessage()
    message["From"] = settings.DEFAULT_FROM_EMAIL
    message["To"] = formataddr((email.to_name, email.to_email))
    message["Subject"] = email.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = email.message_id
    message["X-Outbox-ID"] = str(email.outbox_id)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(email.text, cte="quoted-printable")
    if email.html:
        message.add_alternative(email.html, subtype="html")
    return message


def _mark(email: EmailMessage, at: datetime) -> None:
    move(email, to=EmailStatus.HANDING_OVER, actor=None, at=at)


@transaction.atomic
def _record_sent(*, email: EmailMessage, reply: str, at: datetime) -> None:
    move(email, to=EmailStatus.SENT, actor=None, at=at, fields={"sent_at": at, "server_reply": reply})
    if email.therapist is not None:
        contact.note_email(therapist=email.therapist, at=at)
    if email.patient is not None:
        patient_status.note_contact(patient=email.patient, at=at)


def _record_failure(*, email: EmailMessage, error: DeliveryError, at: datetime) -> None:
    attempts = email.attempts + 1
    fields = {
        "attempts": attempts,
        "server_reply": error.reply,
        "next_attempt_at": _next_attempt(attempts, at),
    }
    if error.is_unclear:
        to = EmailStatus.UNCLEAR
    elif error.permanent or attempts >= MAX_ATTEMPTS:
        to = EmailStatus.FAILED
    else:
        to = EmailStatus.QUEUED
    log.warning("email_not_sent", email_id=email.pk, to=to, permanent=error.permanent)
    move(email, to=to, actor=None, at=at, reason=error.reply, fields=fields)


def _next_attempt(attempts: int, at: datetime) -> datetime:
    """1, 2, 4, 8 … minutes."""
    return at + FIRST_PAUSE * 2 ** (attempts - 1)

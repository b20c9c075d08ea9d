"""F10: every incoming message comes three times, out of order, by webhook and by mailbox: one record each."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime, make_msgid

from django.utils import timezone

from apps.communication.enums import EmailStatus, InboundSource
from apps.communication.models import EmailHistory, EmailMessage, InboundHistory, InboundMessage
from apps.communication.services import inbound
from faults import ground, processes
from faults.outcome import Outcome
from faults.rows import DOMAIN, Letters

FAULTS = 300
AT_ONCE = 3  # processes that take messages in
WEBHOOK, IMAP = InboundSource.WEBHOOK, InboundSource.IMAP
WAYS = ((WEBHOOK, IMAP, WEBHOOK), (IMAP, WEBHOOK, IMAP))
A_BOUNCE_IN = 5
RECEIVED = b"Received: from mx.faults.example by box.faults.example; Mon, 23 Nov 2026 09:00:00 +0100\n"


@dataclass(frozen=True)
class Message:
    message_id: str
    raw: bytes
    bounced: EmailMessage | None = None


def run(*, faults: int, chance: random.Random) -> Outcome:
    ground.empty()
    outcome, letters = Outcome("F10", faults), Letters(timezone.now())
    messages = [_message(number, letters) for number in range(faults)]
    deliveries = [(message, way) for message in messages for way in chance.choice(WAYS)]
    chance.shuffle(deliveries)
    shares = [deliveries[number::AT_ONCE] for number in range(AT_ONCE)]
    codes = processes.together([_taker(share) for share in shares])
    outcome.promise(codes == [0] * AT_ONCE, "taking in failed")
    return _judged(outcome, messages, deliveries=len(deliveries))


def _judged(outcome: Outcome, messages: list[Message], *, deliveries: int) -> Outcome:
    records = {row.message_id: row for row in InboundMessage.objects.all()}
    outcome.promise(InboundMessage.objects.count() == len(messages), "not one record for each message")
    outcome.count(
        InboundMessage.objects.filter(message_id=message.message_id).count() for message in messages
    )
    bounced = [message.bounced for message in messages if message.bounced is not None]
    outcome.count(
        EmailHistory.objects.filter(subject=email, new=EmailStatus.BOUNCED).count() for email in bounced
    )
    firsts = InboundHistory.objects.filter(subject__in=records.values(), old="")
    outcome.promise(firsts.count() == len(records), "a record began twice")
    outcome.more = {"deliveries": deliveries, "bounces": len(bounced)}
    return outcome


def _taker(share: list[tuple[Message, InboundSource]]) -> Callable[[], None]:
    def take() -> None:
        for message, way in share:
            inbound.ingest(raw=_by(way, message.raw), source=way, received_at=timezone.now())

    return take


def _by(way: InboundSource, raw: bytes) -> bytes:
    """What a mailbox and a provider make of the same message: other line ends, a header more."""
    if way == WEBHOOK:
        return raw
    return (RECEIVED + raw).replace(b"\n", b"\r\n")


def _message(number: int, letters: Letters) -> Message:
    """In turn an answer to a letter, a word from a stranger, and now and then a letter that came back."""
    message_id = make_msgid(domain="practice.example")
    email = _sent(letters) if number % 2 == 0 or number % A_BOUNCE_IN == 0 else None
    if email is not None and number % A_BOUNCE_IN == 0:
        return Message(message_id, _bounce(message_id, email, letters.at), bounced=email)
    answers = f"In-Reply-To: {email.message_id}\nReferences: {email.message_id}\n" if email else ""
    head = _head(message_id, f"praxis-{number}@practice.example", letters.at) + answers
    text = f"Guten Tag,\n\nim Moment leider nicht ({number}).\n"
    return Message(message_id, f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}".encode())


def _head(message_id: str, sender: str, at: datetime) -> str:
    return (
        f"From: Praxis <{sender}>\nTo: us@{DOMAIN}\nSubject: Ihre Anfrage\n"
        f"Date: {format_datetime(at)}\nMessage-ID: {message_id}\nMIME-Version: 1.0\n"
    )


def _bounce(message_id: str, email: EmailMessage, at: datetime) -> bytes:
    """A report of a mail server (RFC 3464)."""
    told = f"Content-Type: text/plain\n\nYour message to {email.to_email} could not be delivered.\n"
    status = (
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.practice.example\n\n"
        f"Final-Recipient: rfc822; {email.to_email}\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
    )
    returned = (
        f"Content-Type: text/rfc822-headers\n\nMessage-ID: {email.message_id}\n"
        f"X-Outbox-ID: {email.outbox_id}\nSubject: {email.subject}\n"
    )
    head = _head(message_id, "MAILER-DAEMON@practice.example", at)
    kind = 'Content-Type: multipart/report; report-type=delivery-status; boundary="part"\n\n'
    body = "".join(f"--part\n{part}\n" for part in (told, status, returned))
    return f"{head}{kind}{body}--part--\n".encode()


def _sent(letters: Letters) -> EmailMessage:
    """Set without the door: it went out long ago."""
    email = letters.queue()
    email.status, email.claimed_at, email.sent_at = EmailStatus.SENT, letters.at, letters.at
    email.save(update_fields=["status", "claimed_at", "sent_at"])
    return email

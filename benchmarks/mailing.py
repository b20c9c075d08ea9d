"""The product's e-mail queue beside `send_mail` per message, to a mail server that is far away.

The server is real (aiosmtpd) and waits before each of its answers as long as a packet takes there and back,
and four times as long before the greeting, for TCP and TLS. Both take their messages from the same table and
both mark each one durably, one committed statement or more per message:

- product: claimed, handing over (committed just before the final dot), sent, each with a history row and an
  event, over one connection. A crash leaves at most one message in doubt, openly marked.
- send_mail: a connection per message, then `status = "sent"`. A crash in between sends that message twice.
"""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP
from django.conf import settings
from django.core.mail import send_mail

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue, sending
from apps.therapists.models import Therapist
from apps.workspace.demo.mailserver import CatchingHandler
from benchmarks import database, importing
from benchmarks.database import say
from benchmarks.sizes import AT
from benchmarks.timing import ROUNDS, median, timed

MESSAGES = 60
ROUND_TRIP = 0.015  # seconds
GREETING_TRIPS = 4
TEXT = "Guten Tag,\n\nwir haben einen Platz gefunden und ziehen unsere Anfrage zurück. Vielen Dank!\n" * 8


class FarServer(SMTP):
    """Every answer is on its way for a round trip."""

    async def push(self, status: Any) -> None:
        await asyncio.sleep(ROUND_TRIP * self._trips)
        self._trips = 1
        await super().push(status)

    _trips = GREETING_TRIPS


class FarController(Controller):
    def factory(self) -> SMTP:
        return FarServer(self.handler, **self.SMTP_kwargs)


def run() -> dict[str, float]:
    database.use(importing.DATABASE)
    importing.empty()
    importing.take(importing.as_csv(importing.draw_rows(MESSAGES)))
    handler = CatchingHandler()
    controller = FarController(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", controller.port
        return _race(handler)
    finally:
        controller.stop()


def _race(handler: CatchingHandler) -> dict[str, float]:
    own: list[float] = []
    theirs: list[float] = []
    for number in range(1, ROUNDS + 1):
        theirs.append(_drain(handler, send_mail_each))
        own.append(_drain(handler, send_queue))
        say(f"  queue, round {number}: product {own[-1]:.2f} s, send_mail {theirs[-1]:.2f} s")
    return {
        "queue.messages_per_second": MESSAGES / median(own),
        "queue.send_mail.messages_per_second": MESSAGES / median(theirs),
        "queue.times_faster_than_send_mail": median(theirs) / median(own),
        "queue.messages": float(MESSAGES),
        "queue.round_trip_ms": ROUND_TRIP * 1000,
    }


def _drain(handler: CatchingHandler, send: Callable[[], None]) -> float:
    """Queue the messages, then time the sending; every message must have arrived once."""
    EmailMessage.objects.all().delete()
    handler.messages.clear()
    letter = queue.Letter(kind=LetterKind.WITHDRAWAL, subject="Unsere Anfrage", text=TEXT)
    for therapist in Therapist.objects.prefetch_related("practices"):
        address = therapist.practices.all()[0].email
        queue.enqueue(
            letter=letter, to_email=address, to_name=str(therapist), actor=None, at=AT, therapist=therapist
        )
    seconds, _nothing = timed(send)
    is_done = EmailMessage.objects.filter(status=EmailStatus.SENT).count() == MESSAGES
    if not is_done or len(handler.messages) != MESSAGES or handler.doubles:
        raise RuntimeError(f"{len(handler.messages)} of {MESSAGES} messages arrived")
    return seconds


def send_queue() -> None:
    sending.send_queue(at=AT)


def send_mail_each() -> None:
    for email in EmailMessage.objects.filter(status=EmailStatus.QUEUED).order_by("id"):
        send_mail(email.subject, email.text, None, [email.to_email])
        email.status, email.sent_at = EmailStatus.SENT, AT
        email.save(update_fields=["status", "sent_at"])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""One way of sending, in a process of its own: queue the messages, then time the sending.

    python -m benchmarks.mail_alone product 300

The mail server's own count before and after tells that every message arrived once.
"""

import json
import smtplib
import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from benchmarks import database
from benchmarks.timing import timed

DATABASE = "bench_mail"
TEXT = "Guten Tag,\n\nfür den Fall K7M4QX hat sich inzwischen ein Platz gefunden. Vielen Dank!\n" * 12
HTML = "<html><body>" + "<p>Für den Fall K7M4QX hat sich ein Platz gefunden. Vielen Dank!</p>\n" * 24
SUBJECT = "Anfrage erledigt, vielen Dank"
SAME_CONNECTIONS = 8  # the product's default


def main(way: str, count: int) -> None:
    database.set_up()
    database.use(DATABASE)
    fill, send = WAYS[way]
    fill(count)
    before = arrived()
    seconds, _nothing = timed(send)
    after = arrived()
    if after - before != count:
        raise SystemExit(f"{way}: {after - before} of {count} messages arrived")
    database.say(json.dumps({"seconds": seconds}))


def arrived() -> int:
    """How many messages the sink has taken; it must not have seen one twice."""
    with smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT) as smtp:
        total, different = map(int, smtp.docmd("STAT")[1].split())
    if total != different:
        raise SystemExit(f"{total - different} messages arrived twice")
    return total


def addresses(count: int) -> list[str]:
    return [f"praxis{number}@example.org" for number in range(count)]


def fill_product(count: int) -> None:
    """Withdrawals to therapists: seen by the gates of objection, policy and undeliverable addresses."""
    from apps.communication.enums import LetterKind
    from apps.communication.models import EmailMessage
    from apps.communication.services import queue, sending  # noqa: F401  (loaded before the clock starts)
    from apps.core import parameters
    from apps.therapists.models import Therapist
    from benchmarks import importing
    from benchmarks.sizes import AT

    if Therapist.objects.count() < count:
        importing.empty()
        importing.take(importing.as_csv(importing.draw_rows(1000)))
    if parameters.current(at=AT).emails_per_hour < 100_000:
        parameters.change(name="emails_per_hour", value=100_000, actor=None, at=AT, reason="benchmark")
    EmailMessage.objects.all().delete()
    letter = queue.Letter(kind=LetterKind.WITHDRAWAL, subject=SUBJECT, text=TEXT, html=HTML)
    for therapist in Therapist.objects.prefetch_related("practices").order_by("pk")[:count]:
        address = therapist.practices.all()[0].email
        queue.enqueue(
            letter=letter, to_email=address, to_name=str(therapist), actor=None, at=AT, therapist=therapist
        )


def send_product() -> None:
    from apps.communication.services import sending
    from benchmarks.sizes import AT

    sending.send_queue(at=AT, limit=100_000)


def fill_post_office(count: int) -> None:
    from post_office import mail
    from post_office.models import Email

    Email.objects.all().delete()
    sender = settings.DEFAULT_FROM_EMAIL
    mail.send_many(
        {
            "recipients": [address],
            "sender": sender,
            "subject": SUBJECT,
            "message": TEXT,
            "html_message": HTML,
        }
        for address in addresses(count)
    )


def send_post_office() -> None:
    from post_office.mail import send_queued

    send_queued(processes=1)


def send_post_office_same() -> None:
    settings.POST_OFFICE["THREADS_PER_PROCESS"] = SAME_CONNECTIONS
    send_post_office()


def fill_mailer(count: int) -> None:
    from mailer import send_html_mail
    from mailer.models import Message, MessageLog

    Message.objects.all().delete()
    MessageLog.objects.all().delete()
    for address in addresses(count):
        send_html_mail(SUBJECT, TEXT, HTML, settings.DEFAULT_FROM_EMAIL, [address])


def send_mailer() -> None:
    from mailer.engine import send_all

    send_all()


_waiting: list[str] = []


def fill_send_mail(count: int) -> None:
    _waiting[:] = addresses(count)


def send_mail_each() -> None:
    """Django's `send_mail` with an HTML part: a connection per message."""
    for address in _waiting:
        mail = EmailMultiAlternatives(SUBJECT, TEXT, None, [address], connection=get_connection())
        mail.attach_alternative(HTML, "text/html")
        mail.send()


WAYS: dict[str, tuple[Callable[[int], Any], Callable[[], None]]] = {
    "product": (fill_product, send_product),
    "post_office": (fill_post_office, send_post_office),
    "post_office_same": (fill_post_office, send_post_office_same),
    "mailer": (fill_mailer, send_mailer),
    "send_mail": (fill_send_mail, send_mail_each),
}

if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))

"""Mails that others write to the agency, as bytes: answers, an absence, a report of a mail server, a word."""

from datetime import date, datetime
from email.message import EmailMessage as Mail
from email.policy import SMTP
from email.utils import format_datetime, formataddr, make_msgid

from django.conf import settings

from apps.communication.models import EmailMessage

AGENCY = settings.DEFAULT_FROM_EMAIL
QUOTED_LINES = 6


def refusal(letter: EmailMessage, *, at: datetime) -> bytes:
    text = "vielen Dank für Ihre Anfrage. Leider habe ich derzeit keinen freien Therapieplatz."
    return _answer(letter, text, at=at)


def offer(letter: EmailMessage, *, case_code: str, at: datetime) -> bytes:
    """Yes to one case of the letter."""
    text = f"vielen Dank für Ihre Anfrage. {case_code} kann ich übernehmen, ein Platz ist frei."
    return _answer(letter, text, at=at)


def absence(letter: EmailMessage, *, until: date, at: datetime) -> bytes:
    text = f"ich bin bis zum {until:%d.%m.%Y} nicht in der Praxis. Ihre E-Mail wird nicht weitergeleitet."
    mail = _mail(letter.to_email, "Abwesenheitsnotiz", _framed(text, letter.to_name), at=at)
    mail["In-Reply-To"] = letter.message_id
    mail["Auto-Submitted"] = "auto-replied"
    return mail.as_bytes(policy=SMTP)


def report(letter: EmailMessage, *, at: datetime) -> bytes:
    """Of a mail server that knows nobody of that address (RFC 3464)."""
    head = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>",
        f"To: {AGENCY}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        f"Message-ID: {make_msgid(domain='mx.example')}",
        "Return-Path: <>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="teil"',
    )
    said = ("Your message could not be delivered.",)
    status = (
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {letter.to_email}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown",
    )
    returned = (f"To: {letter.to_email}", f"Message-ID: {letter.message_id}")
    parts = (("text/plain", said), ("message/delivery-status", status), ("text/rfc822-headers", returned))
    body = [line for kind, lines in parts for line in ("--teil", f"Content-Type: {kind}", "", *lines, "")]
    return "\r\n".join([*head, "", *body, "--teil--", ""]).encode()


def stranger(*, at: datetime) -> bytes:
    """Somebody we do not know, about nothing we asked."""
    text = "ich habe von Ihrer Vermittlung gehört und würde gern aufgenommen werden. Ich arbeite systemisch."
    mail = _mail("praxis-am-weiher@praxis.example", "Aufnahme in Ihre Vermittlung", _framed(text, ""), at=at)
    return mail.as_bytes(policy=SMTP)


def _answer(letter: EmailMessage, text: str, *, at: datetime) -> bytes:
    written = [f"> {line}" for line in letter.text.splitlines()[:QUOTED_LINES]]
    day = f"Am {at:%d.%m.%Y} um {at:%H:%M} schrieb Psychotherapie-Vermittlung <{AGENCY}>:"
    body = "\n".join([_framed(text, letter.to_name), "", day, *written, ""])
    mail = _mail(letter.to_email, f"AW: {letter.subject}", body, at=at, name=letter.to_name)
    mail["In-Reply-To"] = letter.message_id
    return mail.as_bytes(policy=SMTP)


def _framed(text: str, name: str) -> str:
    return f"Guten Tag,\n\n{text}\n\nMit freundlichen Grüßen\n{name}".strip() + "\n"


def _mail(sender: str, subject: str, text: str, *, at: datetime, name: str = "") -> Mail:
    mail = Mail()
    mail["From"], mail["To"], mail["Subject"] = formataddr((name, sender)), AGENCY, subject
    mail["Date"], mail["Message-ID"] = format_datetime(at), make_msgid(domain="praxis.example")
    mail.set_content(text)
    return mail

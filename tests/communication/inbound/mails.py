"""Raw messages put together by hand: what arrives is not always what a library would write."""

from typing import Any

OURS = "vermittlung@example.org"
ONE, TWO = "praxis-eins@example.org", "praxis-zwei@example.org"
LETTER_ONE, LETTER_TWO = "<one@example.org>", "<two@example.org>"
QUOTE = (
    "Am 21.11.2026 um 10:12 schrieb Psychotherapie-Vermittlung <vermittlung@example.org>:\n"
    "> Guten Tag,\n> wir fragen für eine Person, die einen Therapieplatz sucht.\n"
    "> Fall K7M-4QX\n> Zeichen A-K7M4QX"
)


def mail(
    text: str = "",
    *,
    sender: str = f"Anna Linde <{ONE}>",
    subject: str = "AW: Anfrage zu freien Therapieplätzen (A-K7M4QX)",
    message_id: str | None = "<m1@practice.example>",
    answers: str = "",
    charset: str = "utf-8",
    declared: str | None = "utf-8",
    kind: str = "text/plain",
    extra: str = "",
) -> bytes:
    """One part. `charset` is what the bytes are, `declared` what the header says (None: nothing)."""
    headers = [
        f"From: {sender}",
        f"To: {OURS}",
        f"Subject: {subject}",
        "Date: Mon, 23 Nov 2026 08:55:00 +0100",
    ]
    headers += [f"Message-ID: {message_id}"] if message_id else []
    headers += [f"In-Reply-To: {answers}", f"References: {answers}"] if answers else []
    headers += [extra.strip("\n")] if extra else []
    headers += ["MIME-Version: 1.0"]
    headers += [f"Content-Type: {kind}; charset={declared}" if declared else f"Content-Type: {kind}"]
    headers += ["Content-Transfer-Encoding: 8bit"]
    return wire("\n".join(headers), "utf-8") + b"\r\n\r\n" + wire(text, charset)


def multipart(*parts: str, subtype: str = "mixed", **fields: Any) -> bytes:
    """Parts are written with their own headers; `fields` as for `mail`."""
    body = "".join(f"--b1\n{part.strip(chr(10))}\n" for part in parts) + "--b1--\n"
    head, _gap, _rest = mail("", **fields).partition(b"\r\nMIME-Version")
    kind = f"MIME-Version: 1.0\nContent-Type: multipart/{subtype}; boundary=b1"
    return head + b"\r\n" + wire(kind, "utf-8") + b"\r\n\r\n" + wire(body, "utf-8")


def part(text: str, kind: str = "text/plain; charset=utf-8", extra: str = "") -> str:
    lines = [f"Content-Type: {kind}", *([extra] if extra else []), "Content-Transfer-Encoding: 8bit"]
    return "\n".join(lines) + f"\n\n{text}"


def bounce(
    *, status: str, diagnostic: str, action: str = "failed", letter: str = LETTER_ONE, **fields: Any
) -> bytes:
    """As RFC 3464 wants it."""
    report = (
        "Reporting-MTA: dns; mx.example.org\n\n"
        f"Final-Recipient: rfc822; {ONE}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnostic}\n"
    )
    returned = f"From: {OURS}\nTo: {ONE}\nSubject: Anfrage\nMessage-ID: {letter}\n"
    values = {
        "sender": "Mail Delivery System <MAILER-DAEMON@mx.example.org>",
        "subject": "Undelivered Mail Returned to Sender",
        "message_id": "<bounce-1@mx.example.org>",
        "extra": "Return-Path: <>\nAuto-Submitted: auto-replied",
        **fields,
    }
    return multipart(
        part("I'm sorry to have to inform you that your message could not be delivered."),
        part(report, "message/delivery-status"),
        part(returned, "text/rfc822-headers"),
        subtype="report; report-type=delivery-status",
        **values,
    )


def wire(text: str, charset: str) -> bytes:
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode(charset)

"""Awkward mails and what becomes of them: one table for the test and for docs/inbound.md.

The world they come into: ONE was asked about K7M-4QX (A-K7M4QX), TWO about C3D-9XY and F6G-4HJ (A-C3D9XY),
clara@example.org is a patient, two therapists share team@example.org. The last column is the suggestion.
Print the table for the documentation: `python -m tests.communication.inbound.awkward`.
"""

import sys
from dataclasses import dataclass

from tests.communication.inbound.mails import (
    LETTER_ONE,
    LETTER_TWO,
    ONE,
    OURS,
    QUOTE,
    TWO,
    bounce,
    mail,
    multipart,
    part,
)

FROM_TWO = f"Bernd Birke <{TWO}>"
STRANGER = "Fremd <fremd@elsewhere.example>"
OUTBOX = "6f1f8a52-8f6e-4d0c-9b6e-0a6f3a1f0c11"


@dataclass(frozen=True)
class Awkward:
    """`becomes` is kind, status, recognised by; `says` the suggestion in short words."""

    name: str
    raw: bytes
    becomes: tuple[str, str, str]
    says: str = ""


ANSWERED = ("answer", "waiting", "header")
NAMED = ("answer", "waiting", "reference")
KNOWN = ("answer", "waiting", "sender")
UNKNOWN = ("answer", "unmatched", "")
CAME_BACK = ("bounce", "parked", "header")
NO = "K7M-4QX rejected capacity high"


def _one(name: str, text: str, says: str, **fields: str) -> Awkward:
    return Awkward(name, mail(text, answers=LETTER_ONE, **fields), ANSWERED, says)


def _two(name: str, text: str, says: str) -> Awkward:
    raw = mail(text, answers=LETTER_TWO, sender=FROM_TWO, subject="AW: Anfrage (A-C3D9XY)")
    return Awkward(name, raw, ANSWERED, says)


ANSWERS = [
    _one(
        "plain no",
        "Guten Tag,\n\nleider habe ich keinen freien Platz.\n\nMit freundlichen Grüßen\nA. Linde",
        NO,
    ),
    _one("plain yes", "Ja, gern. Ich habe einen Platz frei.", "K7M-4QX accepted high"),
    _one("top-posted", f"Leider nein.\n\n{QUOTE}", NO),
    _one("bottom-posted", f"{QUOTE}\n\nLeider nein.\n\nA. Linde", NO),
    _one(
        "Outlook quote, its own words say yes",
        "Leider keine Kapazität.\n\nVon: Vermittlung\nGesendet: Samstag, 21. November 2026\nAn: Praxis\nBetreff: Anfrage\n\n"
        "Ja, ich habe einen Platz frei.",
        NO,
    ),
    _one(
        "attribution wrapped over two lines",
        "Nein, leider.\n\nAm Sa., 21. Nov. 2026 um 10:12 Uhr schrieb Psychotherapie-Vermittlung <\n"
        "vermittlung@example.org>:\n\n> Fall K7M-4QX",
        NO,
    ),
    _one("signature that says something", "Leider nein.\n-- \nIch habe wieder Plätze frei ab März 2027", NO),
    _one(
        "waiting list with a date",
        "Ich kann die Person auf die Warteliste setzen, bis 15.03.2027.",
        "K7M-4QX waitlisted 2027-03-15 high",
    ),
    _one(
        "waiting list in 6 months",
        "Warteliste ja, ein Platz wird in 6 Monaten frei.",
        "K7M-4QX waitlisted 2027-05-23 high",
    ),
    _one(
        "waiting time as a span",
        "Die Wartezeit beträgt 6 bis 8 Monate.",
        "K7M-4QX waitlisted 2027-07-23 high",
    ),
    _one(
        "not before March",
        "Zurzeit leider nicht, frühestens ab März wieder.",
        "K7M-4QX waitlisted 2027-03-01 low",
    ),
    _one("waiting list without a time", "Ich nehme sie gern auf meine Warteliste.", "K7M-4QX waitlisted low"),
    _one("waiting list is closed", "Meine Warteliste ist geschlossen.", NO),
    _one("not suitable", "Ich behandle nur Kinder und Jugendliche.", "K7M-4QX rejected not_suitable high"),
    _one("practice given up", "Ich bin seit Juli im Ruhestand.", "K7M-4QX rejected other high"),
    _one("objection", "Bitte schicken Sie mir keine weiteren Anfragen.", "objection"),
    _one(
        "objection and no",
        "Leider nein. Bitte löschen Sie meine Adresse aus Ihrem Verteiler.",
        f"{NO}; objection",
    ),
    _one(
        "no inquiries for a time", "Bitte bis 31.03.2027 keine weiteren Anfragen.", "pause until 2027-03-31"
    ),
    _one("only a wish for a call", "Bitte rufen Sie mich an.", "call"),
    _one("yes and a call", "Ja, das passt. Bitte um Rückruf.", "K7M-4QX accepted high; call"),
    _one("as soon as", "Sobald ein Platz frei wird, melde ich mich.", ""),
    _one("a question is no answer", "Ist der Platz noch gesucht? Ist die Person mobil?", ""),
    _one("yes and no at once", "Ja, das passt. Leider habe ich keinen Platz.", ""),
    _one("somebody else's place", "Mein Kollege hat einen freien Platz.", ""),
    _one("free later", "Ab 1. Februar habe ich einen Platz frei.", "free from 2027-02-01"),
    _one("thanks only", "Vielen Dank für Ihre Nachricht, ich melde mich.", ""),
    _one("English no", "Unfortunately I have no capacity at the moment.", NO),
    _one(
        "English waiting list",
        "We have a waiting list of about 8 months.",
        "K7M-4QX waitlisted 2027-07-23 high",
    ),
    _two(
        "two cases, one line each",
        "C3D-9XY: ja, gern\nF6G-4HJ: leider nein",
        "C3D-9XY accepted high; F6G-4HJ rejected capacity high",
    ),
    _two(
        "two cases in one sentence",
        "C3D9XY kann ich übernehmen, F6G-4HJ leider nicht.",
        "C3D-9XY accepted high; F6G-4HJ rejected capacity high",
    ),
    _two(
        "no for both",
        "Für beide leider kein Platz.",
        "C3D-9XY rejected capacity high; F6G-4HJ rejected capacity high",
    ),
    _two("one place for two: which?", "Ja, ich habe einen Platz frei.", ""),
    _two("the first, the second", "Den ersten Fall kann ich übernehmen, den zweiten leider nicht.", ""),
    _two(
        "one of two answered",
        "Für C3D-9XY habe ich einen Platz. Die andere Anfrage prüfe ich noch.",
        "C3D-9XY accepted high",
    ),
]

SHAPES = [
    Awkward("HTML only", mail("<html><style>x{}</style><body><p>Leider <b>keinen</b> Platz frei.</p><script>ja()</script></body></html>", kind="text/html", answers=LETTER_ONE), ANSWERED, NO),
    Awkward("HTML with a quoted block", mail("<div>Leider nein.</div><blockquote><p>Ja, Platz frei</p></blockquote>", kind="text/html", answers=LETTER_ONE), ANSWERED, NO),
    Awkward("declared UTF-8, is Windows-1252", mail("Für diesen Fall leider kein Platz – danke.", charset="cp1252", answers=LETTER_ONE), ANSWERED, NO),
    Awkward("unknown charset", mail("Leider nein, Grüße", declared="x-unknown-9", answers=LETTER_ONE), ANSWERED, NO),
    Awkward("no charset at all", mail("Leider kein Platz für diese Person. Schöne Grüße", charset="cp1252", declared=None, answers=LETTER_ONE), ANSWERED, NO),
    Awkward("broken base64", mail("Leider!!nein==", extra="Content-Transfer-Encoding: base64", answers=LETTER_ONE), ANSWERED, ""),
    Awkward("boundary never closed", multipart(part("Leider nein."), answers=LETTER_ONE).replace(b"--b1--\r\n", b""), ANSWERED, NO),
    Awkward("boundary not declared", mail("--b1\n\nLeider nein.", kind="multipart/mixed", declared=None, answers=LETTER_ONE), ANSWERED, ""),
    Awkward("empty", mail("", answers=LETTER_ONE), ANSWERED, ""),
    Awkward("nothing at all", b"", UNKNOWN, ""),
    Awkward("not a mail", b"\x00\xff\xfe garbage \x80", UNKNOWN, ""),
    Awkward("huge", mail("Leider nein.\n\n" + "x" * 3_000_000, answers=LETTER_ONE), ANSWERED, NO),
    Awkward("attachment only", multipart(part("JVBERi0=", "application/pdf; name=antwort.pdf", "Content-Disposition: attachment; filename=antwort.pdf"), answers=LETTER_ONE), ANSWERED, ""),
    Awkward("winmail.dat", multipart(part("Leider nein."), part("eJ8+", "application/ms-tnef; name=winmail.dat", "Content-Disposition: attachment; filename=winmail.dat"), answers=LETTER_ONE), ANSWERED, NO),
    Awkward("calendar invitation", multipart(part("Gern ein Gespräch?"), part("BEGIN:VCALENDAR\nEND:VCALENDAR", "text/calendar; method=REQUEST"), subtype="alternative", answers=LETTER_ONE), ANSWERED, ""),
    Awkward("forwarded, nothing of one's own", mail(f"-------- Weitergeleitete Nachricht --------\nVon: {OURS}\n\nJa, Platz frei. A-K7M4QX", subject="WG: Anfrage"), NAMED, ""),
    Awkward("forwarded twice", mail("Leider nein.\n\n-----Ursprüngliche Nachricht-----\nVon: Kollegin\n\n-----Ursprüngliche Nachricht-----\nZeichen A-K7M4QX", subject="WG: WG: Anfrage"), NAMED, NO),
    Awkward("forwarded as a file", multipart(part("Leider nein."), part(f"From: {OURS}\nSubject: Anfrage\n\nJa", "message/rfc822"), answers=LETTER_ONE), ANSWERED, NO),
    Awkward("raw umlauts in headers", mail("Leider nein.", sender=f"Änne Öhler <{ONE}>", subject="Rückmeldung für A-K7M4QX"), NAMED, NO),
    Awkward("encoded subject", mail("Leider nein.", subject="=?iso-8859-1?Q?R=FCckmeldung_A-K7M4QX?="), NAMED, NO),
    Awkward("no Message-ID", mail("Leider nein.", message_id=None, answers=LETTER_ONE), ANSWERED, NO),
    Awkward("several From addresses", mail("Leider nein.", sender=f"{ONE}, other@example.net", answers=LETTER_ONE), ANSWERED, NO),
    Awkward("no From", mail("Leider nein.", sender="", answers=LETTER_ONE), ANSWERED, NO),
]  # fmt: skip

SENDERS = [
    Awkward("reply without reference headers", mail("Leider nein."), NAMED, NO),
    Awkward("reference in small letters, other dash", mail("Zu a–k7m4qx: leider nein.", subject="Anfrage"), NAMED, NO),
    Awkward("only a case code, known sender", mail("K7M-4QX: leider nein", subject="Rückmeldung"), NAMED, NO),
    Awkward("forged reference", mail("Ja, ich habe einen Platz frei.", sender=STRANGER), UNKNOWN, "hint A-K7M4QX"),
    Awkward("reference of another therapist", mail("Ja, gern.", sender=FROM_TWO), KNOWN, "hint A-K7M4QX"),
    Awkward("answer from a private address", mail("Leider nein.", sender="A. Linde <anna@private.example>", answers=LETTER_ONE), ANSWERED, NO),
    Awkward("known sender, no reference", mail("Ich habe ab Januar Zeit.", subject="Hallo"), KNOWN, ""),
    Awkward("unknown sender", mail("Guten Tag, wer sind Sie?", sender=STRANGER, subject="Frage"), UNKNOWN, ""),
    Awkward("patient", mail("Ich habe eine Frage.", sender="clara@example.org", subject="Frage"), KNOWN, ""),
    Awkward("mailbox shared by two", mail("Leider nein.", sender="team@example.org", subject="Hallo"), UNKNOWN, ""),
    Awkward("In-Reply-To of somebody else's mail", mail("Hallo", sender=STRANGER, subject="x", answers="<other@nowhere.example>"), UNKNOWN, ""),
]  # fmt: skip

MACHINES = [
    Awkward("bounce: no such mailbox", bounce(status="5.1.1", diagnostic="550 5.1.1 user unknown"), CAME_BACK, ""),
    Awkward("bounce: mailbox full", bounce(status="5.2.2", diagnostic="552 5.2.2 mailbox full"), CAME_BACK, ""),
    Awkward("bounce: refused as spam", bounce(status="5.7.1", diagnostic="554 5.7.1 rejected by policy"), CAME_BACK, ""),
    Awkward(
        "bounce: qmail",
        mail(
            "Hi. This is the qmail-send program at mx.example.org.\n\n<praxis-eins@example.org>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
            f"--- Below this line is a copy of the message.\n\nMessage-ID: {LETTER_ONE}\nSubject: Anfrage\n",
            sender="MAILER-DAEMON@mx.example.org", subject="failure notice", extra="Return-Path: <>",
        ),
        CAME_BACK,
        "",
    ),
    Awkward(
        "bounce: Exchange in prose",
        mail(
            "Fehler bei der Nachrichtenzustellung an folgende Empfänger:\npraxis-eins@example.org konnte nicht zugestellt werden.\n"
            f"Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound'\nOriginal message headers:\nX-Outbox-ID: {OUTBOX}\n",
            sender="postmaster@outlook.example", subject="Unzustellbar: Anfrage zu freien Therapieplätzen",
        ),
        CAME_BACK,
        "",
    ),
    Awkward("bounce of a letter that is not ours", bounce(status="5.1.1", diagnostic="550 unknown", letter="<spam@else.example>"), ("bounce", "parked", ""), ""),
    Awkward("delayed", bounce(status="4.4.1", diagnostic="connection timed out", action="delayed", subject="Delayed Mail (still being retried)"), ("delay", "parked", "header"), ""),
    Awkward(
        "delayed, in prose",
        mail(f"Warning: message delayed 24 hours. The message has not yet been delivered.\nMessage-ID: {LETTER_ONE}", sender="Mailer-Daemon@mx.example.org", subject="Warning: message delayed 24 hours", extra="Return-Path: <>"),
        ("delay", "parked", "header"),
        "",
    ),
    Awkward(
        "out of office, German",
        mail("Ich bin bis zum 15.12.2026 im Urlaub und lese keine E-Mails.", subject="Automatische Antwort: Anfrage", extra="Auto-Submitted: auto-replied", answers=LETTER_ONE),
        ("out_of_office", "waiting", "header"),
        "pause until 2026-12-15",
    ),
    Awkward(
        "out of office, English",
        mail("I am out of the office until 5 January 2027.", subject="Out of Office: Anfrage", extra="Auto-Submitted: auto-replied", answers=LETTER_ONE),
        ("out_of_office", "waiting", "header"),
        "pause until 2027-01-05",
    ),
    Awkward("out of office without headers or day", mail("Die Praxis ist geschlossen.", subject="Abwesenheitsnotiz", answers=LETTER_ONE), ("out_of_office", "parked", "header"), ""),
    Awkward("automatic receipt", mail("Ihre Nachricht ist eingegangen.", subject="Eingangsbestätigung", extra="X-Autoreply: yes", answers=LETTER_ONE), ("auto_reply", "parked", "header"), ""),
    Awkward("automatic reply that says no", mail("Leider kein Platz frei.", subject="AW: Anfrage", extra="Auto-Submitted: auto-replied", answers=LETTER_ONE), ("auto_reply", "parked", "header"), ""),
    Awkward("newsletter", mail("Neues aus der Fortbildung", sender="news@academy.example", subject="Newsletter", extra="List-Id: <news.academy.example>\nPrecedence: bulk"), ("auto_reply", "parked", ""), ""),
    Awkward("our own letter by a list", mail("Guten Tag, wir fragen an.", sender=OURS, extra=f"X-Outbox-ID: {OUTBOX}\nList-Id: <team.example.org>"), ("loop", "parked", "header"), ""),
    Awkward("our own letter redirected", mail("Guten Tag, wir fragen an.", sender="forward@example.net", extra=f"X-Outbox-ID: {OUTBOX}"), ("loop", "parked", "header"), ""),
    Awkward("sent round and round", mail("Hallo", sender=STRANGER, extra="\n".join(["Received: from a by b; x"] * 60)), ("loop", "parked", ""), ""),
    Awkward("a person who writes about a bounce", mail("Ihre Mail kam zurück: delivery failed. Leider kein Platz.", subject="AW: Undelivered Mail", answers=LETTER_ONE), ANSWERED, NO),
]  # fmt: skip

MAILS = [*ANSWERS, *SHAPES, *SENDERS, *MACHINES]


def table() -> str:
    """Markdown for docs/inbound.md."""
    lines = ["| mail | kind | state | recognised by | suggestion |", "|---|---|---|---|---|"]
    lines += [f"| {row.name} | {' | '.join(row.becomes)} | {row.says} |" for row in MAILS]
    return "\n".join(line.replace("|  |", "| – |").replace("|  |", "| – |") for line in lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")

"""Who wrote: a person, or a machine that must never get an answer."""

import re

from apps.communication.enums import InboundKind
from apps.communication.inbound.parsing import Received
from apps.communication.inbound.reports import DELAY, read

MOST_STATIONS = 50
DAEMON = re.compile(r"^(mailer-?daemon|postmaster|mail\.?delivery|bounces?)([+.-][^@]*)?@", re.IGNORECASE)
BOUNCE_SUBJECT = re.compile(
    r"^(undeliver(ed|able)|unzustellbar|mail delivery (failed|system)|delivery (status notification|failure|"
    r"has failed)|returned mail|failure notice|nicht zustellbar|unzustellbarkeit|mail system error|"
    r"zustellung (fehlgeschlagen|verzögert)|warning: message|delayed mail|delivery delayed)",
    re.IGNORECASE,
)
BOUNCE_TEXT = re.compile(
    r"delivery (to|has failed)|could ?n[o']t be delivered|wasn't delivered|konnte nicht zugestellt|"
    r"unable to deliver|delivery failed|undeliverable",
    re.IGNORECASE,
)
OWN_REPLY = re.compile(r"^(re|aw|antw|wg|fwd?)\s*:", re.IGNORECASE)
AUTO_SUBJECT = re.compile(
    r"^(automatische antwort|automatic reply|abwesenheitsnotiz|abwesenheitsnachricht|"
    r"abwesenheit\b|abwesend\b|"
    r"auto(reply|-reply|matic response|-antwort)?\s*:|out of (the )?office|autoreply|eingangsbestätigung|"
    r"ihre nachricht ist eingegangen|urlaubsvertretung|urlaub\b|nicht im büro|ooo\b)",
    re.IGNORECASE,
)
AWAY = re.compile(
    r"abwesen|urlaub|out of (the )?office|nicht im (büro|haus|dienst)|nicht in der praxis|"
    r"praxis (ist )?(bleibt )?"
    r"geschlossen|on (annual |maternity |sick )?leave|on vacation|on holiday|away from|elternzeit|"
    r"mutterschutz|"
    r"krankheitsbedingt|praxisferien|bin (ab|bis|vom|wieder ab)\b.{0,60}\b(nicht|wieder)\b|wieder erreichbar|"
    r"wieder im (büro|dienst)|back (in the office )?on|will return",
    re.IGNORECASE,
)
BULK = ("bulk", "junk", "auto_reply", "auto-reply")


def recognise(received: Received, *, ours: frozenset[str]) -> InboundKind:
    """What it is; `ours` are our own addresses in lower case. In doubt a person wrote it."""
    if _came_back_round(received, ours):
        return InboundKind.LOOP
    if _is_report(received):
        return InboundKind.DELAY if read(received).action == DELAY else InboundKind.BOUNCE
    if _is_automatic(received):
        is_away = AWAY.search(f"{received.subject}\n{received.text[:3000]}") is not None
        return InboundKind.OUT_OF_OFFICE if is_away else InboundKind.AUTO_REPLY
    return InboundKind.ANSWER


def _came_back_round(received: Received, ours: frozenset[str]) -> bool:
    """Our own letter by a list or a redirection, or one that has been round too often."""
    headers = received.headers
    return (
        "x-outbox-id" in headers
        or received.from_email in ours
        or headers.get("x-loop", "").lower() in ours
        or received.received_count > MOST_STATIONS
    )


def _is_report(received: Received) -> bool:
    kind = received.headers.get("content-type", "").lower()
    if received.is_report and "delivery-status" in kind:
        return True
    if OWN_REPLY.match(received.subject):
        return False
    is_daemon = DAEMON.match(received.from_email) is not None or _has_no_return_path(received)
    says_so = BOUNCE_SUBJECT.match(received.subject) is not None
    return (is_daemon and (says_so or BOUNCE_TEXT.search(received.text[:3000]) is not None)) or (
        says_so and "x-failed-recipients" in received.headers
    )


def _has_no_return_path(received: Received) -> bool:
    """The empty envelope sender of RFC 5321: nobody is to be told about this message."""
    return received.headers.get("return-path", "").strip() == "<>"


def _is_automatic(received: Received) -> bool:
    headers = received.headers
    submitted = headers.get("auto-submitted", "no").partition(";")[0].strip().lower()
    if submitted not in ("no", "") or headers.get("precedence", "").lower() in BULK:
        return True
    if any(name in headers for name in ("x-autoreply", "x-autorespond", "x-autoreply-from")):
        return True
    if "list-id" in headers and not received.answered_ids:
        return True
    return AUTO_SUBJECT.match(received.subject) is not None

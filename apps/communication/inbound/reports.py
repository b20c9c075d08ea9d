"""What mail servers report about a message of ours: RFC 3464, and the prose of those that do not keep it."""

import re
from dataclasses import dataclass

from apps.communication.inbound.parsing import MESSAGE_ID, Received

OUTBOX_ID = re.compile(r"X-Outbox-ID:\s*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)
ACTION = re.compile(r"^Action:\s*(\w+)", re.IGNORECASE | re.MULTILINE)
STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.IGNORECASE | re.MULTILINE)
DIAGNOSTIC = re.compile(r"^Diagnostic-Code:\s*(.+(?:\n[ \t].+)*)", re.IGNORECASE | re.MULTILINE)
ENHANCED = re.compile(r"(?<![\d.])([45]\.\d{1,3}\.\d{1,3})(?![\d.])")
SMTP_REPLY = re.compile(r"(?<![\d.-])([45][0-5]\d)[ -](?=\D)")
SMTP_LINE = re.compile(r"(?<![\d.-])[45][0-5]\d[ -][^\n]{3,200}")
DELAYED = re.compile(
    r"\bdelay(ed)?\b|still being retried|will (keep|continue) trying|not yet been delivered|verzögert|"
    r"wird weiter(hin)? versucht|temporarily deferred",
    re.IGNORECASE,
)
SAYS_NOBODY = re.compile(
    r"user unknown|unknown user|no such (user|recipient|mailbox)|no mailbox here|address not found|"
    r"recipientnotfound|mailbox unavailable|does not exist|unbekannter empfänger|existiert nicht|"
    r"wurde nicht gefunden|couldn't be found|could not be found|wasn't found at",
    re.IGNORECASE,
)
SAYS_FULL = re.compile(r"mailbox (is )?full|over ?quota|quota exceeded|postfach (ist )?voll", re.IGNORECASE)
FAILED, DELAY = "failed", "delayed"


@dataclass(frozen=True)
class Report:
    """`status` is an enhanced code (RFC 3463) or "". `reply` is what the server said, for people."""

    action: str
    status: str
    reply: str
    message_ids: list[str]
    outbox_ids: list[str]

    @property
    def says_nobody_there(self) -> bool:
        return self.status.startswith("5.1.") and self.status != "5.1.8"


def read(received: Received) -> Report:
    """What a report says; `action` is "failed" or "delayed"."""
    everything = f"{received.returned}\n{received.text}"
    reply = _reply(everything)
    return Report(
        action=_action(received, everything),
        status=_status(everything),
        reply=" ".join(reply.split())[:300],
        message_ids=_message_ids(received, everything),
        outbox_ids=list(dict.fromkeys(found.lower() for found in OUTBOX_ID.findall(everything))),
    )


def _action(received: Received, everything: str) -> str:
    if found := ACTION.search(received.returned):
        return DELAY if found[1].lower() == "delayed" else _of_relayed(found[1].lower())
    is_delayed = DELAYED.search(f"{received.subject}\n{received.text[:2000]}") is not None
    return DELAY if is_delayed and not _status(everything).startswith("5") else FAILED


def _of_relayed(action: str) -> str:
    """Delivered, relayed and expanded are good news and not worth a row of their own."""
    return FAILED if action == "failed" else DELAY


def _status(everything: str) -> str:
    if found := STATUS.search(everything):
        return found[1]
    if found := ENHANCED.search(everything):
        return found[1]
    if SAYS_FULL.search(everything):
        return "5.2.2"
    if SAYS_NOBODY.search(everything):
        return "5.1.1"
    code = SMTP_REPLY.search(everything)
    return f"{code[1][0]}.0.0" if code else ""


def _reply(everything: str) -> str:
    if found := DIAGNOSTIC.search(everything):
        return found[1]
    line = SMTP_LINE.search(everything)
    if line:
        return line[0]
    said = SAYS_NOBODY.search(everything) or SAYS_FULL.search(everything)
    return said[0] if said else ""


def _message_ids(received: Received, everything: str) -> list[str]:
    return list(dict.fromkeys([*received.answered_ids, *(f"<{i}>" for i in MESSAGE_ID.findall(everything))]))

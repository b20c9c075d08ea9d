"""A raw message taken apart. `parse` never raises, whatever the bytes."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import Message
from email.utils import getaddresses

from apps.communication.inbound import decoding

RAW_LIMIT = 2_000_000  # bytes kept
TEXT_LIMIT = 100_000  # characters kept
MOST_PARTS = 200
MOST_REFERENCES = 50
CUT = "\n[…]"
MESSAGE_ID = re.compile(r"<([^<>\s]{3,290})>")
# Only these are looked at; the rest stays in the raw message.
ASKED = (
    *("from", "to", "cc", "subject", "return-path", "auto-submitted", "precedence", "list-id", "x-loop"),
    *("x-outbox-id", "x-autoreply", "x-autorespond", "x-autoreply-from", "x-auto-response-suppress"),
    *("x-failed-recipients", "content-type", "delivered-to", "sender"),
)


@dataclass(frozen=True)
class File:
    name: str
    type: str
    size: int


@dataclass(frozen=True)
class Received:
    """A message as far as it could be read. Message-IDs carry their angle brackets.

    `headers` are the ones of ASKED, decoded. `returned` is text of parts that report about another message.
    """

    fingerprint: str
    size: int
    message_id: str = ""
    in_reply_to: str = ""
    references: list[str] = field(default_factory=list)
    from_email: str = ""
    from_name: str = ""
    subject: str = ""
    text: str = ""
    files: list[File] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    returned: str = ""
    is_report: bool = False
    received_count: int = 0

    @property
    def answered_ids(self) -> list[str]:
        """Message-IDs this one says it answers, the nearest first."""
        nearest = [self.in_reply_to] if self.in_reply_to else []
        return list(dict.fromkeys([*nearest, *reversed(self.references)]))


def parse(raw: bytes) -> Received:
    raw = raw[:RAW_LIMIT]
    try:
        message = message_from_bytes(raw, policy=policy.compat32)
        return _read(message, raw)
    except Exception:  # the parser of the standard library has bugs of its own; the bytes are kept anyway
        return Received(fingerprint=_sha256(raw), size=len(raw), text=_shortened(decoding.as_text(raw, None)))


def fingerprint(message_id: str, raw: bytes) -> str:
    """The same for one message on all its ways: by Message-ID where there is one, else by its bytes."""
    return _sha256(message_id.encode()) if message_id else _sha256(raw)


def second_fingerprint(received: Received) -> str:
    """For another text under a Message-ID that was seen before: it must not be lost."""
    return _sha256(f"{received.message_id}\n{words(received.text)}".encode())


def words(text: str) -> str:
    """What is left of a text on every way it may take: its plain letters and digits."""
    return re.sub(r"[^a-z0-9]", "", text[:5000].lower())


def _read(message: Message, raw: bytes) -> Received:
    parts = _Parts.of(message)
    message_id = _first_id(_header(message, "message-id"))
    name, address = _sender(message)
    return Received(
        fingerprint=fingerprint(message_id, raw),
        size=len(raw),
        message_id=message_id,
        in_reply_to=_first_id(_header(message, "in-reply-to")),
        references=_ids(_header(message, "references"))[-MOST_REFERENCES:],
        from_email=address,
        from_name=name,
        subject=decoding.header_text(_header(message, "subject"))[:500],
        text=_shortened(parts.text),
        files=parts.files,
        headers={
            name: decoding.header_text(_header(message, name)) for name in ASKED if _header(message, name)
        },
        returned=_shortened("\n\n".join(parts.returned)),
        is_report=message.get_content_type() == "multipart/report",
        received_count=len(message.get_all("received", [])),
    )


@dataclass
class _Parts:
    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, message: Message) -> "_Parts":
        parts = cls()
        for count, part in enumerate(_leaves(message)):
            if count == MOST_PARTS:
                break
            parts.take(part)
        return parts

    @property
    def text(self) -> str:
        plain = "\n\n".join(text for text in self.plain if text.strip())
        return (plain or "\n\n".join(text for text in self.html if text.strip())).strip()

    def take(self, part: Message) -> None:
        kind = part.get_content_type()
        if kind in ("message/delivery-status", "text/rfc822-headers", "message/rfc822"):
            self.returned.append(_nested(part))
            return
        content = _payload(part)
        is_file = part.get_content_disposition() == "attachment" or part.get_filename() is not None
        if is_file or not kind.startswith("text/") or kind == "text/calendar":
            self.files.append(_file(part, kind, content))
        elif kind == "text/html":
            self.html.append(decoding.html_text(decoding.as_text(content, _charset(part))))
        else:
            self.plain.append(decoding.as_text(content, _charset(part)))


def _leaves(message: Message) -> Iterator[Message]:
    """Parts that have content; what is inside a returned or forwarded message stays one part."""
    waiting = [message]
    while waiting:
        part = waiting.pop(0)
        payload = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(payload, list):
            waiting[:0] = [inner for inner in payload if isinstance(inner, Message)]
        else:
            yield part


def _payload(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except Exception:  # broken transfer encodings raise different things
        content = None
    if isinstance(content, bytes):
        return content
    text = part.get_payload()
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""


def _nested(part: Message) -> str:
    """A report or a returned message as text; its transfer encoding may itself be base64."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return decoding.as_text(_payload(part), _charset(part))
    return "\n".join(_headers_and_text(inner) for inner in payload if isinstance(inner, Message))


def _headers_and_text(message: Message) -> str:
    headers = "\n".join(f"{name}: {decoding.header_text(str(value))}" for name, value in message.raw_items())
    return f"{headers}\n\n{_Parts.of(message).text}" if message.get_payload() else headers


def _file(part: Message, kind: str, content: bytes) -> File:
    name = decoding.header_text(str(part.get_filename() or "")) or kind.replace("/", ".")
    return File(name=name.rpartition("/")[2][:200], type=kind[:100], size=len(content))


def _charset(part: Message) -> str | None:
    try:
        return part.get_content_charset()
    except (LookupError, ValueError):
        return None


def _header(message: Message, name: str) -> str:
    """The first of that name, raw: `Message.get` spoils umlauts that were not encoded."""
    return next((str(value) for key, value in message.raw_items() if key.lower() == name), "")


def _sender(message: Message) -> tuple[str, str]:
    """Name and address (in lower case) of From; both "" where there is none."""
    found = getaddresses([decoding.raw_header(_header(message, "from"))])
    name, address = found[0] if found else ("", "")
    address = decoding.one_line(address).lower()
    return decoding.header_text(name)[:200], address[:254] if "@" in address else ""


def _first_id(value: str) -> str:
    return next(iter(_ids(value)), "")


def _ids(value: str) -> list[str]:
    return [f"<{found}>" for found in MESSAGE_ID.findall(decoding.raw_header(value))]


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_LIMIT else text[: TEXT_LIMIT - len(CUT)] + CUT


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

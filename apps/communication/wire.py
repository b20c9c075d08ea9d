"""The message as it goes over the wire. Message-ID and X-Outbox-ID are those of the row.

Built with the older classes of the standard library and its compiled quoted-printable: half a millisecond
less per message than `email.message.EmailMessage` takes, and the sender writes nothing but these.
"""

import base64
import binascii
from datetime import datetime
from email.encoders import encode_base64
from email.header import Header
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr, parseaddr
from functools import cache

from django.conf import settings

from apps.communication.models import EmailAttachment, EmailMessage

ON_THE_WIRE = compat32.clone(linesep="\r\n")


def sender_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def written(email: EmailMessage, *, at: datetime) -> bytes:
    """The whole message with lines ended by CR LF. Raises ValueError for a line break in a header."""
    message = _body(email)
    for name, value in _headers(email, at).items():
        message[name] = _checked(value)
    return message.as_bytes(policy=ON_THE_WIRE)


def _headers(email: EmailMessage, at: datetime) -> dict[str, str]:
    """Says that a machine wrote it (RFC 3834), so that no other machine answers."""
    headers = {
        "From": _from(settings.DEFAULT_FROM_EMAIL),
        "To": formataddr((email.to_name, email.to_email)) if email.to_email.isascii() else email.to_email,
        "Subject": email.subject if email.subject.isascii() else Header(email.subject, "utf-8").encode(),
        "Date": format_datetime(at),
        "Message-ID": email.message_id,
        "X-Outbox-ID": str(email.outbox_id),
        "Auto-Submitted": "auto-generated",
    }
    if email.in_reply_to:
        headers |= {"In-Reply-To": email.in_reply_to, "References": email.in_reply_to}
    return headers


@cache
def _from(address: str) -> str:
    return formataddr(parseaddr(address))


def _checked(value: str) -> str:
    """Folded lines of a long encoded subject begin with a blank; anything else would be a new header."""
    if any(not line.startswith((" ", "\t")) for line in value.splitlines()[1:]):
        raise ValueError("a line break in a header")
    return value


def _body(email: EmailMessage) -> MIMEBase:
    text = _text(email.text, "plain")
    body: MIMEBase = text
    if email.html:
        body = MIMEMultipart("alternative", _subparts=[text, _text(email.html, "html")])
    if files := list(email.attachments.all()):
        body = MIMEMultipart("mixed", _subparts=[body, *map(_file, files)])
    return body


def _text(text: str, kind: str) -> MIMENonMultipart:
    part = MIMENonMultipart("text", kind, charset="utf-8")
    part["Content-Transfer-Encoding"] = "quoted-printable"
    lines = "\n".join(text.splitlines()) + "\n"
    part.set_payload(binascii.b2a_qp(lines.encode(), istext=True).decode("ascii"))
    return part


def _file(file: EmailAttachment) -> MIMEBase:
    main, _slash, sub = file.content_type.partition("/")
    part = MIMEBase(main, sub)
    part.set_payload(base64.b64decode(file.content))
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=("utf-8", "", file.name))
    return part

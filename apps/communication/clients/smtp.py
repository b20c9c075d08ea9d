"""Our own dialogue with a mail server: the caller learns of the moment just before the final dot.

Django's backend cannot tell a message that certainly did not go out from one that may have. The final
dot is the border: before it, repeating is safe; after it, only the server's answer tells (RFC 1047).
"""

import re
import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage as MimeMessage
from email.policy import SMTP
from types import TracebackType
from typing import Self

from django.conf import settings


@dataclass
class DeliveryError(Exception):
    """`permanent`: the server said no for good. `is_unclear`: nobody knows whether it arrived."""

    reply: str
    permanent: bool = False
    is_unclear: bool = False


class SmtpClient:
    """One connection, opened on first use and reused until an error. Settings: EMAIL_*."""

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        if self._smtp is not None:
            with suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            self._smtp = None

    def deliver(
        self, message: MimeMessage, *, sender: str, recipient: str, before_final_dot: Callable[[], None]
    ) -> str:
        """Send one message to one recipient; returns the server's reply. Raises DeliveryError."""
        has_ended = False

        def mark() -> None:
            nonlocal has_ended
            before_final_dot()
            has_ended = True

        try:
            return self._dialogue(message, sender, recipient, mark)
        except DeliveryError:
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._abandon()
            reply = f"{type(error).__name__}: {error}"[:300]
            raise DeliveryError(reply=reply, is_unclear=has_ended) from error
        except BaseException:
            self._abandon()  # in the middle of the data: without the final dot nothing is delivered
            raise

    def _dialogue(self, message: MimeMessage, sender: str, recipient: str, mark: Callable[[], None]) -> str:
        smtp = self._connection()
        _expect(smtp.mail(sender), 250)
        _expect(smtp.rcpt(recipient), 250, 251)
        _expect(smtp.docmd("DATA"), 354)
        smtp.send(_dot_stuffed(message.as_bytes(policy=SMTP)))
        mark()
        smtp.send(b".\r\n")
        return _expect_taken(smtp.getreply())

    def _connection(self) -> smtplib.SMTP:
        if self._smtp is not None and not self._is_usable(self._smtp):
            self._abandon()
        if self._smtp is None:
            self._smtp = _connect()
        return self._smtp

    def _is_usable(self, smtp: smtplib.SMTP) -> bool:
        """A fresh envelope; also finds a connection the server has closed meanwhile."""
        try:
            return smtp.rset()[0] == 250
        except (OSError, smtplib.SMTPException):
            return False

    def _abandon(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _connect() -> smtplib.SMTP:
    kind = smtplib.SMTP_SSL if settings.EMAIL_USE_SSL else smtplib.SMTP
    smtp = kind(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=settings.EMAIL_TIMEOUT or 30)
    if settings.EMAIL_USE_TLS:
        smtp.starttls(context=ssl.create_default_context())
    smtp.ehlo_or_helo_if_needed()
    # The final dot is a small packet of its own; without this it waits 40 ms for an ACK (Nagle).
    assert smtp.sock is not None
    smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if settings.EMAIL_HOST_USER:
        smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
    return smtp


def _expect(reply: tuple[int, bytes], *codes: int) -> str:
    code, text = reply
    line = f"{code} {text.decode('utf-8', 'replace')}"[:300]
    if code not in codes:
        raise DeliveryError(reply=line, permanent=500 <= code < 600)
    return line


def _expect_taken(reply: tuple[int, bytes]) -> str:
    """The answer to the final dot: only 4xx and 5xx say for certain that the message was not taken."""
    try:
        return _expect(reply, *range(200, 300))
    except DeliveryError as error:
        error.is_unclear = not 400 <= reply[0] < 600
        raise


def _dot_stuffed(data: bytes) -> bytes:
    """Lines that begin with a dot get a second one (RFC 5321 4.5.2); ends with a line break."""
    stuffed = re.sub(rb"(?m)^\.", b"..", data)
    return stuffed if stuffed.endswith(b"\r\n") else stuffed + b"\r\n"

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
from types import TracebackType
from typing import Self

from django.conf import settings

from apps.communication.clients.delivery import DeliveryError, Receipt

Reply = tuple[int, bytes]


class SmtpClient:
    """One connection, opened on first use and reused until an error. Settings: EMAIL_*.

    MAIL, RCPT and DATA go out together where the server offers PIPELINING (RFC 2920): two trips to the
    server per message instead of four.
    """

    def __init__(self) -> None:
        self._smtp: smtplib.SMTP | None = None
        self._is_clean = True  # no rest of a refused envelope on the connection

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
        self, message: bytes, *, sender: str, recipient: str, before_final_dot: Callable[[], None]
    ) -> Receipt:
        """Send one message to one recipient. Raises DeliveryError, or what `before_final_dot` raises."""
        has_ended = False

        def mark() -> None:
            nonlocal has_ended
            before_final_dot()
            has_ended = True

        try:
            self._open_envelope(sender, recipient)
            return self._hand_over(message, mark)
        except DeliveryError:
            raise
        except (OSError, smtplib.SMTPException) as error:
            self._abandon()
            raise DeliveryError(reply=_described(error), is_unclear=has_ended) from error
        except BaseException:
            self._abandon()  # in the middle of the data: without the final dot nothing is delivered
            raise

    def _open_envelope(self, sender: str, recipient: str) -> None:
        """Up to the server's "go on". A connection that was idle may have been closed: then a new one."""
        if self._smtp is not None:
            try:
                self._announce(self._smtp, sender, recipient)
                return
            except (OSError, smtplib.SMTPException):
                self._abandon()
            except DeliveryError as error:
                if not error.reply.startswith("421"):
                    raise
                self._abandon()
        self._smtp = _connect()
        self._is_clean = True
        self._announce(self._smtp, sender, recipient)

    def _announce(self, smtp: smtplib.SMTP, sender: str, recipient: str) -> None:
        utf8 = "" if recipient.isascii() else " SMTPUTF8"
        if utf8 and not smtp.has_extn("smtputf8"):
            raise DeliveryError(reply="The mail server takes no such address (SMTPUTF8).", permanent=True)
        if not f"{sender}{recipient}".isprintable():
            raise DeliveryError(reply="A line break in an address.", permanent=True)
        commands = [
            f"MAIL FROM:{smtplib.quoteaddr(sender)}{utf8}",
            f"RCPT TO:{smtplib.quoteaddr(recipient)}",
            "DATA",
        ]
        if not self._is_clean:
            commands.insert(0, "RSET")
        self._is_clean = False
        replies = _pipelined(smtp, commands) if smtp.has_extn("pipelining") else _in_turn(smtp, commands)
        for reply in replies[:-1]:
            _expect(reply, 250, 251, on_no=lambda: self._leave(replies))
        _expect(replies[-1], 354, on_no=lambda: self._leave(replies))

    def _leave(self, replies: list[Reply]) -> None:
        """An envelope was refused: if the server waits for data all the same, only hanging up is safe."""
        if replies[-1][0] == 354 or any(code == 421 for code, _text in replies):
            self._abandon()

    def _hand_over(self, message: bytes, mark: Callable[[], None]) -> Receipt:
        smtp = self._smtp
        assert smtp is not None  # opened by _open_envelope
        smtp.send(_dot_stuffed(message))
        mark()
        smtp.send(b".\r\n")
        reply = smtp.getreply()
        self._is_clean = 200 <= reply[0] < 300
        try:
            return Receipt(reply=_expect_taken(reply))
        except DeliveryError:
            if reply[0] == 421:
                self._abandon()
            raise

    def _abandon(self) -> None:
        if self._smtp is not None:
            self._smtp.close()
            self._smtp = None


def _pipelined(smtp: smtplib.SMTP, commands: list[str]) -> list[Reply]:
    smtp.send("".join(f"{command}\r\n" for command in commands).encode())
    return [smtp.getreply() for _command in commands]


def _in_turn(smtp: smtplib.SMTP, commands: list[str]) -> list[Reply]:
    """Ends with the first no."""
    replies: list[Reply] = []
    for command in commands:
        smtp.send(f"{command}\r\n".encode())
        replies.append(smtp.getreply())
        if replies[-1][0] >= 400:
            break
    return replies


def _connect() -> smtplib.SMTP:
    """Raises DeliveryError with `is_connection`: that says something about the server, not the message."""
    try:
        return _logged_in()
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(reply=_described(error), is_connection=True) from error


def _logged_in() -> smtplib.SMTP:
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


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def _expect(reply: Reply, *codes: int, on_no: Callable[[], None] = lambda: None) -> str:
    code, text = reply
    line = f"{code} {text.decode('utf-8', 'replace')}"[:300]
    if code not in codes:
        on_no()
        raise DeliveryError(reply=line, permanent=500 <= code < 600)
    return line


def _expect_taken(reply: Reply) -> str:
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

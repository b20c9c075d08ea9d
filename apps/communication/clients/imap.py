"""A mailbox over IMAP: what is new, what is there. One typed error, timeouts everywhere."""

import imaplib
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any
from urllib.parse import unquote, urlsplit

from imap_tools import BaseMailBox, MailBox, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError

from apps.communication.inbound.parsing import RAW_LIMIT

TIMEOUT_SECONDS = 30
PLAIN, TLS = "imap", "imaps"


class MailboxError(Exception):
    """The mailbox could not be read. `permanent`: the same settings will not do it tomorrow either."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


@dataclass(frozen=True)
class Fetched:
    """One message; `raw` is cut at the limit of what is kept."""

    uid: int
    received_at: datetime
    raw: bytes


class Mailbox:
    """One folder of one account: `imaps://user:password@host:993/INBOX` (`imap://` without TLS).

    Use as a context manager. Every failure becomes a MailboxError.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in (PLAIN, TLS) or not parts.hostname or not parts.username:
            raise MailboxError("not an IMAP address", permanent=True)
        self._host, self._scheme = parts.hostname, parts.scheme
        self._port = parts.port or (993 if parts.scheme == TLS else 143)
        self._user, self._password = unquote(parts.username), unquote(parts.password or "")
        self._folder = unquote(parts.path.strip("/")) or "INBOX"
        self._box: BaseMailBox | None = None

    @property
    def name(self) -> str:
        """What tells this mailbox from others; without the password."""
        return f"{self._user}@{self._host}:{self._port}/{self._folder}"[:120]

    def __enter__(self) -> "Mailbox":
        kind = MailBox if self._scheme == TLS else MailBoxUnencrypted
        try:
            self._box = kind(self._host, self._port, timeout=TIMEOUT_SECONDS)
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            raise MailboxError(_named(error)) from error
        try:
            self._box.login(self._user, self._password, initial_folder=self._folder)
        except (OSError, imaplib.IMAP4.error, ImapToolsError) as error:
            self.__exit__(None, None, None)
            raise MailboxError(_named(error), permanent=not isinstance(error, OSError)) from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError, imaplib.IMAP4.error):  # it may be gone already
            self._client.logout()

    def uid_validity(self) -> int:
        """UIDs mean the same messages only as long as this number stays."""
        found = self._client.response("UIDVALIDITY")[1]
        number = found[-1] if found else None
        return int(number) if number else 0

    def uids_after(self, uid: int) -> list[int]:
        """Ascending. Servers answer `n:*` with the last message even if it is older: that one is left out."""
        answer = self._call("search", f"UID {uid + 1}:*")
        found = sorted(int(number) for number in (answer[0] or b"").split())
        return [number for number in found if number > uid]

    def fetch(self, uids: list[int]) -> Iterator[Fetched]:
        """One by one, without marking them as read. One that has vanished meanwhile is left out."""
        for uid in uids:
            answer = self._call("fetch", str(uid), f"(UID INTERNALDATE BODY.PEEK[]<0.{RAW_LIMIT}>)")
            for part in answer:
                if isinstance(part, tuple):
                    yield Fetched(uid=uid, received_at=_internal_date(part[0]), raw=part[1])

    def mark_read(self, uid: int) -> None:
        self._call("store", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def has_message(self, message_id: str) -> bool:
        """Whether a message with this Message-ID (with its angle brackets) lies here."""
        quoted = message_id.replace("\\", "").replace('"', "")
        answer = self._call("search", f'HEADER Message-ID "{quoted}"')
        return bool((answer[0] or b"").split())

    @property
    def _client(self) -> imaplib.IMAP4:
        assert self._box is not None  # only inside `with`
        return self._box.client

    def _call(self, command: str, *arguments: str) -> list[Any]:
        try:
            state, answer = self._client.uid(command, *arguments)
        except (OSError, imaplib.IMAP4.error) as error:
            raise MailboxError(_named(error)) from error
        if state != "OK":
            raise MailboxError(f"{command}: {state}")
        return answer


def _internal_date(line: bytes) -> datetime:
    """When the server got it; the present moment where it does not say so understandably."""
    parts = imaplib.Internaldate2tuple(line)
    if parts is None:
        return datetime.now(UTC)
    return datetime.fromtimestamp(time.mktime(parts), UTC)  # the tuple is local time


def _named(error: Exception) -> str:
    """Without addresses and passwords: servers like to repeat what they were sent."""
    return type(error).__name__

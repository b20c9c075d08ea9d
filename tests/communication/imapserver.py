"""A small IMAP server on a socket: one mailbox, the commands the poller uses, and faults on demand."""

import re
import socketserver
import threading
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

USER, PASSWORD = "inbox@example.org", "geheim:/@"


@dataclass
class Kept:
    raw: bytes
    is_seen: bool = False


@dataclass
class Mailroom:
    """What the server keeps. `fail_on`: the command that gets NO; `hang_up_on`: where it just goes away."""

    uid_validity: int = 7
    messages: dict[int, Kept] = field(default_factory=dict)
    fail_on: str = ""
    hang_up_on: str = ""
    commands: list[str] = field(default_factory=list)

    def put(self, raw: bytes) -> int:
        uid = max(self.messages, default=0) + 1
        self.messages[uid] = Kept(raw)
        return uid


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self.say(b"* OK ready")
        while line := self.rfile.readline():
            tag, _gap, rest = line.decode().strip().partition(" ")
            name, _gap, arguments = rest.partition(" ")
            if name.upper() == "UID":
                name, _gap, arguments = arguments.partition(" ")
            if not self.answer(tag, name.upper(), arguments):
                return

    def answer(self, tag: str, name: str, arguments: str) -> bool:
        room: Mailroom = self.server.room  # type: ignore[attr-defined]
        room.commands.append(name)
        if name == room.hang_up_on:
            return False
        if name == room.fail_on:
            self.say(f"{tag} NO not now".encode())
            return True
        known = getattr(self, f"do_{name.lower()}", None)
        is_fine = known is None or known(room, arguments) is not False
        self.say(f"{tag} {'OK' if is_fine else 'NO'} done".encode())
        return name != "LOGOUT"

    def do_capability(self, room: Mailroom, arguments: str) -> None:
        self.say(b"* CAPABILITY IMAP4rev1")

    def do_login(self, room: Mailroom, arguments: str) -> bool:
        return arguments.replace('"', "") == f"{USER} {PASSWORD}"

    def do_select(self, room: Mailroom, arguments: str) -> None:
        self.say(f"* {len(room.messages)} EXISTS".encode())
        self.say(f"* OK [UIDVALIDITY {room.uid_validity}] fine".encode())

    def do_search(self, room: Mailroom, arguments: str) -> None:
        uids = [uid for uid, kept in room.messages.items() if self.fits(room, uid, kept, arguments)]
        self.say(f"* SEARCH {' '.join(map(str, uids))}".encode())

    def fits(self, room: Mailroom, uid: int, kept: Kept, arguments: str) -> bool:
        if found := re.match(r"UID (\d+):\*", arguments):
            # as RFC 3501 has it: * is the last message, even below the first number
            return uid >= int(found[1]) or uid == max(room.messages)
        named = re.search(r'HEADER Message-ID "(.+)"', arguments)
        return named is not None and f"Message-ID: {named[1]}".encode() in kept.raw

    def do_fetch(self, room: Mailroom, arguments: str) -> None:
        uid = int(arguments.partition(" ")[0])
        limit = re.search(r"<0\.(\d+)>", arguments)
        if uid not in room.messages or limit is None:
            return
        raw = room.messages[uid].raw[: int(limit[1])]
        head = f'* 1 FETCH (UID {uid} INTERNALDATE "23-Nov-2026 08:55:00 +0100" BODY[]<0> {{{len(raw)}}}'
        self.wfile.write(head.encode() + b"\r\n" + raw + b")\r\n")

    def do_store(self, room: Mailroom, arguments: str) -> None:
        room.messages[int(arguments.partition(" ")[0])].is_seen = True

    def do_logout(self, room: Mailroom, arguments: str) -> None:
        self.say(b"* BYE")

    def say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


class ImapServer:
    """Use as a context manager; `url` names the mailbox with user and password."""

    def __init__(self) -> None:
        self.room = Mailroom()
        self._server: Any = _Server(("127.0.0.1", 0), _Session)
        self._server.room = self.room
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        return f"imap://inbox%40example.org:geheim%3A%2F%40@127.0.0.1:{self.port}/INBOX"

    def __enter__(self) -> "ImapServer":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

"""A mail server in a process of its own that keeps a durable log and makes trouble where it is asked to.

    python -m faults.mailserver --log FILE --delay 0.02

Prints its port. What it takes stands in the log, flushed to the disk, before it answers 250. The recipient's
address says which trouble a message meets, for example `close-dot.17@…` (see TROUBLES); the second try of
the same address goes well, except where the trouble is for ever.
"""

import argparse
import asyncio
import json
import os
import re
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

CLOSE, SILENCE = "close", "silence"
SILENT_SECONDS = 20.0
ADDRESS = re.compile(rb"<([^>]*)>")
MESSAGE_ID = re.compile(rb"(?im)^Message-ID:\s*(<[^>]+>)")


@dataclass(frozen=True)
class Trouble:
    """At which step, and what is said or done instead; `is_taken`: the message counts all the same."""

    step: str
    answer: str
    is_taken: bool = False
    is_for_ever: bool = False


TROUBLES = {
    "drop-before-data": Trouble("DATA", CLOSE),
    "drop-in-body": Trouble("BODY", CLOSE),
    "421-rcpt": Trouble("RCPT", "421 4.3.2 going down"),
    "421-data": Trouble("DATA", "421 4.3.2 going down"),
    "421-dot": Trouble("DOT", "421 4.3.2 going down"),
    "451-rcpt": Trouble("RCPT", "451 4.7.1 greylisted"),
    "451-data": Trouble("DATA", "451 4.3.0 later"),
    "451-dot": Trouble("DOT", "451 4.3.0 later"),
    "550-rcpt": Trouble("RCPT", "550 5.1.1 no such user", is_for_ever=True),
    "silence-data": Trouble("DATA", SILENCE),
    "silence-dot": Trouble("DOT", SILENCE),
    "silence-dot-taken": Trouble("DOT", SILENCE, is_taken=True),
    "close-dot": Trouble("DOT", CLOSE),
    "close-dot-taken": Trouble("DOT", CLOSE, is_taken=True),
}


class Server:
    """All connections of the server; `open` is how many there are."""

    def __init__(self, log: Path, delay_seconds: float) -> None:
        self.log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self.delay_seconds = delay_seconds
        self.open = 0
        self.had_trouble: set[str] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            await Dialogue(self, reader, writer).run()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def trouble(self, recipient: str, step: str) -> Trouble | None:
        trouble = TROUBLES.get(recipient.partition(".")[0])
        if trouble is None or trouble.step != step or recipient in self.had_trouble:
            return None
        if not trouble.is_for_ever:
            self.had_trouble.add(recipient)
        return trouble

    def note(self, event: str, recipient: str, message_id: str = "") -> None:
        line = json.dumps({"event": event, "to": recipient, "message_id": message_id})
        os.write(self.log, f"{line}\n".encode())
        if event == "taken":
            os.fsync(self.log)


class Dialogue:
    """One connection. A step returns False where the conversation is over."""

    def __init__(self, server: Server, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.recipient = ""
        self.steps: dict[str, Callable[[bytes], Awaitable[bool]]] = {
            "EHLO": self._ehlo,
            "RCPT": self._rcpt,
            "DATA": self._data,
            "XOPE": self._open,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        is_going_on = await self._say("220 ready")
        while is_going_on and (line := await self.reader.readline()):
            step = self.steps.get(line[:4].upper().strip().decode("ascii", "replace"), self._fine)
            is_going_on = await step(line)

    async def _ehlo(self, line: bytes) -> bool:
        return await self._say("250-faults\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")

    async def _rcpt(self, line: bytes) -> bool:
        found = ADDRESS.search(line)
        self.recipient = found.group(1).decode() if found else ""
        self.server.note("asked", self.recipient)
        if trouble := self.server.trouble(self.recipient, "RCPT"):
            self.recipient = ""
            return await self._answer(trouble)
        return await self._say("250 fine")

    async def _data(self, line: bytes) -> bool:
        if not self.recipient:
            return await self._say("503 5.5.1 no recipient")
        recipient, self.recipient = self.recipient, ""
        if trouble := self.server.trouble(recipient, "DATA"):
            return await self._answer(trouble)
        await self._say("354 go on")
        if self.server.trouble(recipient, "BODY"):
            await self.reader.readline()
            return False
        message = await self.reader.readuntil(b"\r\n.\r\n")
        return await self._end(recipient, message)

    async def _end(self, recipient: str, message: bytes) -> bool:
        trouble = self.server.trouble(recipient, "DOT")
        if trouble is None or trouble.is_taken:
            found = MESSAGE_ID.search(message)
            self.server.note("taken", recipient, found.group(1).decode() if found else "")
        if trouble:
            return await self._answer(trouble)
        await asyncio.sleep(self.server.delay_seconds)
        return await self._say("250 2.0.0 taken")

    async def _open(self, line: bytes) -> bool:
        """How many connections there are beside this one."""
        return await self._say(f"250 {self.server.open - 1}")

    async def _quit(self, line: bytes) -> bool:
        await self._say("221 bye")
        return False

    async def _fine(self, line: bytes) -> bool:
        return await self._say("250 fine")

    async def _answer(self, trouble: Trouble) -> bool:
        if trouble.answer == SILENCE:
            await asyncio.wait([asyncio.ensure_future(self.reader.read())], timeout=SILENT_SECONDS)
        if trouble.answer in (CLOSE, SILENCE):
            return False
        return await self._say(trouble.answer) and not trouble.answer.startswith("421")

    async def _say(self, text: str) -> bool:
        self.writer.write(f"{text}\r\n".encode())
        await self.writer.drain()
        return True


async def serve(log: Path, delay_seconds: float) -> None:
    server = Server(log, delay_seconds)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0, limit=2**20)
    sys.stdout.write(f"{listener.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await listener.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--log", type=Path, required=True)
    parser.add_argument("--delay", type=float, default=0.02, help="seconds before a message is answered")
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.log, arguments.delay))


if __name__ == "__main__":
    main()

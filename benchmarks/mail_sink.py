"""A mail server that takes everything and keeps nothing but the numbers: a process of its own.

    python -m benchmarks.mail_sink PORT DELAY_MS [CERTIFICATE KEY]

Every answer leaves DELAY_MS after its command has come in, as if it had been on its way; the answers to
commands that came together are on their way together (PIPELINING, which it offers like every common server).
After QUIT nothing is written down; `STAT` answers with the number of messages and of different Message-IDs.
"""

import asyncio
import ssl
import sys
from collections import Counter
from contextlib import suppress

HELLO = ["250-sink", "250-PIPELINING", "250-8BITMIME", "250 SIZE 10000000"]
ANSWERS = {"MAIL": "250 OK", "RCPT": "250 OK", "RSET": "250 OK", "NOOP": "250 OK", "DATA": "354 go on"}


class Sink:
    def __init__(self, delay_seconds: float, tls: ssl.SSLContext | None) -> None:
        self.delay_seconds = delay_seconds
        self.tls = tls
        self.seen: Counter[bytes] = Counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        talk = Talk(self, reader, writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await talk.run()
        writer.close()


class Talk:
    """One connection. `answers` leave in order, each at its own time."""

    def __init__(self, sink: Sink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.sink, self.reader, self.writer = sink, reader, writer
        self.answers: asyncio.Queue[tuple[float, str]] = asyncio.Queue()

    async def run(self) -> None:
        speaking = asyncio.create_task(self._speak())
        try:
            self._say("220 sink")
            while line := await self.reader.readline():
                if not await self._obey(line[:4].upper().decode("ascii", "replace").strip()):
                    break
            await self.answers.join()
        finally:
            speaking.cancel()

    async def _obey(self, command: str) -> bool:
        if command == "QUIT":
            self._say("221 bye")
            return False
        if command == "STAT":
            self._say(f"250 {sum(self.sink.seen.values())} {len(self.sink.seen)}")
        elif command in ("EHLO", "HELO"):
            offers = [*HELLO[:-1], "250-STARTTLS", HELLO[-1]] if self.sink.tls else HELLO
            self._say("\r\n".join(offers))
        elif command == "STAR" and self.sink.tls is not None:
            self._say("220 go on")
            await self.answers.join()
            await self.writer.start_tls(self.sink.tls)
        else:
            self._say(ANSWERS.get(command, "500 what?"))
            if command == "DATA":
                await self._take()
        return True

    async def _take(self) -> None:
        message_id = b""
        while (line := await self.reader.readline()) not in (b".\r\n", b""):
            if line[:11].lower() == b"message-id:":
                message_id = line.split(b":", 1)[1].strip()
        self.sink.seen[message_id] += 1
        self._say("250 taken")

    def _say(self, text: str) -> None:
        due = asyncio.get_running_loop().time() + self.sink.delay_seconds
        self.answers.put_nowait((due, text))

    async def _speak(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, text = await self.answers.get()
            if (wait := due - loop.time()) > 0:
                await asyncio.sleep(wait)
            self.writer.write(f"{text}\r\n".encode())
            self.answers.task_done()


async def main(port: int, delay_ms: float, *files: str) -> None:
    tls = None
    if files:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(*files)
    server = await asyncio.start_server(Sink(delay_ms / 1000, tls).serve, "127.0.0.1", port, limit=2**20)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), *sys.argv[3:]))

"""A mail server that follows a script: says no, falls silent or hangs up at the named step."""

import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

CLOSE = "close"  # hang up instead of answering
SILENCE = "silence"  # say nothing more on this connection
SLOW = "354 in a second"  # said after a second
STEPS = ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT", "RSET", "QUIT")
USUAL = {
    "CONNECT": "220 ready",
    "EHLO": "250 hello",
    "DATA": "354 go on",
    "DOT": "250 taken",
    "QUIT": "221 bye",
}


class ScriptedServer:
    """`script[step]` holds answers that are used up one by one; then the usual one follows.

    `arrived` holds the bytes of every message whose final dot came in, whatever was answered to it.
    `steps` are all steps seen. `reached[step]` is set when a step is seen for the first time.
    """

    def __init__(self, **script: list[str]) -> None:
        assert set(script) <= set(STEPS)
        self.script = defaultdict(list, {step: list(answers) for step, answers in script.items()})
        self.arrived: list[bytes] = []
        self.steps: list[str] = []
        self.reached = {step: threading.Event() for step in STEPS}
        self.ends = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self.listener.getsockname()[1])
        self.threads = [threading.Thread(target=self._accept, daemon=True)]

    @property
    def connections(self) -> int:
        return self.steps.count("CONNECT")

    def __enter__(self) -> "ScriptedServer":
        self.threads[0].start()
        return self

    def __exit__(self, *args: object) -> None:
        self.ends.set()
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(timeout=10)

    def _accept(self) -> None:
        while not self.ends.is_set():
            try:
                connection, _address = self.listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self.threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(20)
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            if not self._answer(connection, "CONNECT"):
                return
            for line in lines:
                step = line[:4].upper().strip().decode()
                answer = self._answer(connection, step)
                if not answer or step == "QUIT":
                    return
                if step == "DATA" and answer.startswith("354") and not self._take(connection, lines):
                    return

    def _take(self, connection: socket.socket, lines: Any) -> bool:
        received = []
        for line in lines:
            if line == b".\r\n":
                self.arrived.append(b"".join(received))
                return bool(self._answer(connection, "DOT"))
            received.append(line)
        return False

    def _answer(self, connection: socket.socket, step: str) -> str:
        """What was answered; empty where the conversation is over."""
        answers = self.script[step]
        answer = answers.pop(0) if answers else USUAL.get(step, "250 OK")
        self.steps.append(step)
        if step in self.reached:
            self.reached[step].set()
        if answer == SLOW:
            self.ends.wait(timeout=1)
        if answer == SILENCE:
            self.ends.wait(timeout=20)
        if answer in (CLOSE, SILENCE):
            return ""
        connection.sendall(answer.encode() + b"\r\n")
        return "" if answer.startswith("421") else answer


@contextmanager
def scripted(settings: Any, **script: list[str]) -> Iterator[ScriptedServer]:
    """A scripted server that the sender talks to; where it falls silent, we wait a second."""
    is_silent = any(SILENCE in answers for answers in script.values())
    with ScriptedServer(**script) as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_TIMEOUT = 1 if is_silent else 20
        yield server

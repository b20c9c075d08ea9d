"""The mail server's process and its log, which tells what really arrived."""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class MailServer:
    port: int
    log: Path

    def taken(self) -> Counter[str]:
        """How often each Message-ID arrived."""
        self.wait_for_quiet()
        return Counter(row["message_id"] for row in self._rows() if row["event"] == "taken")

    def asked(self) -> Counter[str]:
        """How often mail for each address was offered."""
        return Counter(row["to"] for row in self._rows() if row["event"] == "asked")

    def wait_for_quiet(self) -> None:
        """Until nobody talks to it: what a killed sender handed to the network may still be on its way."""
        end = time.monotonic() + PATIENCE_SECONDS
        while self._open_connections() and time.monotonic() < end:
            time.sleep(0.005)

    def _rows(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.log.read_text(encoding="utf-8").splitlines()]

    def _open_connections(self) -> int:
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            lines = connection.makefile("rb")
            lines.readline()
            connection.sendall(b"XOPEN\r\n")
            return int(lines.readline().split()[1])


@contextmanager
def mail_server(delay_seconds: float = 0.02) -> Iterator[MailServer]:
    """A mail server that the senders of this process and its children talk to."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        log = Path(folder) / "arrived.jsonl"
        log.touch()
        command = [sys.executable, "-m", "faults.mailserver", "--log", str(log)]
        process = subprocess.Popen(  # noqa: S603  (a list, read by no shell)
            [*command, "--delay", str(delay_seconds)], stdout=subprocess.PIPE, text=True
        )
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
            yield MailServer(port, log)
        finally:
            process.kill()
            process.communicate()

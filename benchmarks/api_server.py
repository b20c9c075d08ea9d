"""The product behind gunicorn on a free port, and a client that keeps its connection."""

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

WORKERS = 2
SECONDS_TO_START = 300  # every worker imports the product, on a busy machine for long
HOST = "127.0.0.1"


@dataclass
class Caller:
    """Asks one address after the other over one connection."""

    port: int
    token: str

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(HOST, self.port, timeout=SECONDS_TO_START)

    def get(self, address: str) -> tuple[float, int, Any]:
        """Seconds from the first byte asked to the last one read, the status, and what was answered."""
        start = time.perf_counter()
        self.connection.request("GET", address, headers={"Authorization": f"Bearer {self.token}"})
        response = self.connection.getresponse()
        body = response.read()
        return time.perf_counter() - start, response.status, json.loads(body)

    def rows(self, address: str) -> tuple[float, dict[str, Any]]:
        seconds, status, told = self.get(address)
        if status != http.HTTPStatus.OK:
            raise RuntimeError(f"{address} answers {status}: {told}")
        return seconds, told


@contextmanager
def served(application: str, database: str, token: str) -> Iterator[Caller]:
    """A caller of `application` ("module:name") on that database."""
    port = _free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.api_settings",
        "BENCH_DATABASE": database,
    }
    command = [
        *(sys.executable, "-m", "gunicorn", application, "--bind", f"{HOST}:{port}"),
        *("--workers", str(WORKERS), "--worker-class", "gthread", "--threads", "4"),
        *("--timeout", "120", "--keep-alive", "600", "--log-level", "warning", "--no-control-socket"),
    ]
    with subprocess.Popen(command, env=environment) as process:  # noqa: S603
        try:
            _wait(port)
            yield Caller(port, token)
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _wait(port: int) -> None:
    for _attempt in range(SECONDS_TO_START * 5):
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise RuntimeError("The server did not start.")

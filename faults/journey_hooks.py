"""Both ends of the webhooks: the worker that delivers, and a receiver that may die before it has answered."""

import json
import os
import time
from contextlib import suppress
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.gateway import signatures
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import claiming, delivering
from faults import processes

SWEEP_EVERY_SECONDS = 0.05
PORT_TRIES = 50


def deliver() -> None:
    """The worker, until it is killed."""
    processes.slow_down(claiming, "record")  # it has arrived, and nobody has written that down yet
    while True:
        delivering.deliver_due(clock=timezone.now)
        time.sleep(SWEEP_EVERY_SECONDS)


def receive(port: int, secret: str, file: Path) -> None:
    """The receiver, until it is killed. What it has answered with 2xx is on the disk."""
    server = _listening(port)
    server.secret = secret  # type: ignore[attr-defined]
    server.file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)  # type: ignore[attr-defined]
    server.serve_forever(poll_interval=0.02)


@transaction.atomic
def let_time_pass(worker_since: datetime) -> None:
    """The leases of dead workers run out, and pauses end. The present worker keeps what it has in hand.

    Locks are taken in the product's order: subscription, then delivery.
    """
    list(WebhookSubscription.objects.select_for_update(no_key=True))
    now, waiting = timezone.now(), WebhookDelivery.objects.filter(delivered_at=None)
    waiting.filter(claimed_until__lt=worker_since + claiming.LEASE).update(claimed_until=None)
    waiting.filter(claimed_until=None, next_attempt_at__gt=now).update(next_attempt_at=now)
    WebhookSubscription.objects.filter(rests_until__gt=now).update(rests_until=None)


def read_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()] if file.exists() else []


class _Handler(BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self._take(body))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _take(self, body: bytes) -> int:
        try:
            signatures.verify(self.server.secret, headers=dict(self.headers), body=body, now=time.time())
        except signatures.Unverified:
            return 400
        os.write(self.server.file, body + b"\n")
        os.fsync(self.server.file)
        time.sleep(processes.DOUBTFUL_SECONDS)  # kept and not answered
        return 204

    def log_message(self, format: str, *args: Any) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Workers die in the middle of a sentence; what is wrong shows in what has not arrived."""


def _listening(port: int) -> _Server:
    """The one before may still be on its way out."""
    for _try in range(PORT_TRIES):
        with suppress(OSError):
            return _Server(("127.0.0.1", port), _Handler)
        time.sleep(0.1)
    raise TimeoutError("The receiver's port does not become free.")

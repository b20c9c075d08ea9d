"""The e-mail queue beside Django's `send_mail`, django-post-office and django-mailer.

    mail.tls_delay   TLS, and every answer of the server is 20 ms on its way (benchmarks.mail_sink)
    mail.plain       no TLS, no delay: what each queue costs by itself

Each in one worker process (benchmarks.mail_alone), in turns, median of the rounds; only the sending is timed.
Text and HTML, about 3 KB. What the product does on top of the others: the last look of the gates, a committed
mark before every final dot (a crash leaves doubt openly marked instead of a double), history and events.
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from benchmarks.certificate import make_certificate
from benchmarks.database import say
from benchmarks.timing import ROUNDS, median

DELAY_MS = 20
# way of sending → messages a round: enough for a second or more, few enough for the slow ones
TLS_DELAY = {"product": 300, "post_office": 300, "post_office_same": 300, "send_mail": 30}
PLAIN = {"product": 1000, "mailer": 200, "post_office": 400, "send_mail": 100}


def run() -> dict[str, float]:
    if find_spec("post_office") is None or find_spec("mailer") is None:
        raise SystemExit("The rivals are missing: use `make bench`, which installs requirements/bench.txt.")
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(Path(folder))
        with sink(DELAY_MS, str(certificate), str(key)) as port:
            slow = race("tls_delay", TLS_DELAY, port, certificate)
    with sink(0) as port:
        quick = race("plain", PLAIN, port, None)
    return {
        **{f"mail.tls_delay.{name}.messages_per_second": rate for name, rate in slow.items()},
        **{f"mail.plain.{name}.messages_per_second": rate for name, rate in quick.items()},
        "mail.tls_delay.times_faster_than_send_mail": slow["product"] / slow["send_mail"],
        "mail.tls_delay.times_faster_than_post_office": slow["product"] / slow["post_office"],
        "mail.tls_delay.times_faster_than_post_office_same_connections": (
            slow["product"] / slow["post_office_same"]
        ),
        "mail.plain.times_faster_than_django_mailer": quick["product"] / quick["mailer"],
        "mail.plain.times_faster_than_post_office": quick["product"] / quick["post_office"],
        "mail.plain.times_faster_than_send_mail": quick["product"] / quick["send_mail"],
    }


def race(name: str, ways: dict[str, int], port: int, certificate: Path | None) -> dict[str, float]:
    """Messages per second of every way, the median of rounds in which all take turns."""
    rates: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(1, ROUNDS + 1):
        for way, count in ways.items():
            rates[way].append(count / _alone(way, count, port, certificate))
        line = ", ".join(f"{way} {rates[way][-1]:.0f}/s" for way in ways)
        say(f"  mail {name}, round {number}: {line}")
    return {way: median(found) for way, found in rates.items()}


def _alone(way: str, count: int, port: int, certificate: Path | None) -> float:
    """Seconds that a process of its own took; it checks itself that every message arrived once."""
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "benchmarks.mail_settings",
        "EMAIL_URL": f"{'smtp+tls' if certificate else 'smtp'}://localhost:{port}",
        **({"SSL_CERT_FILE": str(certificate)} if certificate else {}),
    }
    command = [sys.executable, "-m", "benchmarks.mail_alone", way, str(count)]
    done = subprocess.run(  # noqa: S603
        command, env=environment, check=True, stdout=subprocess.PIPE, text=True
    )
    return float(json.loads(done.stdout.splitlines()[-1])["seconds"])


@contextmanager
def sink(delay_ms: float, *files: str) -> Iterator[int]:
    port = _free_port()
    command = [sys.executable, "-m", "benchmarks.mail_sink", str(port), str(delay_ms), *files]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdout is not None
        process.stdout.readline()  # "ready"
        try:
            yield port
        finally:
            process.terminate()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

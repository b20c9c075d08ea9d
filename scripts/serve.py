"""Serve on this machine: web, worker and schedule in one terminal, each line marked with its origin.

Ends when Ctrl-C is pressed or when one of them ends. For development and demo; production has
docker-compose.yml.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
DEFAULT_PORT = 8000
PATIENCE_SECONDS = 10  # for a worker to finish what it is at
ACCESS_LOG = "%(m)s %(U)s %(s)s %(M)s ms"  # without the query string, which may hold a name searched for
MAILBOX = ".local/mailbox"


def main() -> int:
    options = parse_options()
    require_free_port(options.port)
    if options.only_check_port:
        return 0
    prepare_environment(options.port)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    return supervise(dict(commands(options.port, options.reload)), options.port)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument(
        "--reload", action="store_true", help="restart the web server when Python files change"
    )
    parser.add_argument(
        "--only-check-port", action="store_true", help="say whether the port is free, and end"
    )
    return parser.parse_args()


def require_free_port(port: int) -> None:
    if not is_free(port):
        sys.exit(f"Port {port} is taken. Choose another one, for example: make run PORT={port + 1}")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def prepare_environment(port: int) -> None:
    sys.path.insert(0, str(ROOT))
    (ROOT / ".local").mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    os.environ["PYTHONUNBUFFERED"] = "1"
    os.environ.setdefault("PYTHONWARNINGS", "ignore")  # tests make errors of them; here they bury the log
    if port != DEFAULT_PORT:
        os.environ.setdefault("SITE_URL", f"http://{HOST}:{port}")  # links in letters lead to this server


def commands(port: int, is_reloading: bool) -> Iterator[tuple[str, list[str]]]:
    """Name and command of each process; without a broker one process drains the database queue."""
    from django.conf import settings

    python = [sys.executable, "-m"]
    web = [
        "gunicorn",
        "config.wsgi",
        "--bind",
        f"{HOST}:{port}",
        "--worker-class",
        "gthread",
        "--threads",
        "8",
        "--limit-request-line",
        "8190",
    ]
    log = ["--access-logfile", "-", "--access-logformat", ACCESS_LOG, "--no-control-socket"]
    yield "web", [*python, *web, *log, *(["--reload"] if is_reloading else [])]
    if settings.CELERY_BROKER_URL:
        yield (
            "worker",
            [
                *python,
                "celery",
                "--quiet",
                "-A",
                "config",
                "worker",
                "--concurrency",
                "2",
                "--loglevel",
                "INFO",
            ],
        )
        schedule = ["--schedule", ".local/celerybeat-schedule", "--pidfile", ""]
        yield "beat", [*python, "celery", "--quiet", "-A", "config", "beat", *schedule]
    else:
        yield "jobs", [sys.executable, "manage.py", "run_jobs"]
    if settings.EMAIL_HOST == HOST and settings.EMAIL_PORT > 1024 and is_free(settings.EMAIL_PORT):
        address = f"{HOST}:{settings.EMAIL_PORT}"
        yield "mail", [*python, "aiosmtpd", "-n", "-l", address, "-c", "aiosmtpd.handlers.Mailbox", MAILBOX]


def supervise(wanted: dict[str, list[str]], port: int) -> int:
    """Run the processes until one ends (then 1) or somebody asks to stop (then 0)."""
    children: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, command in wanted.items():
            children[name] = start(name, command)
        wait_for_web(children, port)
        announce(port, "mail" in children)
        return wait_for_end(children)
    except KeyboardInterrupt:
        return 0
    finally:
        stop(children)


def start(name: str, command: list[str]) -> "subprocess.Popen[str]":
    """A child in a session of its own: Ctrl-C reaches only us, and we end all of them in order."""
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    threading.Thread(target=relay, args=(name, child), daemon=True).start()
    return child


def relay(name: str, child: "subprocess.Popen[str]") -> None:
    assert child.stdout is not None
    for line in child.stdout:
        say(name, line.rstrip())


def say(name: str, text: str) -> None:
    sys.stdout.write(f"{name:6} | {text}\n")
    sys.stdout.flush()


def wait_for_web(children: dict[str, "subprocess.Popen[str]"], port: int) -> None:
    while not first_ended(children):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.1)


def announce(port: int, has_mailbox: bool) -> None:
    say("ready", f"http://{HOST}:{port}/ (Ctrl-C ends)")
    say("ready", "Log in as `make demo` told, or make an account: .venv/bin/python manage.py createsuperuser")
    if has_mailbox:
        say("ready", f"Letters go to nobody; they are kept in {MAILBOX}")


def wait_for_end(children: dict[str, "subprocess.Popen[str]"]) -> int:
    while not (ended := first_ended(children)):
        time.sleep(0.2)
    time.sleep(0.2)  # for its last words
    say("ended", f"{ended} ended with code {children[ended].returncode}; the others follow.")
    return 1


def first_ended(children: dict[str, "subprocess.Popen[str]"]) -> str | None:
    return next((name for name, child in children.items() if child.poll() is not None), None)


def stop(children: dict[str, "subprocess.Popen[str]"]) -> None:
    """Ask every process to end, and insist after a while."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for child in children.values():
            if child.poll() is None or number == signal.SIGKILL:
                send(child, number)
        end = time.monotonic() + PATIENCE_SECONDS
        while any(child.poll() is None for child in children.values()) and time.monotonic() < end:
            time.sleep(0.05)


def send(child: "subprocess.Popen[str]", number: signal.Signals) -> None:
    """The gentle signal to the leader, which ends its own children; the hard one to all that are left."""
    with suppress(ProcessLookupError):
        if number == signal.SIGKILL:
            os.killpg(child.pid, number)
        else:
            child.send_signal(number)


def interrupt(number: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())

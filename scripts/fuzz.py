"""Requests that nobody would write, to every operation of the interface: in process, then at a server.

    python scripts/fuzz.py [--cases 10]

The server stands on a database of its own with the demo's people in it, so that many ids are met. Prints the
figures of tests/gateway/test_fuzz.py; ends with 1 where an answer was an error of ours or not documented.
"""

import argparse
import os
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from config import devservices  # noqa: E402

DATABASE = "fuzz"


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10, help="per operation, on top of the boundary cases")
    cases = str(parser.parse_args().cases)
    in_process = fuzz({"FUZZ_CASES": cases, "TEST_DATABASE_NAME": "test_fuzz"})
    environment = prepared()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            *(sys.executable, "-m", "gunicorn", "config.wsgi", "--workers", "2", "--threads", "2"),
            *("--bind", f"127.0.0.1:{port}", "--log-level", "error"),
            *("--limit-request-line", "8190"),
        ],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,  # its log of refusals
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(port)
        url = {"FUZZ_URL": f"http://127.0.0.1:{port}", "FUZZ_TOKEN": token(environment)}
        served = fuzz({"FUZZ_CASES": cases, **url})
    finally:
        server.terminate()
        server.wait()
    return in_process or served


def fuzz(more: dict[str, str]) -> int:
    print(f"== {more.get('FUZZ_URL', 'in process')}", flush=True)
    command = [
        *(sys.executable, "-m", "pytest", "tests/gateway/test_fuzz.py"),
        *("-q", "-p", "no:randomly", "--timeout", "1800"),
    ]
    return subprocess.run(command, cwd=ROOT, env=os.environ | more, check=False).returncode


def prepared() -> dict[str, str]:
    """The environment of the server: its database, freshly filled with the demo's people."""
    server = os.environ.get("DATABASE_URL") or devservices.ensure_postgres(ROOT)
    with psycopg.connect(at(server, "postgres"), autocommit=True) as connection:
        name = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": at(server, DATABASE),
        "LOG_LEVEL": "CRITICAL",
    }
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "demo", "--no-serve")
    return environment


def token(environment: dict[str, str]) -> str:
    said = manage(environment, "api_client", "Fuzz", "--all-scopes", "--requests-per-minute", "1000000")
    return said.split()[-1]


def manage(environment: dict[str, str], *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout


def at(server: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))


def wait_for(port: int) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    sys.exit("The server did not start.")


if __name__ == "__main__":
    sys.exit(main())

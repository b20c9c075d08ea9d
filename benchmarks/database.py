"""The benchmarks' own databases: one per size, kept between runs, on the configured server."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import django
from psycopg import sql


def set_up() -> None:
    """Start Django with the settings of the tests: no broker, no cache outside the process, quiet logs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
    django.setup()


def use(name: str) -> None:
    """Create and migrate the database where needed, and let this process work on it."""
    from django.core.management import call_command

    _create(name)
    connect(name)
    call_command("migrate", verbosity=0)


def connect(name: str) -> None:
    """Let this process work on another database of the same server."""
    from django.db import connection

    connection.close()
    connection.settings_dict["NAME"] = name


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


@contextmanager
def stated(what: str) -> Iterator[None]:
    """Say what took how long."""
    start = time.perf_counter()
    yield
    say(f"  {what}: {time.perf_counter() - start:.1f} s")


def _create(name: str) -> None:
    from django.db import connection

    connect("postgres")
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

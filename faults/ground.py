"""What the suite stands on: a database and a Redis of its own, and Django set up for them.

The database lies on the configured server (the embedded one unless DATABASE_URL names another) and is never
the one of development. Redis is a child of this process: it is killed and emptied at will.
"""

import logging
import os
import shutil
import signal
import subprocess
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import psycopg
from psycopg import sql

from config import devservices
from config.env import BASE_DIR

# Emptied with everything that refers to them; what migrations filled in stays.
TABLES = (
    "patients_patient",
    "therapists_therapist",
    "therapists_practice",
    "therapists_contactgroup",
    "communication_emailmessage",
    "communication_inboundmessage",
    "communication_undeliverableaddress",
    "communication_mailcircuit",
    "events_domainevent",
    "accounts_user",
)


class Redis:
    """A Redis that may be killed, with its data in a folder of its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="faults-redis-"))
        self.socket = self.folder / "redis.sock"
        self.program = devservices.redis_program()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> None:
        assert self.program is not None
        own = {"unixsocket": str(self.socket), "dir": str(self.folder)}
        values = devservices.REDIS_SETTINGS | own
        words = [word for key, value in values.items() for word in (f"--{key}", value)]
        self._process = subprocess.Popen(  # noqa: S603  (a list, read by no shell)
            [str(self.program), *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._wait_until_ready()

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def empty(self) -> None:
        """Throw its data away; only while it is down."""
        assert self._process is None
        shutil.rmtree(self.folder)
        self.folder.mkdir(mode=0o700)

    def end(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def waiting(self) -> int:
        """How many tasks nobody has taken yet."""
        import redis

        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            return int(client.llen("celery"))

    def forget(self) -> None:
        import redis

        with redis.Redis(unix_socket_path=str(self.socket)) as client:
            client.flushall()

    def _wait_until_ready(self) -> None:
        import redis

        end = time.monotonic() + 20
        while True:
            try:
                with redis.Redis(unix_socket_path=str(self.socket)) as client:
                    client.ping()
                return
            except redis.RedisError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)


@contextmanager
def set_up(database: str) -> Iterator[Redis]:
    """Create and migrate the database where needed, start Redis where there is one, and set Django up."""
    redis = Redis()
    try:
        _set_up(database, redis)
        yield redis
    finally:
        redis.end()


def _set_up(database: str, redis: Redis) -> None:
    server = os.environ.get("DATABASE_URL") or devservices.ensure_postgres(BASE_DIR)
    _create(server, database)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": _at(server, database),
        "EMAIL_URL": "smtp://127.0.0.1:1",  # nobody, until a mail server is started
        "EMAIL_PROVIDER": "",
        "ALLOWED_HOSTS": "testserver",
        "SITE_URL": "http://testserver",
        "REQUIRE_SECOND_FACTOR": "false",
        "LOG_LEVEL": "CRITICAL",
        "REDIS_URL": redis.url,
    }
    if redis.program is not None:
        redis.start()
    django.setup()
    logging.disable(logging.CRITICAL)  # refusals and deaths are the point here
    warnings.filterwarnings("ignore", message="No directory at")  # static files nobody has collected
    _prepare()


def use_broker(redis: Redis | None) -> None:
    """Let services ring Celery through this Redis, or nowhere."""
    from django.conf import settings

    from config.settings import base

    settings.CELERY_BROKER_URL = base.broker(redis.url) if redis else None
    if redis:
        redis.forget()


def empty() -> None:
    """Every kind of fault begins with nothing waiting."""
    from django.db import connection

    from apps.matching.selectors import kept

    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)}, faults_effect CASCADE")
    kept.forget()


def _prepare() -> None:
    """Migrations, a table for the effects of the suite's jobs, and no limit of e-mails per hour."""
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from apps.core import parameters

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS faults_effect (job text NOT NULL)")
    now = timezone.now()
    if parameters.current(at=now).emails_per_hour < 100_000:
        parameters.change(name="emails_per_hour", value=100_000, actor=None, at=now, reason="fault suite")


def _create(server: str, database: str) -> None:
    with psycopg.connect(_at(server, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
        if found is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))


def _at(server: str, database: str) -> str:
    """The same server, another database."""
    return urlunsplit(urlsplit(server)._replace(path=f"/{database}"))

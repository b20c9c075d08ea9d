"""Short questions to the servers we need, each with a limit: asked by /readyz every few seconds."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

BROKER_PATIENCE_SECONDS = 1.0
LOOK_AGAIN_SECONDS = 10.0


@dataclass
class _Known:
    """What this process last found out about migrations. Missing ones may be made up for; applied ones
    stay applied for as long as the process has this code."""

    is_migrated: bool = False
    looked_at: float = float("-inf")  # on the monotonic clock


_known = _Known()


@contextmanager
def bounded(seconds: float) -> Iterator[None]:
    """A transaction whose statements the database breaks off after so long (also behind PgBouncer)."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(int(seconds * 1000))])
        yield


def is_migrated() -> bool:
    """Whether no migration is missing. Kept per process; a bad answer for LOOK_AGAIN_SECONDS."""
    if not _known.is_migrated and time.monotonic() - _known.looked_at >= LOOK_AGAIN_SECONDS:
        _known.is_migrated = not missing_migrations()
        _known.looked_at = time.monotonic()
    return _known.is_migrated


def missing_migrations() -> list[str]:
    """ "app.name" of what `migrate` would apply. Reads all migrations: some tenths of a second."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _is_backwards in plan]


def forget() -> None:
    """Only tests apply and unapply within one process."""
    _known.is_migrated, _known.looked_at = False, float("-inf")


def broker_failure() -> str | None:
    """The kind of failure in one word; None where the broker answers. Only where REDIS_URL is set."""
    try:
        with broker() as server:
            server.ping()
    except (redis.RedisError, OSError) as failure:
        return type(failure).__name__
    return None


def broker() -> redis.Redis:
    """A connection that gives up soon; to be closed by the caller (a context manager)."""
    return redis.from_url(
        str(settings.REDIS_URL),
        socket_connect_timeout=BROKER_PATIENCE_SECONDS,
        socket_timeout=BROKER_PATIENCE_SECONDS,
        retry_on_timeout=False,
    )

"""Manners towards servers outside: one pace for all workers, and rest for a server that does not answer.

The pace follows the clock of the database, because the waiting is real and all machines must agree on it.
"""

import time
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import QuerySet

from apps.geocoding.models import OutsideServer

log = structlog.get_logger(__name__)

FIRST_REST = timedelta(minutes=1)
LONGEST_REST = timedelta(minutes=15)

_SLOT = f"""
INSERT INTO {OutsideServer._meta.db_table} AS server (name, next_free_at, failures, reply)
VALUES (%(name)s, clock_timestamp() + make_interval(secs => %(interval)s), 0, '')
ON CONFLICT (name) DO UPDATE
SET next_free_at = greatest(server.next_free_at, clock_timestamp()) + make_interval(secs => %(interval)s)
WHERE server.next_free_at <= clock_timestamp() + make_interval(secs => %(patience)s)
RETURNING extract(epoch FROM next_free_at - make_interval(secs => %(interval)s) - clock_timestamp())::float
"""  # noqa: S608  (the table's own name)
_HOLD_OFF = f"""
UPDATE {OutsideServer._meta.db_table}
SET next_free_at = greatest(next_free_at, clock_timestamp() + make_interval(secs => %(pause)s)),
    quiet_until = greatest(quiet_until, clock_timestamp() + make_interval(secs => %(pause)s))
WHERE name = %(name)s
"""  # noqa: S608
_IS_QUIET = f"""
SELECT EXISTS (SELECT FROM {OutsideServer._meta.db_table} WHERE name = %s AND quiet_until > clock_timestamp())
"""  # noqa: S608


class Busy(Exception):
    """The next free moment of the server is further away than the caller has patience."""


def wait_for_slot(*, name: str, interval_seconds: float, patience_seconds: float) -> None:
    """Sleep until it is this caller's turn. Outside of any transaction, or others would wait for it.

    Who has a slot while the server asks for quiet takes a later one. Raises Busy without having waited.
    """
    while True:
        wait = _take_slot(name, interval_seconds, patience_seconds)
        if wait is None:
            raise Busy(name)
        time.sleep(max(0.0, wait))
        if not _is_quiet(name):
            return


def _take_slot(name: str, interval_seconds: float, patience_seconds: float) -> float | None:
    """Seconds until the slot begins; None where it is too far away, and then none is taken."""
    values: dict[str, str | float] = {
        "name": name,
        "interval": interval_seconds,
        "patience": patience_seconds,
    }
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(_SLOT, values)
        row = cursor.fetchone()
    return float(row[0]) if row else None


def _is_quiet(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_QUIET, [name])
        return bool(cursor.fetchone()[0])


def hold_off(*, name: str, seconds: float) -> None:
    """Nobody asks for so long: the server wished it, or it has just failed."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD_OFF, {"name": name, "pause": seconds})


def resting(*, name: str, at: datetime) -> OutsideServer | None:
    """The row of a server that is left in peace at the moment."""
    return _rows(name).filter(open_until__gt=at).first()


@transaction.atomic
def note_failure(*, name: str, reply: str, at: datetime) -> OutsideServer:
    """The server could not be used: rest 1, 2, 4, 8, then 15 minutes."""
    OutsideServer.objects.get_or_create(name=name, defaults={"next_free_at": at})
    row = _rows(name).select_for_update().get()
    row.failures += 1
    row.failed_at, row.reply = at, reply[:300]
    row.open_until = at + min(FIRST_REST * 2 ** min(row.failures - 1, 10), LONGEST_REST)
    row.save(update_fields=["failures", "failed_at", "reply", "open_until"])
    log.warning("outside_server_unusable", server=name, failures=row.failures, reply=row.reply)
    return row


def note_success(*, name: str) -> None:
    """One statement that writes nothing while all is well."""
    _rows(name).filter(failures__gt=0).update(failures=0, open_until=None)


def _rows(name: str) -> QuerySet[OutsideServer]:
    return OutsideServer.objects.filter(name=name)

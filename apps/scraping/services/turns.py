"""Whose turn it is at a host: one request at a time and a pause after it, across processes and machines."""

from datetime import timedelta
from typing import Any

from django.db import connection

from apps.scraping.models import FetchTurn

_TABLE = FetchTurn._meta.db_table
_TAKE = f"""
INSERT INTO {_TABLE} AS turn (host, holder, free_at)
VALUES (%(host)s, %(holder)s, clock_timestamp() + %(lease)s)
ON CONFLICT (host) DO UPDATE SET holder = excluded.holder, free_at = excluded.free_at
WHERE turn.free_at <= clock_timestamp()
RETURNING host
"""  # noqa: S608  (the table's own name)
_WAIT = f"SELECT extract(epoch FROM free_at - clock_timestamp())::float FROM {_TABLE} WHERE host = %s"  # noqa: S608
_GIVE_BACK = f"""
UPDATE {_TABLE} SET free_at = clock_timestamp() + %(pause)s WHERE host = %(host)s AND holder = %(holder)s
"""  # noqa: S608


def take(*, host: str, holder: str, lease_seconds: float) -> float:
    """0 where it is the holder's turn, until given back or for `lease_seconds`; else how long to wait."""
    values: dict[str, Any] = {"host": host, "holder": holder, "lease": timedelta(seconds=lease_seconds)}
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, values)
        if cursor.fetchone():
            return 0.0
        cursor.execute(_WAIT, [host])
        row = cursor.fetchone()
    return max(float(row[0]), 0.001) if row else 0.001


def give_back(*, host: str, holder: str, pause_seconds: float) -> None:
    """The request is over; the next one, of whomever, comes after the pause."""
    values: dict[str, Any] = {"host": host, "holder": holder, "pause": timedelta(seconds=pause_seconds)}
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, values)

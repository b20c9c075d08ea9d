"""One relay at a time: a lock of PostgreSQL that belongs to the session and falls with it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import Error, connection

from apps.events.models import Outlet
from apps.events.relay.errors import TurnLost

KIND = 7_305_001  # of the lock, beside the outlet's number
LOOK_SECONDS = 2.0

_HELD = """
SELECT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND classid = %s AND objid = %s AND objsubid = 2 AND granted AND (pid = pg_backend_pid() OR NOT %s)
)"""
# A host that vanishes without a word is noticed in a minute, not in two hours: the stand-by may begin.
_NOTICE_DEATH = """
SELECT set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
       set_config('tcp_keepalives_count', '3', false)"""


@contextmanager
def turn(outlet: Outlet, *, wait: Callable[[float], bool] | None = None) -> Iterator[bool]:
    """True when it is ours, until the end of the block. Whoever is second looks again every LOOK_SECONDS;
    False when `wait(seconds)` says that it is time to stop, or at once where nobody waits."""
    is_ours = _take(outlet)
    while not is_ours and wait is not None and not wait(LOOK_SECONDS):
        is_ours = _take(outlet)
    try:
        yield is_ours
    finally:
        if is_ours:
            _give_back(outlet)


def make_sure(outlet: Outlet) -> None:
    """Raises TurnLost where the lock is not this session's any more."""
    if not _is_held(outlet, only_by_us=True):
        raise TurnLost


def is_taken(outlet: Outlet) -> bool:
    """Whether some relay is at work."""
    return _is_held(outlet, only_by_us=False)


def _take(outlet: Outlet) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_NOTICE_DEATH)
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [KIND, outlet.pk])
        return bool(cursor.fetchone()[0])


def _is_held(outlet: Outlet, *, only_by_us: bool) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [KIND, outlet.pk, only_by_us])
        return bool(cursor.fetchone()[0])


def _give_back(outlet: Outlet) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [KIND, outlet.pk])
    except Error:  # the session has ended, and the lock with it
        connection.close()

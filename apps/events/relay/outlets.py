"""Switching the way out on and off, queueing the past, taking what waits and putting it away."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import OperationalError, connection, transaction
from django.db.models import Max, Min, QuerySet

from apps.events.models import DomainEvent, Outgoing, Outlet
from apps.events.relay.errors import RelayError

log = structlog.get_logger(__name__)

KAFKA = "kafka"
LOCK_NOT_AVAILABLE = "55P03"
PAST_ROWS = 5_000  # queued in one statement
QUIET_SECONDS = 1.0  # publishers wait so long at most while the switch is turned
QUIET_TRIES = 60
QUIET_PAUSE_SECONDS = 4.0
Change = Callable[[Outlet], None]


@dataclass(frozen=True)
class Backlog:
    """`since`: the oldest row has waited from then on."""

    waiting: int
    since: datetime | None

    def age_seconds(self, at: datetime) -> float:
        return max(0.0, (at - self.since).total_seconds()) if self.since else 0.0


def outlet(name: str = KAFKA) -> Outlet | None:
    return Outlet.objects.filter(name=name).first()


def switch_on(*, at: datetime, name: str = KAFKA, from_id: int | None = None) -> Outlet:
    """From now on every event goes out; with `from_id` those of the past from this one on as well.

    An outlet that is on stays as it is; a past is added to what is still to be queued. Raises RelayError
    where long transactions leave no moment for it.
    """
    Outlet.objects.get_or_create(name=name)
    if from_id is None and (there := Outlet.objects.get(name=name)).is_on:
        return there
    return _turn(name, lambda row: _on(row, at, from_id))


def switch_off(*, name: str = KAFKA) -> int:
    """No more rows, and those that wait are thrown away; returns how many."""
    if outlet(name) is None:
        return 0
    row = _turn(name, _off)
    return Outgoing.objects.filter(outlet=row).delete()[0]


def first_since(moment: datetime) -> int | None:
    """The lowest id of the events from this moment on; None where there are none."""
    events = DomainEvent.objects.filter(occurred_at__gte=moment)
    found: int | None = events.aggregate(first=Min("pk"))["first"]
    return found


@transaction.atomic
def queue_past(outlet: Outlet) -> int:
    """Queue the next part of the past; returns how many events, 0 when nothing is left of it."""
    row = Outlet.objects.select_for_update(no_key=True).get(pk=outlet.pk)
    if row.past_next is None:
        return 0
    past = DomainEvent.objects.filter(pk__gte=row.past_next, pk__lte=row.past_until).order_by("pk")
    ids = list(past.values_list("pk", flat=True)[:PAST_ROWS])
    Outgoing.objects.bulk_create([Outgoing(outlet=row, event_id=pk) for pk in ids], ignore_conflicts=True)
    row.past_next = ids[-1] + 1 if ids else None
    row.past_until = row.past_until if ids else None
    row.save(update_fields=["past_next", "past_until"])
    return len(ids)


def waiting_rows(outlet: Outlet, limit: int) -> list[Outgoing]:
    """The next ones in the order of their events.

    In two questions: for a join the planner might walk along all events from the first one on.
    """
    rows = Outgoing.objects.filter(outlet=outlet).order_by("event_id").prefetch_related("event")
    return list(rows[:limit])


def put_away(ids: Collection[int]) -> None:
    if ids:
        Outgoing.objects.filter(pk__in=ids).delete()


def backlog(outlet: Outlet) -> Backlog:
    rows = Outgoing.objects.filter(outlet=outlet)
    return Backlog(rows.count(), _oldest(rows))


def oldest_waiting_since() -> datetime | None:
    """When the row that waits longest was queued: of the past that counts, not when it happened."""
    return _oldest(Outgoing.objects.all())


def _oldest(rows: QuerySet[Outgoing]) -> datetime | None:
    """Numbers are given as rows are queued: the past that is queued today stands behind."""
    return rows.order_by("pk").values_list("queued_at", flat=True).first()


def _on(row: Outlet, at: datetime, from_id: int | None) -> None:
    if not row.is_on:
        row.is_on, row.since = True, at
    if from_id is not None:
        row.past_next = min(from_id, row.past_next or from_id)
        row.past_until = DomainEvent.objects.aggregate(last=Max("pk"))["last"] or 0


def _off(row: Outlet) -> None:
    row.is_on, row.since, row.past_next, row.past_until = False, None, None, None


def _turn(name: str, change: Change) -> Outlet:
    """Turn the switch while nobody publishes: a transaction that has written its events before and commits
    after would neither be handed to the outlet nor belong to the past."""
    for left in range(QUIET_TRIES, 0, -1):
        try:
            return _turned(name, change)
        except OperationalError as failure:
            if getattr(failure.__cause__, "sqlstate", "") != LOCK_NOT_AVAILABLE:
                raise
            log.warning("outlet_waits_for_publishers", outlet=name, tries_left=left - 1)
            time.sleep(QUIET_PAUSE_SECONDS)
    raise RelayError("Long transactions leave no moment to switch the relay. Try again when it is quieter.")


@transaction.atomic
def _turned(name: str, change: Change) -> Outlet:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [f"{int(QUIET_SECONDS * 1000)}ms"])
        cursor.execute(f"LOCK TABLE {DomainEvent._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")
    row = Outlet.objects.select_for_update(no_key=True).get(name=name)
    change(row)
    row.save(update_fields=["is_on", "since", "past_next", "past_until"])
    return row

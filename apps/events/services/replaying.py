"""Handing events of the past over again, to subscribers named one by one.

For a subscriber that is new, or whose work was lost. Handlers meet an event they may have seen: only name
those that bear it.
"""

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.db import transaction
from django.db.models import F, Q, QuerySet

from apps.events.catalogue import Subscriber, subscriber_names, subscriber_registry, types_heard_by
from apps.events.models import Delivery, DomainEvent
from apps.events.services.dispatching import Failure, hand_over

log = structlog.get_logger(__name__)

BATCH_ROWS = 500


@dataclass(frozen=True)
class Wanted:
    """Which events: ids from … to (both included), times since … until (the end excluded), types (all)."""

    from_id: int | None = None
    to_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    types: Collection[str] = ()

    @property
    def is_bounded(self) -> bool:
        bounds = (self.from_id, self.to_id, self.since, self.until)
        return any(bound is not None for bound in bounds)

    @property
    def condition(self) -> Q:
        bounds = {
            "pk__gte": self.from_id,
            "pk__lte": self.to_id,
            "occurred_at__gte": self.since,
            "occurred_at__lt": self.until,
            "type__in": list(self.types) or None,
        }
        return Q(**{name: value for name, value in bounds.items() if value is not None})


@dataclass
class Replayed:
    """`events` were looked at; the counts are of deliveries, by subscriber. `failed_ids` are events."""

    events: int = 0
    delivered: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    failed_ids: list[int] = field(default_factory=list)


def replay(
    *,
    wanted: Wanted,
    subscribers: Collection[str],
    at: datetime,
    only_missing: bool = False,
    is_dry_run: bool = False,
) -> Replayed:
    """Hand the events over in their order, each delivery in its own transaction with its bookkeeping.

    A failure goes back, is counted, and the next delivery follows; it parks nothing. Events that still wait
    are left out: the dispatcher brings them. `only_missing` skips who has handled the event before, so that
    the same call goes on where it was broken off. `is_dry_run` only counts.
    Raises LookupError for unknown subscribers or types nobody of them hears, ValueError without any bound.
    """
    _refuse(wanted, subscribers)
    result, wanted_names = Replayed(), set(subscribers)
    for event in _events(wanted, subscribers):
        result.events += 1
        handled = {row.subscriber for row in event.deliveries.all()} if only_missing else set()
        for subscriber in subscriber_registry[event.type]:
            if subscriber.name in handled & wanted_names:
                result.skipped[subscriber.name] += 1
            elif subscriber.name in wanted_names:
                _count(result, event, subscriber, at, is_dry_run=is_dry_run)
    log.info("events_replayed", events=result.events, subscribers=sorted(subscribers), dry_run=is_dry_run)
    return result


def _refuse(wanted: Wanted, subscribers: Collection[str]) -> None:
    known = subscriber_names()
    if unknown := set(subscribers) - set(known):
        raise LookupError(f"No such subscriber: {', '.join(sorted(unknown))}. There are: {', '.join(known)}")
    if unheard := set(wanted.types) - types_heard_by(subscribers):
        raise LookupError(f"None of these subscribers hears {', '.join(sorted(unheard))}")
    if not subscribers or not wanted.is_bounded:
        raise ValueError("Name a subscriber and from where or to where, by id or by time")


def _events(wanted: Wanted, subscribers: Collection[str]) -> Iterator[DomainEvent]:
    """Batch by batch along the keys; what comes in meanwhile is the dispatcher's."""
    rows = _past().filter(wanted.condition, type__in=types_heard_by(subscribers)).order_by("pk")
    last = rows.last()
    after = 0
    while last is not None and after < last.pk:
        batch = list(rows.filter(pk__gt=after, pk__lte=last.pk).prefetch_related("deliveries")[:BATCH_ROWS])
        yield from batch
        after = batch[-1].pk if batch else last.pk


def _past() -> QuerySet[DomainEvent]:
    return DomainEvent.objects.filter(Q(dispatched_at__isnull=False) | Q(parked_at__isnull=False))


def _count(
    result: Replayed, event: DomainEvent, subscriber: Subscriber, at: datetime, *, is_dry_run: bool
) -> None:
    if is_dry_run or _hand_over_again(event, subscriber, at):
        result.delivered[subscriber.name] += 1
    else:
        result.failed[subscriber.name] += 1
        result.failed_ids.append(event.pk)


def _hand_over_again(event: DomainEvent, subscriber: Subscriber, at: datetime) -> bool:
    try:
        with transaction.atomic():
            hand_over(DomainEvent.objects.select_for_update().get(pk=event.pk), subscriber)
            _note(event, subscriber, at)
    except Exception as error:  # one event's trouble must not stop the others
        _log(event, subscriber, Failure.of(error))
        return False
    return True


def _note(event: DomainEvent, subscriber: Subscriber, at: datetime) -> None:
    delivery = Delivery.objects.filter(event=event, subscriber=subscriber.name)
    if not delivery.update(handled_at=at, times=F("times") + 1):
        Delivery.objects.create(event=event, subscriber=subscriber.name, handled_at=at)


def _log(event: DomainEvent, subscriber: Subscriber, failure: Failure) -> None:
    log.error(
        "event_replay_failed",
        event_id=event.pk,
        subscriber=subscriber.name,
        error=failure.name,
        place=failure.place,
        exc_info=failure.error,
    )

"""Publishing and dispatching. The outbox row is written in the publisher's transaction."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Q

from apps.events import bell
from apps.events.catalogue import EventType, event_type, subscriber_registry
from apps.events.models import Delivery, DomainEvent

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
BACK_OFF = timedelta(seconds=30)


def publish(
    *, type: str, subject_id: object, at: datetime, payload: Mapping[str, Any] | None = None
) -> DomainEvent:
    """Write one event into the outbox; it is dispatched after the surrounding transaction commits.

    Raises LookupError for an undeclared type, ValueError for a payload key the type may not carry,
    RuntimeError outside a transaction (the event would outlive a failed change).
    """
    [event] = publish_many(type=type, subjects=[(subject_id, payload or {})], at=at)
    return event


def publish_many(
    *, type: str, subjects: Iterable[tuple[object, Mapping[str, Any]]], at: datetime
) -> list[DomainEvent]:
    """The same for several subjects (id, payload) in one statement."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("publish() belongs into the transaction of the change it tells of")
    declared = event_type(type)
    events = [_event(declared, subject_id, dict(payload), at) for subject_id, payload in subjects]
    DomainEvent.objects.bulk_create(events)
    bell.ring("events.dispatch")
    return events


def _event(declared: EventType, subject_id: object, payload: dict[str, Any], at: datetime) -> DomainEvent:
    if unknown := payload.keys() - declared.keys:
        raise ValueError(f"{declared.name} may not carry {', '.join(sorted(unknown))}")
    return DomainEvent(
        event_id=uuid.uuid4(),
        type=declared.name,
        version=declared.version,
        occurred_at=at,
        producer=declared.producer,
        subject_id=str(subject_id),
        payload=payload,
    )


def dispatch(*, at: datetime, limit: int = 500) -> int:
    """Hand waiting events to their subscribers, oldest first; returns how many were finished.

    Each event is one transaction, rows locked with SKIP LOCKED: several workers share the queue.
    """
    done = _finish_unheard(at)
    for event_id in list(_waiting(at).order_by("id").values_list("id", flat=True)[:limit]):
        done += _dispatch_one(event_id=event_id, at=at)
    return done


def redrive(*, event: DomainEvent) -> None:
    """Give a parked event another round of attempts."""
    DomainEvent.objects.filter(pk=event.pk, parked_at__isnull=False).update(
        parked_at=None, attempts=0, next_attempt_at=None, last_error=""
    )


def _finish_unheard(at: datetime) -> int:
    """Events nobody subscribes to are done at once, in one statement."""
    unheard = DomainEvent.objects.filter(dispatched_at__isnull=True, parked_at__isnull=True).exclude(
        type__in=list(subscriber_registry)
    )
    return unheard.update(dispatched_at=at)


def _waiting(at: datetime) -> Any:
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    return DomainEvent.objects.filter(due, dispatched_at__isnull=True, parked_at__isnull=True)


def _dispatch_one(*, event_id: int, at: datetime) -> int:
    if not _begin(event_id=event_id, at=at):
        return 0
    try:
        with transaction.atomic():
            event = _waiting(at).select_for_update(skip_locked=True).filter(pk=event_id).first()
            if event is None:
                return 0
            _deliver(event, at)
            event.dispatched_at = at
            event.save(update_fields=["dispatched_at"])
            return 1
    except Exception as error:  # a subscriber's bug must not stop the other events
        _record_failure(event_id=event_id, error=error, at=at)
        return 0


def _begin(*, event_id: int, at: datetime) -> bool:
    """Count the attempt before it is made, so that an event that kills its worker is parked one day.

    Committed without waiting for the disk: what a crash of the whole machine forgets is a count.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        event = _waiting(at).select_for_update(skip_locked=True).filter(pk=event_id).first()
        if event is None:
            return False
        is_deadly = event.attempts >= MAX_ATTEMPTS
        if is_deadly:
            event.parked_at, event.last_error = at, "worker died"
        event.attempts += 1
        event.save(update_fields=["attempts", "parked_at", "last_error"])
        return not is_deadly


def _deliver(event: DomainEvent, at: datetime) -> None:
    handled = set(event.deliveries.values_list("subscriber", flat=True))
    for subscriber in subscriber_registry.get(event.type, []):
        if subscriber.name not in handled:
            subscriber.handler(event)
            Delivery.objects.create(event=event, subscriber=subscriber.name, handled_at=at)


def _record_failure(*, event_id: int, error: Exception, at: datetime) -> None:
    log.error("event_dispatch_failed", event_id=event_id, error=type(error).__name__, exc_info=error)
    with transaction.atomic():
        event = DomainEvent.objects.select_for_update().get(pk=event_id)
        event.last_error = type(error).__name__
        event.next_attempt_at = at + BACK_OFF * 2**event.attempts
        event.parked_at = at if event.attempts >= MAX_ATTEMPTS else None
        event.save(update_fields=["attempts", "last_error", "next_attempt_at", "parked_at"])

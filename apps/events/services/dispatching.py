"""Handing waiting events to their subscribers, with a count of attempts and a place for what never works."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any

import structlog
from django.db import connection, transaction
from django.db.models import Q

from apps.events.catalogue import Subscriber, subscriber_registry
from apps.events.models import Delivery, DomainEvent

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 5
BACK_OFF = timedelta(seconds=30)
WORKER_DIED = "worker died"


class HandlingFailed(Exception):
    """A subscriber raised; its error is the cause."""

    def __init__(self, subscriber: str) -> None:
        super().__init__(subscriber)
        self.subscriber = subscriber


@dataclass(frozen=True)
class Failure:
    """What may be kept of an error: its class and place, never its words."""

    error: BaseException
    subscriber: str

    @property
    def name(self) -> str:
        return type(self.error).__name__

    @property
    def place(self) -> str:
        """Module, line and function of the innermost frame that is ours."""
        frames = list(_frames(self.error.__traceback__))
        ours = [
            frame for frame in frames if frame.startswith("apps.") and not frame.startswith("apps.events.")
        ]
        return (ours or frames or [""])[-1][:200]

    @classmethod
    def of(cls, error: Exception) -> "Failure":
        if isinstance(error, HandlingFailed) and error.__cause__ is not None:
            return cls(error.__cause__, error.subscriber)
        return cls(error, "")


def _frames(trace: TracebackType | None) -> Any:
    while trace is not None:
        frame = trace.tb_frame
        yield f"{frame.f_globals.get('__name__', '?')}:{trace.tb_lineno} {frame.f_code.co_name}"
        trace = trace.tb_next


def dispatch(*, at: datetime, limit: int = 500) -> int:
    """Hand waiting events to their subscribers, oldest first; returns how many were finished.

    Each event is one transaction, rows locked with SKIP LOCKED: several workers share the queue.
    """
    done = _finish_unheard(at)
    for event_id in list(_waiting(at).order_by("id").values_list("id", flat=True)[:limit]):
        done += _dispatch_one(event_id=event_id, at=at)
    return done


def hand_over(event: DomainEvent, subscriber: Subscriber) -> None:
    """Raises HandlingFailed with the subscriber's own error as its cause."""
    try:
        subscriber.handler(event)
    except Exception as error:
        raise HandlingFailed(subscriber.name) from error


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
        _record_failure(event_id=event_id, failure=Failure.of(error), at=at)
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
            event.parked_at, event.last_error, event.error_place = at, WORKER_DIED, ""
            event.failed_subscriber = _only_subscriber(event.type)
        event.attempts += 1
        event.save(update_fields=["attempts", "parked_at", "last_error", "failed_subscriber", "error_place"])
        return not is_deadly


def _only_subscriber(type: str) -> str:
    """Who a dead worker was with can be told only where there is a single one."""
    names = [subscriber.name for subscriber in subscriber_registry.get(type, [])]
    return names[0] if len(names) == 1 else ""


def _deliver(event: DomainEvent, at: datetime) -> None:
    handled = set(event.deliveries.values_list("subscriber", flat=True))
    for subscriber in subscriber_registry.get(event.type, []):
        if subscriber.name not in handled:
            hand_over(event, subscriber)
            Delivery.objects.create(event=event, subscriber=subscriber.name, handled_at=at)


def _record_failure(*, event_id: int, failure: Failure, at: datetime) -> None:
    log.error(
        "event_dispatch_failed",
        event_id=event_id,
        error=failure.name,
        subscriber=failure.subscriber,
        exc_info=failure.error,
    )
    with transaction.atomic():
        event = DomainEvent.objects.select_for_update().get(pk=event_id)
        event.last_error, event.failed_subscriber = failure.name, failure.subscriber
        event.error_place = failure.place
        event.next_attempt_at = at + BACK_OFF * 2**event.attempts
        event.parked_at = at if event.attempts >= MAX_ATTEMPTS else None
        event.save(
            update_fields=[
                *("attempts", "last_error", "failed_subscriber", "error_place"),
                *("next_attempt_at", "parked_at"),
            ]
        )

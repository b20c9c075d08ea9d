"""Writing events into the outbox."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.events import bell
from apps.events.catalogue import EventType, event_type
from apps.events.models import DomainEvent
from apps.events.schema import problems

# Keys are always checked. Whole payloads are held against their schema in development and in tests, where
# a mistake should show; in operation it must not cost the change it tells of.
checks_values = settings.DEBUG


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
    _check(declared, payload)
    return DomainEvent(
        event_id=uuid.uuid4(),
        type=declared.name,
        version=declared.version,
        occurred_at=at,
        producer=declared.producer,
        subject_id=str(subject_id),
        payload=payload,
    )


def _check(declared: EventType, payload: dict[str, Any]) -> None:
    if unknown := payload.keys() - declared.keys:
        raise ValueError(f"{declared.name} may not carry {', '.join(sorted(unknown))}")
    if checks_values and (wrong := problems(declared.payload_schema, payload)):
        raise ValueError(f"{declared.name}: {'; '.join(wrong)}")

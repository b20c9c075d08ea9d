"""Every event type with its producer and the payload keys it may carry.

An app declares its types in `apps/<app>/events.py`; publishing anything undeclared is an error, so
that a payload can never grow a field with health data by accident.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from apps.events.models import DomainEvent

type_registry: dict[str, "EventType"] = {}
subscriber_registry: dict[str, list["Subscriber"]] = {}

Handler = Callable[["DomainEvent"], None]


@dataclass(frozen=True)
class EventType:
    name: str
    producer: str
    description: str
    keys: frozenset[str] = field(default_factory=frozenset)
    version: int = 1


@dataclass(frozen=True)
class Subscriber:
    name: str
    handler: Handler


def declare(producer: str, **types: str) -> None:
    """Declare event types of one producer: `patient__moved="Address or place of a patient changed"`.

    Double underscores become dots. Every type may carry `from`, `to` and `changed` (names of fields).
    """
    for key, description in types.items():
        name = key.replace("__", ".")
        keys = frozenset({"from", "to", "changed", "search_id", "patient_id", "therapist_id", "inquiry_id"})
        type_registry[name] = EventType(name=name, producer=producer, description=description, keys=keys)


def subscribe(*types: str) -> Callable[[Handler], Handler]:
    """Register a handler for event types. It runs once per event, inside a transaction of its own."""

    def register(handler: Handler) -> Handler:
        name = f"{handler.__module__}.{handler.__name__}"
        for type_name in types:
            subscriber_registry.setdefault(type_name, []).append(Subscriber(name=name, handler=handler))
        return handler

    return register


def event_type(name: str) -> EventType:
    """The declared type. Raises LookupError for a name no app has declared."""
    try:
        return type_registry[name]
    except KeyError:
        raise LookupError(f"Event type {name!r} is not declared in any apps/*/events.py") from None

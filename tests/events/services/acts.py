"""What the tests of services do again and again."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from apps.events import catalogue
from apps.events.models import DomainEvent
from apps.events.services import publish

TYPE = "test.happened"
PAYLOAD = {"from": "a", "to": "b"}


def listen(handler: Callable[[DomainEvent], None], name: str = "listener") -> None:
    subscribers = catalogue.subscriber_registry.setdefault(TYPE, [])
    subscribers.append(catalogue.Subscriber(name=name, handler=handler))


def happen(at: datetime, count: int = 1) -> list[DomainEvent]:
    with transaction.atomic():
        return [publish(type=TYPE, subject_id=number, at=at, payload=PAYLOAD) for number in range(count)]


def fail(event: DomainEvent) -> None:
    raise KeyError("Kanarienvogel")

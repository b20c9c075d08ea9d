from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from apps.events.models import DomainEvent
from apps.events.selectors import events, parked, parked_counts

pytestmark = pytest.mark.django_db


def dead(at: datetime, subscriber: str = "a", error: str = "KeyError", type: str = "x.y") -> DomainEvent:
    return DomainEvent.objects.create(
        event_id=uuid4(),
        type=type,
        occurred_at=at,
        producer="tests",
        subject_id="7",
        parked_at=at,
        failed_subscriber=subscriber,
        last_error=error,
    )


def test_parked_are_chosen_by_subscriber_error_type_and_time(at: datetime) -> None:
    one, two = dead(at), dead(at, "", "worker died")
    late = dead(at + timedelta(hours=1), type="x.z")
    waiting = dead(at)
    DomainEvent.objects.filter(pk=waiting.pk).update(parked_at=None)
    assert list(events()) == [waiting, late, two, one]
    assert list(parked()) == [late, two, one]
    assert list(parked(subscriber="a")) == [late, one]
    assert list(parked(subscriber="")) == [two]
    assert list(parked(error="KeyError", type="x.y")) == [one]
    assert list(parked(since=at + timedelta(minutes=1))) == [late]


def test_parked_are_counted_by_subscriber_and_error(at: datetime) -> None:
    dead(at + timedelta(hours=1))
    dead(at)
    dead(at, "b")
    rows = parked_counts().values_list("failed_subscriber", "last_error", "count", "oldest")
    assert list(rows) == [("a", "KeyError", 2, at), ("b", "KeyError", 1, at)]

from datetime import datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from apps.events.models import Delivery, DomainEvent

pytestmark = pytest.mark.django_db


@pytest.fixture
def event(at: datetime) -> DomainEvent:
    return DomainEvent.objects.create(
        event_id=uuid4(), type="patient.moved", occurred_at=at, producer="patients", subject_id="7"
    )


def test_event_is_not_both_done_and_parked(event: DomainEvent, at: datetime) -> None:
    with pytest.raises(IntegrityError, match="event_not_both_done_and_parked"), transaction.atomic():
        DomainEvent.objects.filter(pk=event.pk).update(dispatched_at=at, parked_at=at)


def test_event_id_is_given_once(event: DomainEvent) -> None:
    with pytest.raises(IntegrityError, match="event_id"), transaction.atomic():
        DomainEvent.objects.create(
            event_id=event.event_id,
            type="patient.moved",
            occurred_at=event.occurred_at,
            producer="patients",
            subject_id="8",
        )


def test_subscriber_handles_an_event_once(event: DomainEvent, at: datetime) -> None:
    delivery = Delivery.objects.create(event=event, subscriber="listener", handled_at=at)
    assert (str(event), str(delivery)) == ("patient.moved 7", f"{event.pk} → listener")
    with pytest.raises(IntegrityError, match="delivery_once_per_subscriber"), transaction.atomic():
        Delivery.objects.create(event=event, subscriber="listener", handled_at=at)

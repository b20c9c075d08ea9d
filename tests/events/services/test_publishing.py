from datetime import datetime

import pytest
from django.db import transaction

from apps.events.models import DomainEvent
from apps.events.services import publish, publishing
from tests.events.services.acts import PAYLOAD, TYPE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]


def test_publish_writes_the_standard_envelope(at: datetime) -> None:
    with transaction.atomic():
        publish(type=TYPE, subject_id=7, at=at, payload={"from": "a", "to": "b"})
    event = DomainEvent.objects.get()
    assert (event.type, event.version, event.producer, event.subject_id) == (TYPE, 3, "tests", "7")
    assert (event.occurred_at, event.payload, event.attempts) == (at, {"from": "a", "to": "b"}, 0)
    assert (event.dispatched_at, event.parked_at, event.next_attempt_at) == (None, None, None)
    assert event.event_id.version == 4


def test_publish_goes_back_with_its_transaction(at: datetime) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        publish(type=TYPE, subject_id=7, at=at, payload=PAYLOAD)
        raise KeyError
    assert not DomainEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_publish_outside_a_transaction_is_refused(at: datetime) -> None:
    with pytest.raises(RuntimeError, match="transaction"):
        publish(type=TYPE, subject_id=7, at=at, payload=PAYLOAD)
    assert not DomainEvent.objects.exists()


def test_undeclared_type_is_refused(at: datetime) -> None:
    with pytest.raises(LookupError):
        publish(type="test.lost", subject_id=7, at=at, payload=PAYLOAD)
    assert not DomainEvent.objects.exists()


def test_undeclared_keys_are_refused_and_named(at: datetime) -> None:
    with pytest.raises(ValueError, match=r"test\.happened may not carry diagnosis, name"):
        publish(type=TYPE, subject_id=7, at=at, payload={"to": "b", "name": "x", "diagnosis": "F32"})
    assert not DomainEvent.objects.exists()


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"from": "a"}, "payload.to is missing"),
        ({"from": "z", "to": "b"}, "payload.from is none of 'a', 'c'"),
        ({"from": 7, "to": "b"}, "payload.from is no string"),
    ],
)
def test_values_are_held_against_the_schema_where_that_is_switched_on(
    payload: dict[str, object], words: str, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        with pytest.raises(ValueError, match=words):
            publish(type=TYPE, subject_id=7, at=at, payload=payload)
        assert not DomainEvent.objects.exists()
        monkeypatch.setattr(publishing, "checks_values", False)
        publish(type=TYPE, subject_id=7, at=at, payload=payload)
    assert DomainEvent.objects.get().payload == payload

import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from apps.events.models import DomainEvent
from apps.events.relay.messages import message, topic_of

EVENT = DomainEvent(
    event_id=UUID("3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11"),
    type="patient.moved",
    version=2,
    producer="patients",
    occurred_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    subject_id="4711",
    payload={"changed": ["straße"]},
)


def test_value_is_the_envelope_on_one_line() -> None:
    value = message(EVENT).value
    assert value == (
        b'{"event_id":"3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11","type":"patient.moved","version":2,'
        b'"occurred_at":"2026-11-23T08:00:00.000000+00:00","producer":"patients","subject_id":"4711",'
        b'"payload":{"changed":["stra\xc3\x9fe"]}}'
    )
    assert json.loads(value)["payload"] == {"changed": ["straße"]}


def test_key_is_the_subject_and_headers_tell_what_it_is() -> None:
    sent = message(EVENT)
    assert (sent.topic, sent.key) == ("patient-events", b"4711")
    assert sent.headers == (
        ("event_id", b"3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11"),
        ("type", b"patient.moved"),
        ("version", b"2"),
    )


@pytest.mark.parametrize(
    ("producer", "topic"),
    [
        ("patients", "patient-events"),
        ("therapists", "therapist-events"),
        ("matching", "matching-events"),
        ("communication", "communication-events"),
        ("geocoding", "geocoding-events"),
        ("scraping", "scraping-events"),
    ],
)
def test_topic_is_named_after_the_producer(producer: str, topic: str) -> None:
    assert topic_of(producer) == topic

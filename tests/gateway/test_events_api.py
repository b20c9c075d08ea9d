"""Domain events as clients read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.events import services as events
from apps.events.documents import document
from apps.events.envelope import envelope
from apps.events.models import DomainEvent

pytestmark = pytest.mark.django_db

EVENTS = "/api/v1/events"
PAUSED, MOVED = "therapist.paused", "therapist.moved"


def tell(at: datetime, *subjects: int, type: str = PAUSED) -> list[DomainEvent]:
    payload = {"changed": ["street"]} if type == MOVED else {}
    with transaction.atomic():
        return events.publish_many(type=type, subjects=[(one, payload) for one in subjects], at=at)


@pytest.fixture
def caller(calling: Any) -> Any:
    return calling("events:read")


def ids(answer: Any) -> list[int]:
    return [one["id"] for one in answer.json()["items"]]


def test_events_are_told_as_envelopes(caller, at):
    [event] = tell(at, 7, type=MOVED)
    assert caller.get(EVENTS).json() == {"items": [{"id": event.pk, **envelope(event)}], "next": ""}
    assert envelope(event)["occurred_at"] == at.astimezone(UTC).isoformat(timespec="microseconds")


def test_events_are_narrowed_down(caller, at):
    first, second = tell(at, 7, 8)
    [third] = tell(at + timedelta(hours=1), 7, type=MOVED)
    for query, rows in [
        ({"type": PAUSED}, [first, second]),
        ({"subject_id": "7"}, [first, third]),
        ({"producer": "therapists"}, [first, second, third]),
        ({"producer": "matching"}, []),
        ({"after_id": first.pk}, [second, third]),
        ({"since": (at + timedelta(minutes=1)).isoformat()}, [third]),
        ({"sort": "-id"}, [third, second, first]),
    ]:
        assert ids(caller.get(EVENTS, query)) == [row.pk for row in rows], query


def test_events_come_in_pages(caller, at):
    rows = tell(at, *range(5))
    first = caller.get(EVENTS, {"limit": 3})
    second = caller.get(EVENTS, {"limit": 3, "cursor": first.json()["next"]})
    assert ids(first) + ids(second) == [row.pk for row in rows]
    assert second.json()["next"] == ""


@pytest.mark.parametrize("count", [3, 30])
def test_events_cost_the_same_for_many(caller, at, count, django_assert_num_queries):
    tell(at, *range(count))
    caller.get(EVENTS)
    with django_assert_num_queries(2):  # token, rows
        assert len(ids(caller.get(EVENTS))) == count


@pytest.mark.parametrize(
    "query",
    [
        *({"since": "2026-11-23"}, {"since": "0001-01-01T00:00:00Z"}, {"after_id": 10**30}),
        *({"after_id": 0}, {"type": "a\x00"}, {"limit": 0}),
    ],
)
def test_what_cannot_be_is_refused(caller, query):
    assert caller.get(EVENTS, query).status_code == 422


def test_catalogue_is_the_document_of_the_repository(caller):
    assert caller.get(f"{EVENTS}/catalogue").json() == document()


def test_viewers_may_read_with_their_session(viewer_client, at):
    tell(at, 1)
    assert len(ids(viewer_client.get(EVENTS))) == 1

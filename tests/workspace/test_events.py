"""The pages about events: lists, one event, and another try for what was parked."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.events.models import Delivery, DomainEvent, Redrive
from apps.workspace.views import events as views

pytestmark = pytest.mark.django_db
LIST, PARKED, REDRIVE = (reverse(f"events:{name}") for name in ("list", "parked", "redrive_parked"))
PLACES = "apps.patients.places.queue_patient"
SUBSCRIBER = "apps.matching.subscribers.recheck_patient"


def event(at: datetime, **values: Any) -> DomainEvent:
    return DomainEvent.objects.create(
        **{
            "event_id": uuid4(),
            "type": "patient.moved",
            "occurred_at": at,
            "producer": "patients",
            "subject_id": "7",
            "payload": {"changed": ["plz", "city"], "note": "Kanarienvogel"},
            **values,
        }
    )


def dead(at: datetime, **values: Any) -> DomainEvent:
    failure = {"last_error": "KeyError", "failed_subscriber": SUBSCRIBER, "error_place": "apps.x:7 y"}
    return event(at, **{"parked_at": at, "attempts": 5, **failure, **values})


def shown(client: Client, url: str) -> list[int]:
    return [row.pk for row in client.get(url).context["table"].page.object_list.data]


def test_events_are_filtered_and_come_newest_first(manager_client: Client, at: datetime) -> None:
    old = event(at - timedelta(days=1), dispatched_at=at)
    other = event(at, subject_id="8", type="patient.created")
    late = dead(at.replace(hour=23))
    assert shown(manager_client, LIST) == [late.pk, other.pk, old.pk]
    for query, rows in {
        "type=patient.created": [other],
        "subject_id=7": [late, old],
        "state=parked": [late],
        "state=waiting": [other],
        "state=done": [old],
        "since=2026-11-23": [late, other],
        "until=2026-11-22": [old],
        "since=2026-11-23&until=2026-11-23": [late, other],
    }.items():
        assert shown(manager_client, f"{LIST}?{query}") == [row.pk for row in rows], query


def test_event_shows_deliveries_attempts_and_the_declared_payload(
    manager_client: Client, manager: User, at: datetime
) -> None:
    row = dead(at)
    Delivery.objects.create(
        event=row, subscriber="apps.patients.places.queue_patient", handled_at=at, times=2
    )
    Redrive.objects.create(event=row, at=at, actor=manager, error="TypeError")
    response = manager_client.get(reverse("events:event", args=[row.pk]), headers={"Accept-Language": "en"})
    page = response.content.decode()
    assert response.context["payload"] == [("changed", "plz, city")]
    assert f"{SUBSCRIBER}: not delivered" in page
    for words in (
        "apps.patients.places.queue_patient: ",
        ", 2 times",
        "apps.x:7 y",
        "KeyError",
        "(TypeError)",
        str(row.event_id),
    ):
        assert words in page
    assert "Kanarienvogel" not in page


def test_parked_are_filtered_and_counted(manager_client: Client, at: datetime) -> None:
    one = dead(at)
    two = dead(at + timedelta(days=1), failed_subscriber="", last_error="worker died")
    event(at)
    response = manager_client.get(PARKED)
    assert [(row["failed_subscriber"], row["count"]) for row in response.context["counts"]] == [
        ("", 1),
        (SUBSCRIBER, 1),
    ]
    assert "Kanarienvogel" not in response.content.decode()
    for query, rows in {
        "": [two, one],
        f"subscriber={SUBSCRIBER}": [one],
        "subscriber=unknown": [two],
        "error=KeyError": [one],
        "type=patient.created": [],
        "since=2026-11-24": [two],
    }.items():
        assert shown(manager_client, f"{PARKED}?{query}") == [row.pk for row in rows], query


def test_parked_event_is_handed_over_once_more(manager_client: Client, manager: User, at: datetime) -> None:
    row = dead(at)
    url = reverse("events:redrive", args=[row.pk])
    assert manager_client.get(url).status_code == 405
    for _click in range(2):
        response = manager_client.post(url)
        assert response["Location"] == reverse("events:event", args=[row.pk])
    assert DomainEvent.objects.get(pk=row.pk).parked_at is None
    assert Redrive.objects.get().actor == manager


def test_all_of_a_filter_are_handed_over_after_a_question(manager_client: Client, at: datetime) -> None:
    one, other = dead(at), dead(at, failed_subscriber="")
    url = f"{REDRIVE}?subscriber={SUBSCRIBER}"
    question = manager_client.get(url, headers={"Accept-Language": "en"})
    assert question.context["text"] == "Hand 1 parked event over once more?"
    assert Redrive.objects.count() == 0
    assert manager_client.post(url)["Location"] == PARKED
    parked = DomainEvent.objects.filter(parked_at__isnull=False)
    assert [row.pk for row in parked] == [other.pk]
    assert Redrive.objects.get().event == one


@pytest.mark.parametrize("query", ["since=soon", "subscriber=apps.nobody"])
def test_filter_that_is_not_understood_hands_nothing_over(
    query: str, manager_client: Client, at: datetime
) -> None:
    dead(at)
    assert manager_client.post(f"{REDRIVE}?{query}")["Location"] == f"{PARKED}?{query}"
    assert DomainEvent.objects.filter(parked_at__isnull=False).count() == 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("url", "queries"), [(LIST, 9), (PARKED, 9)])
def test_lists_take_the_same_queries_for_any_number_of_rows(
    url: str, queries: int, count: int, manager_client: Client, at: datetime, django_assert_num_queries: Any
) -> None:
    for _row in range(count):
        dead(at)
    with django_assert_num_queries(queries):
        manager_client.get(url)


def test_lists_come_in_pages_and_the_list_of_all_ends_somewhere(
    manager_client: Client, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "ROWS_A_PAGE", 2)
    monkeypatch.setattr(views, "ROWS_SHOWN", 3)
    rows = [dead(at).pk for _row in range(4)]
    assert shown(manager_client, LIST) == [rows[3], rows[2]]
    assert shown(manager_client, f"{LIST}?page=2") == [rows[1]]
    assert shown(manager_client, f"{PARKED}?page=2") == [rows[1], rows[0]]

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from apps.events.models import Delivery, DomainEvent

pytestmark = pytest.mark.django_db

LIST = "/admin/events/domainevent/"


def event(at: datetime, **values: object) -> DomainEvent:
    return DomainEvent.objects.create(
        event_id=uuid4(), type="patient.moved", occurred_at=at, producer="patients", subject_id="7", **values
    )


def shown(client: Client, query: str) -> list[int]:
    return [row.pk for row in client.get(f"{LIST}?{query}").context["cl"].result_list]


def test_events_are_filtered_by_state(manager_client: Client, at: datetime) -> None:
    waiting, done = event(at), event(at, dispatched_at=at)
    parked = event(at, parked_at=at)
    assert shown(manager_client, "") == [parked.pk, done.pk, waiting.pk]
    assert shown(manager_client, "state=waiting") == [waiting.pk]
    assert shown(manager_client, "state=done") == [done.pk]
    assert shown(manager_client, "state=parked") == [parked.pk]


def test_parked_event_is_given_another_try(manager_client: Client, at: datetime) -> None:
    parked = event(at, parked_at=at, attempts=5, last_error="KeyError")
    done = event(at, dispatched_at=at, attempts=2)
    data = {"action": "redrive", "_selected_action": [parked.pk, done.pk]}
    assert manager_client.post(LIST, data).status_code == 302
    for row in (parked, done):
        row.refresh_from_db()
    assert (parked.parked_at, parked.attempts, parked.last_error) == (None, 0, "")
    assert (done.dispatched_at, done.attempts) == (at, 2)


def test_rows_are_for_reading(manager_client: Client, at: datetime) -> None:
    row = event(at)
    delivery = Delivery.objects.create(event=row, subscriber="apps.x", handled_at=at)
    for model, pk in (("domainevent", row.pk), ("delivery", delivery.pk)):
        assert manager_client.get(reverse(f"admin:events_{model}_change", args=[pk])).status_code == 200
        assert manager_client.get(reverse(f"admin:events_{model}_add")).status_code == 403
        delete = reverse(f"admin:events_{model}_delete", args=[pk])
        assert manager_client.post(delete, {"post": "yes"}).status_code == 403


def test_only_the_management_gets_in(coordinator_client: Client, viewer_client: Client) -> None:
    assert [client.get(LIST).status_code for client in (coordinator_client, viewer_client)] == [403, 403]

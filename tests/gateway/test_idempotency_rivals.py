"""A hundred clients register a patient at the same moment, each over a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier, BoundedSemaphore
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client

from apps.core.models import AccessEntry
from apps.events.models import DomainEvent
from apps.gateway.services import clients
from apps.patients.models import Patient
from tests.gateway.conftest import as_client

URL = "/api/v1/patients"
BODY = {"first_name": "Mara", "last_name": "Klein", "city": "Leipzig"}
AT_ONCE = 100
KEPT_FREE = 20  # connections for others who use the server


pytestmark = pytest.mark.django_db(transaction=True)


def a_client() -> Client:
    return as_client(clients.create(name="Website", scopes=["patients:write"], requests_per_minute=1000))


def connections_at_once() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        most = int(cursor.fetchone()[0])
        cursor.execute("SELECT count(*) FROM pg_stat_activity")
        return max(10, min(AT_ONCE, most - int(cursor.fetchone()[0]) - KEPT_FREE))


def all_at_once(act: Callable[[int], Any]) -> list[Any]:
    """A hundred threads start together; as many of them as the server has room for talk to it at a time."""
    gate, room = Barrier(AT_ONCE), BoundedSemaphore(connections_at_once())

    def one(number: int) -> Any:
        gate.wait(timeout=60)
        with room, closing():
            return act(number)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, range(AT_ONCE)))


@contextmanager
def closing():
    try:
        yield
    finally:
        connections.close_all()


def register(client: Client, key: str) -> Any:
    return client.post(URL, BODY, content_type="application/json", headers={"Idempotency-Key": key})


def test_a_hundred_with_one_key_register_one_patient():
    client = a_client()
    answers = all_at_once(lambda _number: register(client, "the same"))
    assert {answer.status_code for answer in answers} == {201}
    assert len({(answer.content, answer["ETag"], answer["Location"]) for answer in answers}) == 1
    replayed = [answer for answer in answers if "Idempotent-Replay" in answer]
    assert len(replayed) == AT_ONCE - 1
    patient = Patient.objects.get()
    assert answers[0].json()["id"] == patient.pk
    assert patient.history.count() == 1
    assert DomainEvent.objects.filter(type="patient.created").count() == 1
    assert AccessEntry.objects.filter(patient_id=patient.pk).count() == 1


def test_a_hundred_with_keys_of_their_own_register_a_hundred():
    client = a_client()
    answers = all_at_once(lambda number: register(client, f"key {number}"))
    assert [answer.status_code for answer in answers] == [201] * AT_ONCE
    assert not any("Idempotent-Replay" in answer for answer in answers)
    assert len({answer.json()["id"] for answer in answers}) == Patient.objects.count() == AT_ONCE
    assert len(set(Patient.objects.values_list("case_code", flat=True))) == AT_ONCE

"""Twenty clients change one patient at the same moment, over connections of their own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from apps.gateway.services import clients
from apps.patients.models import Patient
from tests.factories.patients import PatientFactory
from tests.gateway.conftest import as_client
from tests.patients.api.asking import URL, patch

RIVALS = 20
LINES = ("gp_name", "gp_contact", "referrer", "payment_reference")


def at_once(act: Callable[[int], Any]) -> list[Any]:
    gate = Barrier(RIVALS)

    def one(number: int) -> Any:
        try:
            gate.wait(timeout=60)
            return act(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(one, range(RIVALS)))


def a_client() -> Client:
    scopes = ["patients:read", "patients:write"]
    return as_client(clients.create(name="Website", scopes=scopes, requests_per_minute=1000))


def changes(number: int) -> dict[str, str]:
    return dict.fromkeys(LINES, f"client {number}")


@pytest.mark.django_db(transaction=True)
def test_one_of_many_wins_and_its_change_is_whole():
    patient = PatientFactory()
    client = a_client()
    seen = client.get(f"{URL}/{patient.pk}")["ETag"]
    answers = at_once(lambda number: patch(client, f"/{patient.pk}", changes(number), seen).status_code)
    assert sorted(answers) == [200] + [412] * (RIVALS - 1)
    fresh = Patient.objects.get()
    assert {name: getattr(fresh, name) for name in LINES} == changes(answers.index(200))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_lost_where_everybody_reads_again():
    """Each adds a line until it is accepted: all are there in the end."""
    patient = PatientFactory(gp_contact="")
    client = a_client()

    def add(number: int) -> int:
        for attempt in range(RIVALS * 2):
            found = client.get(f"{URL}/{patient.pk}")
            told = f"{found.json()['gp_contact']} {number}".strip()
            answer = patch(client, f"/{patient.pk}", {"gp_contact": told}, found["ETag"])
            if answer.status_code == 200:
                return attempt
            assert answer.status_code == 412
        raise AssertionError("never accepted")

    at_once(add)
    assert sorted(map(int, Patient.objects.get().gp_contact.split())) == list(range(RIVALS))

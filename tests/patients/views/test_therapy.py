from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.patients.models import Patient
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

DAYS = {
    "started_on": date(2026, 3, 2),
    "first_place_on": date(2026, 4, 20),
    "place_confirmed_on": date(2026, 5, 4),
}


@pytest.mark.parametrize(
    ("before", "name", "after"),
    [
        ("in_therapy", "complete", "therapy_completed"),
        ("in_therapy", "discontinue", "therapy_discontinued"),
        ("therapy_completed", "reopen", "in_therapy"),
        ("therapy_discontinued", "reopen", "in_therapy"),
    ],
)
def test_change_asks_then_acts(coordinator_client: Client, before: str, name: str, after: str) -> None:
    patient = PatientFactory(status=before, **DAYS)
    url = reverse("patients:therapy", args=[patient.pk, name])
    assert url in coordinator_client.get(patient.get_absolute_url()).text
    coordinator_client.get(url)
    assert Patient.objects.get(pk=patient.pk).status == before
    response = coordinator_client.post(url, {"reason": "as agreed"})
    assert response.headers["Location"] == patient.get_absolute_url()
    assert Patient.objects.get(pk=patient.pk).status == after
    row = patient.history.get()
    assert (row.old, row.new, row.reason, row.actor.username) == (before, after, "as agreed", "coordinator")


def test_change_needs_a_reason(coordinator_client: Client) -> None:
    patient = PatientFactory(status="in_therapy", **DAYS)
    response = coordinator_client.post(reverse("patients:therapy", args=[patient.pk, "complete"]))
    assert response.status_code == 200
    assert Patient.objects.get(pk=patient.pk).status == "in_therapy"


def test_change_after_somebody_else_was_faster(coordinator_client: Client) -> None:
    patient = PatientFactory(status="therapy_completed", **DAYS)
    url = reverse("patients:therapy", args=[patient.pk, "discontinue"])
    assert coordinator_client.post(url, {"reason": "x"}).status_code == 409
    assert Patient.objects.get(pk=patient.pk).status == "therapy_completed"


def test_change_of_an_unknown_name_is_not_found(coordinator_client: Client) -> None:
    url = reverse("patients:therapy", args=[PatientFactory().pk, "explode"])
    assert coordinator_client.get(url).status_code == 404

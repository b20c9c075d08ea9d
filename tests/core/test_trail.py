"""The audit trail in the admin: every change of a person's record, for the management only."""

from datetime import datetime

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.patients.services import registration
from tests.factories.patients import PatientFactory

URL = "/admin/patients/patientevent/"
pytestmark = pytest.mark.django_db


def test_management_finds_the_changes_of_a_record(
    manager_client: Client, coordinator: User, at: datetime
) -> None:
    patient = PatientFactory()
    registration.update(patient=patient, changes={"city": "Halle"}, actor=coordinator, at=at)
    page = manager_client.get(URL, {"q": str(patient.pk)})
    assert page.status_code == 200
    rows = page.context["cl"].result_list
    assert rows[0].pgh_label == "update"
    assert {row.city for row in rows} == {"Leipzig", "Halle"}
    assert str(coordinator.pk) in page.text


def test_trail_leaves_the_illness_out(manager_client: Client) -> None:
    patient = PatientFactory(complaints="secret words", diagnosis="F60.31")
    page = manager_client.get(f"{URL}{patient.pk}/change/", follow=True)
    assert "secret words" not in page.text
    assert "F60.31" not in page.text


def test_coordinators_and_viewers_do_not_see_it(coordinator_client: Client, viewer_client: Client) -> None:
    assert coordinator_client.get(URL).status_code == 403
    assert viewer_client.get(URL).status_code == 403


def test_nobody_changes_it(manager_client: Client) -> None:
    assert manager_client.get(f"{URL}add/").status_code == 403

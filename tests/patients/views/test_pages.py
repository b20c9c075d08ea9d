from datetime import date, datetime

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.core.models import AccessEntry
from apps.patients.services import status
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}
PAGES = ["detail", "clinical", "wishes", "history", "consents"]


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_logged_under_its_name(viewer_client: Client, viewer: User, name: str) -> None:
    patient = PatientFactory()
    viewer_client.get(reverse(f"patients:{name}", args=[patient.pk]))
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.patient_id, entry.purpose) == (viewer, patient.pk, f"patients:{name}")


@pytest.mark.parametrize("name", PAGES)
def test_pages_of_nobody_are_not_found_and_not_logged(viewer_client: Client, name: str) -> None:
    assert viewer_client.get(reverse(f"patients:{name}", args=[4711])).status_code == 404
    assert AccessEntry.objects.count() == 0


@pytest.mark.parametrize("name", PAGES)
def test_the_open_tab_is_marked(viewer_client: Client, name: str) -> None:
    response = viewer_client.get(reverse(f"patients:{name}", args=[PatientFactory().pk]))
    assert [tab.is_current for tab in response.context["tabs"]].count(True) == 1
    assert 'aria-current="page"' in response.text


def test_overview_of_a_complete_patient_offers_the_search(coordinator_client: Client) -> None:
    patient = PatientFactory()
    response = coordinator_client.get(patient.get_absolute_url(), headers=ENGLISH)
    assert response.context["missing_count"] == 0
    assert f'action="{reverse("matching:open_search", args=[patient.pk])}"' in response.text


def test_overview_links_to_what_is_missing(coordinator_client: Client) -> None:
    patient = PatientFactory(ptv11_on=None, consents=["health_data"], availability=())
    response = coordinator_client.get(patient.get_absolute_url(), headers=ENGLISH)
    assert response.context["missing_count"] == 3
    for link in (
        reverse("patients:edit", args=[patient.pk]) + "#div_id_ptv11_on",
        reverse("patients:consents", args=[patient.pk]) + "#div_id_purpose",
        reverse("patients:availability", args=[patient.pk]) + '"',
    ):
        assert f'href="{link}' in response.text
    assert reverse("matching:open_search", args=[patient.pk]) not in response.text


def test_overview_while_searching(coordinator_client: Client) -> None:
    patient = PatientFactory(searching=True)
    text = coordinator_client.get(patient.get_absolute_url(), headers=ENGLISH).text
    assert "has been waiting since 02/11/2026" in text
    assert reverse("matching:open_search", args=[patient.pk]) not in text


def test_overview_shows_no_clinical_facts(viewer_client: Client) -> None:
    patient = PatientFactory(complaints="Kanarienvogel")
    assert "Kanarienvogel" not in viewer_client.get(patient.get_absolute_url()).text
    assert "Kanarienvogel" in viewer_client.get(reverse("patients:clinical", args=[patient.pk])).text


def test_wishes_show_hours_or_say_unknown(viewer_client: Client) -> None:
    known, unknown = PatientFactory(), PatientFactory(availability=())
    assert "<svg" in viewer_client.get(reverse("patients:wishes", args=[known.pk])).text
    text = viewer_client.get(reverse("patients:wishes", args=[unknown.pk]), headers=ENGLISH).text
    assert "not known yet" in text


def test_history_shows_who_and_why(
    viewer_client: Client, coordinator: User, at: datetime, today: date
) -> None:
    patient = PatientFactory(consents=["health_data"])
    status.begin_search(patient=PatientFactory(), actor=coordinator, at=at, today=today)
    patient.history.create(old="open", new="searching", at=at, actor=coordinator, operation="0" * 32)
    patient.status = "searching"
    patient.started_on = today
    patient.save(update_fields=["status", "started_on"])
    status.cancel_search(patient=patient, actor=coordinator, at=at, reason="moved abroad")
    response = viewer_client.get(reverse("patients:history", args=[patient.pk]), headers=ENGLISH)
    entries = [
        (entry["text"], entry.get("actor"), entry["reason"]) for entry in response.context["story"].entries
    ]
    assert entries == [
        ("searching → search cancelled", "Coordinator", "moved abroad"),
        ("open → searching", "Coordinator", ""),
        ("Consent given: processing health data", None, "contract, page 3"),
    ]
    assert "moved abroad" in response.text

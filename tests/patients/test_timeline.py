from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import User
from apps.patients import timeline
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.services import consents, status
from tests.factories.patients import ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db

# frame, patient and log, own story, merges, communication, registrations, matching
PAGE_QUERIES = 6 + 2 + 2 + 1 + 3 + 2 + 7


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def told(patient: Patient) -> list[tuple[str, bool]]:
    entries = sorted(timeline.of_patient(patient.pk), key=lambda entry: entry["at"], reverse=True)
    return [(entry["text"], entry.get("is_day", False)) for entry in entries]


def test_story_tells_status_and_consents_newest_first(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(consents=[Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS])
    status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    consents.withdraw(patient=patient, purpose=Purpose.PSEUDONYMOUS, on=today, at=at)
    assert told(patient) == [
        ("open → searching", False),
        ("Consent withdrawn: passing pseudonymous data to therapists", True),
        ("Consent given: processing health data", True),
        ("Consent given: passing pseudonymous data to therapists", True),
    ]


def test_consent_day_shows_no_hour(viewer_client: Client) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    text = viewer_client.get(reverse("patients:history", args=[patient.pk])).text
    assert '<time datetime="2026-10-01">' in text
    assert "00:00" not in text


@pytest.mark.parametrize("count", [1, 3])
def test_story_costs_two_queries(django_assert_num_queries: Any, at: datetime, count: int) -> None:
    patient = PatientFactory(consents=())
    for number in range(count):
        ConsentFactory(patient=patient, purpose=list(Purpose)[number])
        patient.history.create(old="", new="open", at=at, operation="0" * 32)
    with django_assert_num_queries(2):
        assert len(timeline.of_patient(patient.pk)) == 2 * count


@pytest.mark.parametrize("count", [1, 3])
def test_page_needs_the_same_queries_however_long_the_story(
    viewer_client: Client, django_assert_num_queries: Any, at: datetime, count: int
) -> None:
    patient = PatientFactory(consents=())
    for number in range(count):
        ConsentFactory(patient=patient, purpose=list(Purpose)[number])
        patient.history.create(old="", new="open", at=at, operation="0" * 32)
    url = reverse("patients:history", args=[patient.pk])
    viewer_client.get(url)
    with django_assert_num_queries(PAGE_QUERIES):
        viewer_client.get(url)


def test_page_is_cut_after_fifty_and_filtered_by_kind(viewer_client: Client, at: datetime) -> None:
    patient = PatientFactory(consents=())
    for _number in range(51):
        patient.history.create(old="", new="open", at=at, operation="0" * 32)
    url = reverse("patients:history", args=[patient.pk])
    assert 'href="?page=2"' in viewer_client.get(url).text
    assert len(viewer_client.get(url, {"page": "2"}).context["story"].entries) == 1
    assert viewer_client.get(url, {"kind": "email"}).context["story"].entries == []

"""The letters a person sends to a patient: read first, sent once."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.communication.models import EmailMessage
from apps.core.models import AccessEntry
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db

NAMES = ["welcome_letter", "missing_documents", "search_ended_letter"]


def url_of(name: str, **fields: Any) -> str:
    patient = PatientFactory(ptv11_on=None, **fields)
    subject = SearchFactory(ended=True, patient=patient) if name == "search_ended_letter" else patient
    return reverse(f"matching:{name}", args=[subject.pk])


@pytest.mark.parametrize("name", NAMES)
def test_letter_is_shown_before_it_is_sent(coordinator_client: Client, coordinator: User, name: str) -> None:
    response = coordinator_client.get(url_of(name))
    assert response.context["subject"] in response.text
    assert not EmailMessage.objects.exists()
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.purpose) == (coordinator, f"matching:{name}")


@pytest.mark.parametrize("name", NAMES)
def test_letter_is_sent_once_however_often_the_button_is_pressed(
    coordinator_client: Client, coordinator: User, name: str
) -> None:
    url = url_of(name)
    shown = coordinator_client.get(url).context
    assert [coordinator_client.post(url).status_code for _click in range(2)] == [302, 302]
    email = EmailMessage.objects.get()
    assert (email.subject, email.text) == (shown["subject"], shown["text"])
    assert email.history.get().actor == coordinator
    page = coordinator_client.get(url)
    assert page.context["present"] == email
    assert '<button type="submit" class="btn btn-primary">' not in page.text


@pytest.mark.parametrize("name", NAMES)
def test_letter_without_consent_is_neither_shown_nor_sent(coordinator_client: Client, name: str) -> None:
    url = url_of(name, consents=())
    page = coordinator_client.get(url)
    assert "text" not in page.context
    assert page.context["refusal"]
    assert coordinator_client.post(url).status_code == 409
    assert not EmailMessage.objects.exists()


@pytest.mark.parametrize("name", NAMES)
def test_viewers_may_not_write_to_patients(viewer_client: Client, name: str) -> None:
    url = url_of(name)
    assert (viewer_client.get(url).status_code, viewer_client.post(url).status_code) == (403, 403)


def test_page_of_a_patient_leads_to_the_letters(coordinator_client: Client, viewer_client: Client) -> None:
    patient = PatientFactory(ptv11_on=None)
    urls = [reverse(f"matching:{name}", args=[patient.pk]) for name in NAMES[:2]]
    for client, is_offered in ((coordinator_client, True), (viewer_client, False)):
        text = client.get(patient.get_absolute_url()).text
        assert [f'href="{url}"' in text for url in urls] == [is_offered, is_offered]


def test_page_of_a_complete_patient_asks_for_nothing(coordinator_client: Client) -> None:
    patient = PatientFactory()
    text = coordinator_client.get(patient.get_absolute_url()).text
    assert reverse("matching:missing_documents", args=[patient.pk]) not in text


def test_page_of_a_cancelled_search_leads_to_the_letter(coordinator_client: Client) -> None:
    ended, active = SearchFactory(ended=True), SearchFactory()
    urls = {search: reverse("matching:search_ended_letter", args=[search.pk]) for search in (ended, active)}
    texts = {search: coordinator_client.get(search.get_absolute_url()).text for search in urls}
    assert [urls[search] in texts[search] for search in urls] == [True, False]

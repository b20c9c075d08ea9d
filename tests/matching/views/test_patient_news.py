"""The letters a person sends to a patient or therapist: read first, sent once."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.communication.models import EmailMessage
from apps.core.models import AccessEntry
from apps.matching.models import Inquiry, PlacementRequest, RefusalEvidence
from apps.patients.models import Patient
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.matching.acts import AT

pytestmark = pytest.mark.django_db

OF_PATIENT = ["welcome_letter", "missing_documents"]
NAMES = [*OF_PATIENT, "search_ended_letter", "place_call_letter", "evidence_letter"]


def accepted(patient: Patient, **fields: Any) -> PlacementRequest:
    search = SearchFactory(patient=patient, status="trial")
    return RequestFactory(search=search, status="accepted", **{"identity_released_at": AT, **fields})


def evidence_of(patient: Patient, status: str = "signed") -> RefusalEvidence:
    return RefusalEvidence.objects.create(
        patient=patient,
        status=status,
        period_from=date(2026, 11, 2),
        period_to=date(2026, 11, 20),
        signed_at=AT,
        content_hash="0" * 64,
    )


def url_of(name: str, **fields: Any) -> str:
    patient = PatientFactory(ptv11_on=None, **fields)
    subjects: dict[str, Callable[[], Model]] = {
        "search_ended_letter": lambda: SearchFactory(ended=True, patient=patient),
        "place_call_letter": lambda: accepted(patient),
        "evidence_letter": lambda: evidence_of(patient),
    }
    subject = subjects.get(name, lambda: patient)()
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
    urls = [reverse(f"matching:{name}", args=[patient.pk]) for name in OF_PATIENT]
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


def test_patient_is_not_sent_to_a_practice_that_may_not_know_who_calls(coordinator_client: Client) -> None:
    unreleased = accepted(PatientFactory(), identity_released_at=None)
    url = reverse("matching:place_call_letter", args=[unreleased.pk])
    assert coordinator_client.get(url).context["refusal"]
    assert coordinator_client.post(url).status_code == 409
    page = coordinator_client.get(unreleased.inquiry.get_absolute_url())
    assert url not in page.text


def test_patient_is_not_asked_to_call_a_practice_without_a_number(coordinator_client: Client) -> None:
    request = accepted(PatientFactory())
    request.therapist.practices.update(phone="")
    url = reverse("matching:place_call_letter", args=[request.pk])
    assert coordinator_client.get(url).context["refusal"]
    assert coordinator_client.post(url).status_code == 409
    assert not EmailMessage.objects.exists()


def test_acceptance_leads_to_the_letter_once_the_identity_is_released(
    coordinator_client: Client, viewer_client: Client
) -> None:
    request = accepted(PatientFactory())
    url = reverse("matching:place_call_letter", args=[request.pk])
    texts = [
        client.get(request.inquiry.get_absolute_url()).text for client in (coordinator_client, viewer_client)
    ]
    assert [url in text for text in texts] == [True, False]


@pytest.mark.parametrize("status", ["draft", "void"])
def test_patient_is_not_told_of_evidence_that_is_not_signed(coordinator_client: Client, status: str) -> None:
    evidence = evidence_of(PatientFactory(), status)
    url = reverse("matching:evidence_letter", args=[evidence.pk])
    assert coordinator_client.get(url).context["refusal"]
    assert coordinator_client.post(url).status_code == 409
    page = coordinator_client.get(reverse("matching:evidence", args=[evidence.pk]))
    assert url not in page.text


def test_letter_of_the_evidence_has_no_attachment(coordinator_client: Client) -> None:
    coordinator_client.post(url_of("evidence_letter"))
    email = EmailMessage.objects.get()
    assert (email.kind, email.attachments.count()) == ("patient_evidence", 0)
    assert email.once_key == f"evidence:{RefusalEvidence.objects.get().pk}"


def test_letter_names_the_practice_and_its_number(coordinator_client: Client) -> None:
    request = accepted(PatientFactory())
    coordinator_client.post(reverse("matching:place_call_letter", args=[request.pk]))
    email = EmailMessage.objects.get()
    assert email.once_key == f"place_call:{request.pk}"
    assert request.therapist.last_name in email.text
    assert request.therapist.last_name not in email.subject


# to the therapist


def inquiry_thanked() -> Inquiry:
    inquiry = InquiryFactory(status="answered")
    RequestFactory(inquiry=inquiry, status="withdrawn", conflict_resolved_at=AT, search__status="trial")
    return inquiry


@time_machine.travel(AT, tick=False)
def test_therapist_is_offered_alternatives_once(coordinator_client: Client) -> None:
    inquiry = inquiry_thanked()
    SearchFactory()
    url = reverse("matching:alternatives", args=[inquiry.pk])
    assert url in coordinator_client.get(inquiry.get_absolute_url()).text
    shown = coordinator_client.get(url).context
    assert shown["address"] == inquiry.therapist.practices.get().email
    assert [coordinator_client.post(url).status_code for _click in range(2)] == [302, 302]
    email = EmailMessage.objects.get()
    assert (email.subject, email.text, email.to_email) == (shown["subject"], shown["text"], shown["address"])
    assert coordinator_client.get(url).context["present"] == email
    page = coordinator_client.get(inquiry.get_absolute_url())
    assert url not in page.text
    assert reverse("communication:email", args=[email.pk]) in page.text


@time_machine.travel(AT, tick=False)
def test_therapist_is_offered_nothing_where_nobody_fits(coordinator_client: Client) -> None:
    inquiry = inquiry_thanked()
    url = reverse("matching:alternatives", args=[inquiry.pk])
    assert url not in coordinator_client.get(inquiry.get_absolute_url()).text
    assert coordinator_client.get(url).context["refusal"]
    assert coordinator_client.post(url).status_code == 409
    assert not EmailMessage.objects.exists()


@time_machine.travel(AT, tick=False)
def test_viewers_see_how_many_fit_and_may_not_write(viewer_client: Client) -> None:
    inquiry = inquiry_thanked()
    SearchFactory()
    url = reverse("matching:alternatives", args=[inquiry.pk])
    page = viewer_client.get(inquiry.get_absolute_url())
    assert (page.context["alternative_count"], url in page.text) == (1, False)
    assert (viewer_client.get(url).status_code, viewer_client.post(url).status_code) == (403, 403)

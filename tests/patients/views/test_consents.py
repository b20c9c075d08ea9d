from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from apps.patients.enums import Purpose
from tests.factories.patients import ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db

ENGLISH = {"accept-language": "en"}


def test_show_offers_only_what_is_not_in_force(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    ConsentFactory(patient=patient, purpose=Purpose.IDENTITY, withdrawn_on=date(2026, 10, 2))
    response = coordinator_client.get(reverse("patients:consents", args=[patient.pk]))
    offered = [value for value, _label in response.context["form"].fields["purpose"].choices]
    assert offered == ["health_data", "pseudonymous", "identity"]
    rows = {consent.purpose: is_in_force for consent, is_in_force in response.context["rows"]}
    assert rows == {"email": True, "identity": False}


def test_give(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=())
    data = {"purpose": "email", "given_on": "2026-11-02", "proof": "mail of 2 November"}
    response = coordinator_client.post(reverse("patients:give_consent", args=[patient.pk]), data)
    assert response.headers["Location"] == reverse("patients:consents", args=[patient.pk])
    consent = patient.consents.get()
    assert (consent.purpose, consent.given_on, consent.proof) == (
        "email",
        date(2026, 11, 2),
        "mail of 2 November",
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"proof": ""}, "proof"), ({"given_on": "2999-01-01"}, "given_on"), ({"purpose": "x"}, "purpose")],
)
def test_give_wrongly_stays_on_the_page(
    coordinator_client: Client, changes: dict[str, str], field: str
) -> None:
    patient = PatientFactory(consents=())
    data = {"purpose": "email", "given_on": "2026-11-02", "proof": "mail"} | changes
    response = coordinator_client.post(reverse("patients:give_consent", args=[patient.pk]), data)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert patient.consents.count() == 0


def test_withdraw_previews_then_records(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=[Purpose.PSEUDONYMOUS])
    url = reverse("patients:withdraw_consent", args=[patient.pk, "pseudonymous"])
    assert "No therapist may be asked any more." in coordinator_client.get(url, headers=ENGLISH).text
    assert patient.consents.get().withdrawn_on is None
    response = coordinator_client.post(url, {"withdrawn_on": "2026-11-20"})
    assert response.headers["Location"] == reverse("patients:consents", args=[patient.pk])
    assert patient.consents.get().withdrawn_on == date(2026, 11, 20)


@pytest.mark.parametrize("purpose", Purpose)
def test_withdraw_tells_the_effects_of_every_purpose(coordinator_client: Client, purpose: Purpose) -> None:
    patient = PatientFactory()
    url = reverse("patients:withdraw_consent", args=[patient.pk, purpose])
    assert len(coordinator_client.get(url).context["effects"]) >= 1


def test_withdraw_before_it_was_given_stays_on_the_page(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    url = reverse("patients:withdraw_consent", args=[patient.pk, "email"])
    response = coordinator_client.post(url, {"withdrawn_on": "2026-09-01"})
    assert (response.status_code, list(response.context["form"].errors)) == (200, ["withdrawn_on"])


def test_withdraw_twice_is_answered_kindly(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=())
    url = reverse("patients:withdraw_consent", args=[patient.pk, "email"])
    response = coordinator_client.post(url, {"withdrawn_on": "2026-11-20"}, headers=ENGLISH)
    assert response.status_code == 409
    assert "is not in force" in response.text


def test_withdraw_of_an_unknown_purpose_is_not_found(coordinator_client: Client) -> None:
    url = reverse("patients:withdraw_consent", args=[PatientFactory().pk, "newsletter"])
    assert coordinator_client.get(url).status_code == 404

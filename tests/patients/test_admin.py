from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.core.models import AccessEntry
from apps.events.models import DomainEvent
from apps.patients.models import Consent, Patient, Symptom
from tests.factories.patients import ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db

MODELS = ["patient", "consent", "availability", "patienthistory", "insurer", "symptom"]
LEAST = {
    "first_name": "Mara",
    "last_name": "Klein",
    "salutation": "none",
    "gender": "not_stated",
    "preferred_channel": "email",
    "precision": "none",
    "wished_gender": "any",
    "group_wish": "no",
    "travel_mode": "car",
}
INLINES = {
    f"{prefix}-{name}": "0"
    for prefix in ("consents", "availability", "history")
    for name in ("TOTAL_FORMS", "INITIAL_FORMS")
}


def url(model: str, page: str, *args: Any) -> str:
    return reverse(f"admin:patients_{model}_{page}", args=args)


@pytest.mark.parametrize("model", MODELS)
def test_lists_open_and_search(manager_client: Client, model: str) -> None:
    PatientFactory(last_name="Klein")
    assert manager_client.get(url(model, "changelist")).status_code == 200
    assert manager_client.get(url(model, "changelist"), {"q": "Klein"}).status_code == 200


@pytest.mark.parametrize("model", MODELS)
def test_lists_are_closed_without_a_role(outsider_client: Client, model: str) -> None:
    assert outsider_client.get(url(model, "changelist")).status_code in (302, 403)


def test_patient_page_shows_encrypted_fields_and_is_logged(viewer_client: Client) -> None:
    patient = PatientFactory(complaints="Kanarienvogel")
    response = viewer_client.get(url("patient", "change", patient.pk))
    assert "Kanarienvogel" in response.text
    entry = AccessEntry.objects.get()
    assert (entry.patient_id, entry.purpose) == (patient.pk, "admin:patients_patient_change")


def test_patient_is_found_by_kvnr(manager_client: Client) -> None:
    patient = PatientFactory(kvnr="A123456780")
    response = manager_client.get(url("patient", "changelist"), {"q": "a 123456780"})
    assert list(response.context["cl"].queryset) == [patient]
    response = manager_client.get(url("patient", "changelist"), {"q": "A000500015"})
    assert list(response.context["cl"].queryset) == []


def test_patient_is_registered_by_the_service(coordinator_client: Client) -> None:
    data = LEAST | INLINES | {"phone": "0341 1234567", "symptoms": ["anxiety"]}
    response = coordinator_client.post(url("patient", "add"), data)
    assert response.status_code == 302, response.context["adminform"].form.errors
    patient = Patient.objects.get()
    assert (patient.full_name, patient.phone, patient.symptoms) == (
        "Mara Klein",
        "+493411234567",
        ["anxiety"],
    )
    assert DomainEvent.objects.get().type == "patient.created"
    assert patient.history.get().actor.username == "coordinator"


def test_patient_is_changed_by_the_service(coordinator_client: Client) -> None:
    patient = PatientFactory(status="searching", started_on=date(2026, 11, 2))
    page = coordinator_client.get(url("patient", "change", patient.pk))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value not in (None, False)}
    changes = {"city": "Markkleeberg", "diagnosis": "f40.1", "status": "open", "case_code": "AAA-AAA"}
    response = coordinator_client.post(url("patient", "change", patient.pk), data | inlines(page) | changes)
    assert response.status_code == 302, response.context["adminform"].form.errors
    fresh = Patient.objects.get(pk=patient.pk)
    assert (fresh.city, fresh.diagnosis, fresh.status) == ("Markkleeberg", "F40.1", "searching")
    assert (fresh.case_code, fresh.symptoms) == (patient.case_code, patient.symptoms)
    types = DomainEvent.objects.order_by("id").values_list("type", flat=True)
    assert list(types) == ["patient.moved", "patient.wishes_changed"]


def test_patient_with_half_a_place_is_refused_kindly(coordinator_client: Client) -> None:
    data = LEAST | INLINES | {"latitude": "51.3"}
    response = coordinator_client.post(url("patient", "add"), data)
    assert response.status_code == 409
    assert Patient.objects.count() == 0


def test_patient_with_a_wrong_kvnr_stays_on_the_form(coordinator_client: Client) -> None:
    response = coordinator_client.post(url("patient", "add"), LEAST | INLINES | {"kvnr": "A123456789"})
    assert list(response.context["adminform"].form.errors) == ["kvnr"]


def test_patient_is_read_only_for_viewers(viewer_client: Client) -> None:
    patient = PatientFactory(first_name="Clara")
    response = viewer_client.post(url("patient", "change", patient.pk), LEAST | INLINES)
    assert response.status_code == 403
    assert Patient.objects.get(pk=patient.pk).first_name == "Clara"


def test_consent_is_given_and_withdrawn_by_the_service(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=())
    data = {"patient": patient.pk, "purpose": "email", "given_on": "2026-11-02", "proof": "mail"}
    coordinator_client.post(url("consent", "add"), data)
    consent = Consent.objects.get()
    assert (consent.patient, consent.given_on, consent.proof) == (patient, date(2026, 11, 2), "mail")
    coordinator_client.post(
        url("consent", "change", consent.pk), {"withdrawn_on": "2026-11-20", "proof": "forged"}
    )
    consent.refresh_from_db()
    assert (consent.withdrawn_on, consent.proof) == (date(2026, 11, 20), "mail")
    types = DomainEvent.objects.order_by("id").values_list("type", flat=True)
    assert list(types) == ["patient.consent_given", "patient.consent_withdrawn"]


def test_consent_from_the_future_is_refused_kindly(coordinator_client: Client) -> None:
    patient = PatientFactory(consents=())
    data = {"patient": patient.pk, "purpose": "email", "given_on": "2999-01-01", "proof": "mail"}
    assert coordinator_client.post(url("consent", "add"), data).status_code == 409
    assert Consent.objects.count() == 0


def test_consent_that_is_over_cannot_be_changed_nor_any_deleted(manager_client: Client) -> None:
    over = ConsentFactory(withdrawn_on=date(2026, 10, 2))
    response = manager_client.post(url("consent", "change", over.pk), {"withdrawn_on": ""})
    assert response.status_code == 403
    assert manager_client.post(url("consent", "delete", over.pk), {"post": "yes"}).status_code == 403
    assert Consent.objects.get().withdrawn_on == date(2026, 10, 2)


def test_symptom_code_cannot_be_renamed(manager_client: Client) -> None:
    symptom = Symptom.objects.get(code="anxiety")
    data = {"code": "fear", "name_de": "Furcht", "name_en": "Fear", "is_active": "on"}
    manager_client.post(url("symptom", "change", symptom.pk), data)
    symptom.refresh_from_db()
    assert (symptom.code, symptom.name_de) == ("anxiety", "Furcht")


@pytest.mark.parametrize("model", ["availability", "patienthistory"])
def test_rows_of_the_services_are_read_only(manager_client: Client, model: str) -> None:
    assert manager_client.get(url(model, "add")).status_code == 403


def inlines(page: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for formset in page.context["inline_admin_formsets"]:
        form = formset.formset.management_form
        data |= {f"{form.prefix}-{name}": form[name].value() for name in form.fields}
        data |= {f"{one.prefix}-id": one.instance.pk for one in formset.formset.initial_forms}
    return data

from datetime import date
from typing import Any

import pytest
from django.template import Context, Template
from django.utils import translation

from apps.core.weekly import Interval
from apps.patients.enums import Purpose
from apps.patients.forms import (
    AvailabilityForm,
    FirstConsentsForm,
    GiveConsentForm,
    PatientForm,
)
from apps.patients.models import Symptom
from apps.patients.sections import FORM_FIELDS
from apps.patients.services.registration import EDITABLE
from tests.factories.patients import PatientFactory

TODAY = date(2026, 11, 23)


def rendered(form: Any) -> str:
    with translation.override("en"):
        return Template("{% load crispy_forms_tags %}{% crispy form %}").render(Context({"form": form}))


def test_patient_form_has_every_editable_field_once() -> None:
    assert sorted(FORM_FIELDS) == sorted(EDITABLE - {"latitude", "longitude", "precision"})


@pytest.mark.django_db
def test_patient_form_shows_each_field_with_its_anchor() -> None:
    page = rendered(PatientForm())
    assert [name for name in FORM_FIELDS if page.count(f'id="div_id_{name}"') != 1] == []
    assert page.count("<legend") == 5 + 3


@pytest.mark.django_db
def test_patient_form_never_prefills_the_urgency() -> None:
    page = rendered(PatientForm())
    assert '<option value="unknown" selected>not stated</option>' in page


@pytest.mark.django_db
def test_patient_form_ticks_what_is_stored() -> None:
    Symptom.objects.filter(code="anxiety").update(is_active=False)
    page = rendered(PatientForm(instance=PatientFactory(symptoms=["anxiety", "guilt"], languages=["tr"])))
    ticked = [line for line in page.split("<input") if "checked" in line]
    values = {line.split('value="')[1].split('"')[0] for line in ticked}
    assert values == {"anxiety", "guilt", "tr"}


@pytest.mark.django_db
def test_patient_form_writes_days_for_the_day_picker_and_phones_for_people() -> None:
    form = PatientForm(instance=PatientFactory(phone="+493411234567"))
    assert 'type="date" name="birth_date" value="1990-05-17"' in str(form["birth_date"])
    assert form["phone"].value() == "0341 1234567"


@pytest.mark.django_db
def test_patient_form_leaves_the_instance_alone() -> None:
    patient = PatientFactory(city="Leipzig")
    form = PatientForm({"city": "Halle", "seen_at": patient.updated_at.isoformat()}, instance=patient)
    form.is_valid()
    assert patient.city == "Leipzig"


def test_availability_form_round_trip() -> None:
    hours = [Interval(0, 480, 720), Interval(0, 840, 1080), Interval(6, 0, 1440)]
    shown = AvailabilityForm(intervals=hours)
    values = {name: shown[name].value() for name in shown.fields}
    assert (values["day_0"], values["day_1"], values["day_6"]) == (
        "08:00–12:00, 14:00–18:00",
        "",
        "00:00–24:00",
    )
    sent = AvailabilityForm(values)
    assert sent.is_valid()
    assert sent.intervals == hours


def test_availability_form_names_the_day_not_understood() -> None:
    form = AvailabilityForm({"day_2": "8-12 and 14-18", "day_3": "8-25"})
    assert sorted(form.errors) == ["day_2", "day_3"]


@pytest.mark.parametrize(
    ("data", "errors"),
    [
        ({}, []),
        ({"proof": "mail"}, []),
        ({"consents": ["email"], "consents_on": "2026-11-23", "proof": "mail"}, []),
        ({"consents": ["email"], "consents_on": "2026-11-24", "proof": "mail"}, ["consents_on"]),
        ({"consents": ["email"]}, ["consents_on", "proof"]),
        ({"consents": ["newsletter"]}, ["consents"]),
    ],
)
def test_first_consents_form(data: dict[str, Any], errors: list[str]) -> None:
    assert sorted(FirstConsentsForm(data, today=TODAY).errors) == errors


def test_first_consents_form_gives_the_days() -> None:
    data = {"consents": ["email", "identity"], "consents_on": "2026-11-02", "proof": "mail"}
    form = FirstConsentsForm(data, today=TODAY)
    assert form.is_valid()
    assert form.days == {Purpose.EMAIL: date(2026, 11, 2), Purpose.IDENTITY: date(2026, 11, 2)}


def test_give_consent_form_leaves_out_what_is_in_force() -> None:
    form = GiveConsentForm(in_force={"health_data", "email"})
    assert [value for value, _label in form.fields["purpose"].choices] == ["pseudonymous", "identity"]

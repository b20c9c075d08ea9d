from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from apps.core.saving import check_fields, normalise_each, save_checked
from apps.patients.models import Consent, Insurer, Patient
from tests.factories.patients import InsurerFactory, PatientFactory


def doubled(name: str, value: Any) -> Any:
    if value is None:
        raise ValidationError("nothing")
    return value * 2


def test_normalise_each_keeps_the_keys() -> None:
    assert normalise_each({"a": 1, "b": "x"}, doubled) == {"a": 2, "b": "xx"}


def test_normalise_each_names_every_wrong_field() -> None:
    with pytest.raises(ValidationError) as refusal:
        normalise_each({"a": None, "b": 1, "c": None}, doubled)
    assert refusal.value.message_dict == {"a": ["nothing"], "c": ["nothing"]}


def test_check_fields_names_the_fields_without_a_query() -> None:
    with pytest.raises(ValidationError) as refusal:
        check_fields(Patient(first_name="Mara", email="nobody", gender="x"))
    assert sorted(refusal.value.message_dict) == ["email", "gender", "last_name"]


def test_check_fields_leaves_out_what_is_excluded() -> None:
    check_fields(Patient(first_name="Mara"), exclude=["last_name"])


@pytest.mark.django_db
def test_save_checked_saves_in_one_statement() -> None:
    patient = Patient(first_name="Mara", last_name="Klein")
    with CaptureQueriesContext(connection) as captured:
        save_checked(patient)
    assert sum("SAVEPOINT" not in query["sql"] for query in captured) == 1
    assert Patient.objects.get() == patient


@pytest.mark.django_db
def test_save_checked_saves_only_the_named_fields() -> None:
    patient = PatientFactory(city="Leipzig")
    patient.city, patient.street = "Halle", "Markt 1"
    save_checked(patient, update_fields=["street"])
    assert Patient.objects.values_list("city", "street").get() == ("Leipzig", "Markt 1")


@pytest.mark.django_db
def test_save_checked_names_the_constraint_and_goes_on() -> None:
    patient = PatientFactory(max_distance_km=25)
    patient.max_distance_km = 0
    with pytest.raises(ValidationError, match="patient_limits_positive"):
        save_checked(patient, update_fields=["max_distance_km"])
    assert Patient.objects.get().max_distance_km == 25


@pytest.mark.django_db
def test_save_checked_names_the_field_that_is_not_unique() -> None:
    InsurerFactory(name="Ahornkasse")
    with pytest.raises(ValidationError) as refusal:
        save_checked(Insurer(name="Ahornkasse"))
    assert list(refusal.value.message_dict) == ["name"]


@pytest.mark.django_db
def test_save_checked_passes_on_what_no_rule_of_the_model_explains() -> None:
    consent = Consent(patient=PatientFactory(consents=()), purpose="email", given_on=None, proof="contract")
    with pytest.raises(IntegrityError):
        save_checked(consent)
    assert Consent.objects.count() == 0

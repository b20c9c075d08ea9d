from datetime import date

import pytest
from django.utils import translation

from apps.core.parameters import Parameters
from apps.patients import selectors
from apps.patients.models import Patient
from apps.patients.tables import PatientTable, missing_text
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def parameters(today: date) -> Parameters:
    return selectors.parameters_on(today)


def cells(patient: Patient, today: date, parameters: Parameters) -> dict[str, str]:
    patients = selectors.patient_list().filter(pk=patient.pk)
    with translation.override("en"):
        table = PatientTable(patients, today=today, parameters=parameters)
        return {column.name: str(cell) for column, cell in table.rows[0].items()}


def test_row_of_a_searching_patient(today: date, parameters: Parameters) -> None:
    patient = PatientFactory(searching=True, first_name="Mara", last_name="Klein")
    row = cells(patient, today, parameters)
    assert row["name"] == f'<a href="/patients/{patient.pk}/">Klein, Mara</a>'
    assert (row["place"], row["insurance"], row["waiting"]) == ("04103 Leipzig", "statutory (GKV)", "21 days")
    assert (row["case_code"], row["prerequisites"]) == (patient.case_code, "complete")


def test_row_of_somebody_of_whom_little_is_known(today: date, parameters: Parameters) -> None:
    row = cells(PatientFactory(empty=True), today, parameters)
    assert (row["place"], row["insurance"], row["waiting"]) == ("—", "—", "—")


def test_row_of_an_ended_case_waits_no_more(today: date, parameters: Parameters) -> None:
    patient = PatientFactory(status="search_cancelled", started_on=date(2026, 3, 2))
    assert cells(patient, today, parameters)["waiting"] == "—"


def test_row_escapes_names(today: date, parameters: Parameters) -> None:
    row = cells(PatientFactory(last_name="<b>Klein"), today, parameters)
    assert "<b>" not in row["name"]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "complete"),
        ({"email": "", "phone": ""}, "complete"),
        ({"ptv11_on": None}, "missing: PTV 11 with date"),
        ({"ptv11_on": None, "symptoms": []}, "missing: PTV 11 with date, one to three symptoms"),
        ({"ptv11_on": None, "symptoms": [], "diagnosis": ""}, "3 missing"),
    ],
)
def test_missing_text(changes: dict[str, object], text: str, today: date, parameters: Parameters) -> None:
    with translation.override("en"):
        assert missing_text(PatientFactory(**changes), today, parameters) == text

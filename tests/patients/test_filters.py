from datetime import date

import pytest

from apps.patients import selectors
from apps.patients.filters import PatientFilter
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db


def found(today: date, **chosen: str) -> list[str]:
    rows = PatientFilter(chosen, queryset=selectors.patient_list(), today=today).qs
    return [patient.last_name for patient in rows]


@pytest.fixture(autouse=True)
def patients() -> None:
    PatientFactory(last_name="Ahorn", city="Halle", ptv11_on=None)
    PatientFactory(last_name="Birke", searching=True)
    PatientFactory(last_name="Cypresse", insurance_kind="pkv", insurer=None)


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ({}, ["Ahorn", "Birke", "Cypresse"]),
        ({"q": "halle"}, ["Ahorn"]),
        ({"q": "  "}, ["Ahorn", "Birke", "Cypresse"]),
        ({"status": "open"}, ["Ahorn", "Cypresse"]),
        ({"status": "nonsense"}, ["Ahorn", "Birke", "Cypresse"]),
        ({"insurance_kind": "pkv"}, ["Cypresse"]),
        ({"prerequisites": "complete"}, ["Birke", "Cypresse"]),
        ({"prerequisites": "missing"}, ["Ahorn"]),
        ({"prerequisites": "complete", "status": "open"}, ["Cypresse"]),
        ({"prerequisites": "missing", "status": "searching"}, []),
    ],
)
def test_filter(today: date, chosen: dict[str, str], names: list[str]) -> None:
    assert found(today, **chosen) == names

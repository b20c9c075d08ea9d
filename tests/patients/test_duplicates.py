"""Who is taken for the same patient, and who is not."""

from datetime import date
from typing import Any

import pytest

from apps.core.merging.likeness import FirstName, LastName
from apps.patients.duplicates import SENTENCES, Patient, compare

BORN = date(1990, 5, 17)


def person(last: str, first: str, born: date | None = BORN, **values: Any) -> Patient:
    return Patient(last=LastName.of(last), first=FirstName.of(first), birth_date=born, **values)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Groß", "Jörg"), person("Gross", "Joerg")),
        (person("Linde", "Mara", email="m@x.de"), person("Linde", "Mara", None, email="m@x.de")),
        (person("Linde", "Mara", phone="+491"), person("Linde-Buche", "Mara", phone="+491")),
        (person("Linde", "Mara", email="a"), person("Linde", "Mara", date(1990, 5, 11), email="a")),
        (person("Linde", "Mara", kvnr_index="k"), person("Buche", "M.", None, kvnr_index="k")),
        (person("Linde", "Mara", email="a"), person("Buche", "Mara", email="a")),
    ],
)
def test_one_person_is_suggested(one: Patient, other: Patient) -> None:
    verdict = compare(one, other)
    assert verdict.is_suggested, verdict
    assert verdict == compare(other, one)
    assert set(verdict.reasons) <= SENTENCES.keys()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (person("Linde", "Mara", kvnr_index="k"), person("Linde", "Mara", kvnr_index="l")),
        (person("Linde", "Mara", email="a", phone="1"), person("Linde", "Jan", email="a", phone="1")),
        (person("Linde", "Mara"), person("Linde", "Mara", date(1962, 1, 3))),
        (person("Linde", "Mara", None), person("Linde", "Mara", None)),
        (person("Linde", "Mara"), person("Buche", "Jan")),
        (person("Linde", "Mara"), person("Buche", "Mara")),
    ],
)
def test_families_and_namesakes_are_not(one: Patient, other: Patient) -> None:
    assert not compare(one, other).is_suggested

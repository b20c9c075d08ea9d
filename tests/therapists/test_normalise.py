import pytest
from django.core.exceptions import ValidationError

from apps.therapists import normalise


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("F32", "F32"),
        ("f40.1", "F40.1"),
        ("f40.1 g", "F40.1"),
        ("F401", "F40.1"),
        ("F40.01", "F40.01"),
        ("F4", "F4"),
        ("F", "F"),
        ("F32.-", "F32"),
        ("F00*", "F00"),
        ("F40-F48", "F40-F48"),
        ("F40-48", "F40-F48"),
        ("f40 – f48", "F40-F48"),
    ],
)
def test_diagnosis_has_one_spelling(typed: str, stored: str) -> None:
    assert normalise.diagnosis(typed) == stored


@pytest.mark.parametrize("typed", ["Angst", "40", "F48-F40", "F40.1.2", "F40.01-F48.99", "-F40"])
def test_diagnosis_that_is_no_code_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        normalise.diagnosis(typed)


def test_diagnoses_keep_their_order_without_doubles() -> None:
    assert normalise.diagnoses(["F43", "f32", " ", "F43 G"]) == ["F43", "F32"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Hauptstraße 5a", "Hauptstr. 5 A"),
        ("Haupt-Straße 5", "Hauptstrasse 5"),
        ("Straße des Friedens 1", "Str. des Friedens 1"),
        ("Praxis  Dr. Linde", "praxis dr linde"),
    ],
)
def test_address_key_ignores_spelling(one: str, other: str) -> None:
    assert normalise.address_key(one) == normalise.address_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Hauptstr. 5", "Hauptstr. 51"), ("Am Strand 1", "Am Str. 1"), ("Müller", "Muller")]
)
def test_address_key_tells_different_things_apart(one: str, other: str) -> None:
    assert normalise.address_key(one) != normalise.address_key(other)

import pytest
from django.core.exceptions import ValidationError

from apps.therapists import normalise


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("0341 1234567", "+493411234567"),
        ("(0341) 123 45-67", "+493411234567"),
        ("0341/1234567", "+493411234567"),
        ("+49 341 1234567", "+493411234567"),
        ("0049 341 1234567", "+493411234567"),
        ("0170 1234567", "+491701234567"),
        ("+43 1 2345678", "+4312345678"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_phone_is_stored_as_e164(typed: str, stored: str) -> None:
    assert normalise.phone(typed) == stored


@pytest.mark.parametrize("typed", ["call me", "12", "0341 1234567 1234567 1234567"])
def test_phone_that_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        normalise.phone(typed)


def test_email_is_lower_case_without_spaces() -> None:
    assert normalise.email(" Praxis@Example.ORG ") == "praxis@example.org"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("praxis.example", "https://praxis.example"),
        ("http://praxis.example", "http://praxis.example"),
        (" ", ""),
    ],
)
def test_website_gets_a_scheme(typed: str, stored: str) -> None:
    assert normalise.website(typed) == stored


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

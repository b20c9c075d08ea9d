import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from apps.core import contacts


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
    assert contacts.phone(typed) == stored


@pytest.mark.parametrize("typed", ["call me", "12", "0341 1234567 1234567 1234567"])
def test_phone_that_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        contacts.phone(typed)


def test_email_is_lower_case_without_spaces() -> None:
    assert contacts.email(" Praxis@Example.ORG ") == "praxis@example.org"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("praxis.example", "https://praxis.example"),
        ("http://praxis.example", "http://praxis.example"),
        (" ", ""),
    ],
)
def test_website_gets_a_scheme(typed: str, stored: str) -> None:
    assert contacts.website(typed) == stored


def test_phone_or_empty_swallows_what_is_no_number() -> None:
    assert [contacts.phone_or_empty(text) for text in ("0341 1234567", "Anna")] == ["+493411234567", ""]


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+49301234567", "030 1234567"),
        ("+4315123456", "+43 1 5123456"),
        ("", ""),
        ("call the clinic", "call the clinic"),
    ],
)
def test_readable_phone_is_as_offices_write_it(stored: str, shown: str) -> None:
    assert contacts.readable_phone(stored) == shown


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("04103", "04103"), ("D-04103", "04103"), ("d 04103", "04103"), (" 04 103", "04103"), (" ", "")],
)
def test_plz_has_five_digits(typed: str, stored: str) -> None:
    assert contacts.plz(typed) == stored


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("4103", "A PLZ has five digits. Is a zero missing: 04103?"),
        ("041033", "A PLZ has five digits, e.g. 04103."),
        ("٠٤١٠٣", "A PLZ has five digits, e.g. 04103."),
        ("Leipzig", "A PLZ has five digits, e.g. 04103."),
    ],
)
def test_plz_of_another_form_is_refused(typed: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        contacts.plz(typed)
    with translation.override("en"):
        assert refusal.value.messages == [sentence]


@given(
    st.sampled_from([contacts.phone, contacts.email, contacts.website, contacts.plz]), st.text(max_size=30)
)
def test_twice_is_once(normalise, text) -> None:
    try:
        once = normalise(text)
    except ValidationError:
        return
    assert normalise(once) == once

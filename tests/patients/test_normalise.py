from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.patients import normalise

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("name", "typed", "stored"),
    [
        ("phone", "0341 / 123 45-67", "+493411234567"),
        ("phone", "+43 1 5123456", "+4315123456"),
        ("phone", "  ", ""),
        ("plz", "D-04103", "04103"),
        ("plz", "D 04103", "04103"),
        ("plz", " 04 103", "04103"),
        ("plz", "", ""),
        ("kvnr", "a 123456780", "A123456780"),
        ("kvnr", "", ""),
        ("diagnosis", "f40.01G", "F40.01"),
        ("diagnosis", "F40.-", "F40"),
        ("diagnosis", " ", ""),
        ("referral_code", "a1b2-c3d4-e5f6", "A1B2-C3D4-E5F6"),
        ("email", " Ann@Example.org", "ann@example.org"),
        ("wished_methods", {"ST", "VT"}, ["VT", "ST"]),
        ("languages", ("tr", "de", "tr"), ["de", "tr"]),
        ("symptoms", ["b", "a", "b"], ["b", "a"]),
        ("symptoms", None, []),
        ("max_distance_km", None, None),
        ("ptv11_on", TODAY, TODAY),
        ("birth_date", date(1906, 1, 1), date(1906, 1, 1)),
        ("street", " Ahornweg 1 ", "Ahornweg 1"),
    ],
)
def test_normalise_brings_it_to_one_form(name: str, typed: Any, stored: Any) -> None:
    assert normalise.normalise({name: typed}, today=TODAY) == {name: stored}


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("phone", "12"),
        ("plz", "0410"),
        ("plz", "٠٤١٠٣"),
        ("kvnr", "T123456785"),
        ("diagnosis", "F4"),
        ("diagnosis", "F40-F48"),
        ("referral_code", "A1B2-C3D4"),
        ("symptoms", ["a", "b", "c", "d"]),
        ("max_travel_minutes", 0),
        ("birth_date", date(2026, 11, 24)),
        ("birth_date", date(1905, 12, 31)),
    ],
)
def test_normalise_refuses_with_the_name_of_the_field(name: str, typed: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        normalise.normalise({name: typed, "city": "Leipzig"}, today=TODAY)
    assert list(caught.value.message_dict) == [name]


@given(st.sampled_from(["phone", "plz", "kvnr", "diagnosis", "referral_code", "email"]), st.text(max_size=30))
def test_normalise_twice_is_normalise_once(name: str, text: str) -> None:
    try:
        once = normalise.normalise({name: text}, today=TODAY)
    except ValidationError:
        return
    assert normalise.normalise(once, today=TODAY) == once

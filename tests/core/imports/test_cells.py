"""What people write in cells, and what they are told where it cannot be read."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.core.imports import cells, words


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("22.11.1980", date(1980, 11, 22)),
        ("2.1.1980", date(1980, 1, 2)),
        ("1980-11-22", date(1980, 11, 22)),
        ("1980-11-22T00:00:00", date(1980, 11, 22)),
        ("1980-11-22 00:00:00", date(1980, 11, 22)),
        ("22/11/1980", date(1980, 11, 22)),
        ("22-11-1980", date(1980, 11, 22)),
        ("15.10.26", date(2026, 10, 15)),
    ],
)
def test_day_in_every_usual_form(cell: str, value: date) -> None:
    assert cells.day(cell) == value


@pytest.mark.parametrize(
    "cell", ["31.02.1980", "11/22/1980", "1980", "Nov 80", "22.11.", "00.00.0000", "99999-01-01"]
)
def test_day_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(ValidationError):
        cells.day(cell)


def test_birth_date_with_two_digits_only_where_one_century_is_possible(today: date) -> None:
    read = cells.birth_date(today)
    assert (read("22/11/80"), read("1.1.05"), read("22.11.1980")) == (
        date(1980, 11, 22),
        date(2005, 1, 1),
        date(1980, 11, 22),
    )
    with pytest.raises(ValidationError, match="four digits"):
        read("22.11.20")


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (words.salutation, "Frau", Salutation.MS),
        (words.salutation, "HERR", Salutation.MR),
        (words.salutation, "mr", Salutation.MR),
        (words.wished_gender, "W", WishedGender.FEMALE),
        (words.wished_gender, "egal", WishedGender.ANY),
        (words.yes_no, "Ja", True),
        (words.yes_no, "no", False),
        (words.yes_no, "x", True),
        (words.method, "tiefenpsychologisch fundierte Psychotherapie", Method.TP),
        (words.method, "Verhaltenstherapie", Method.VT),
        (words.language, "tuerkisch", Language.TR),
        (words.language, "Französisch", Language.FR),
        (words.language, "sgn", Language.SGN),
        (cells.whole_number, "25 km", 25),
        (cells.whole_number, "45", 45),
        (cells.decimal, "51,3406", 51.3406),
        (cells.decimal, "-0.5", -0.5),
        (cells.email, " Mira@Example.org", "mira@example.org"),
        (cells.several(words.method), "VT, TP / VT", [Method.VT, Method.TP]),
        (cells.several(words.language), " , ", []),
        (cells.text(5), " fünf ", "fünf"),
    ],
)
def test_cells_in_usual_forms(read: Callable[[str], Any], cell: str, value: object) -> None:
    assert read(cell) == value


@pytest.mark.parametrize(
    ("read", "cell", "sentence"),
    [
        (words.salutation, "Dame", "“Dame” is not known here. Possible: Frau, Herr, keine."),
        (words.wished_gender, "divers", "is not known here"),
        (cells.whole_number, "etwa 25", "not a whole number"),
        (cells.decimal, "1e5", "not a number"),
        (cells.email, "mira(at)example.org", "valid email"),
        (cells.text(3), "vier", "longer than 3 characters"),
    ],
)
def test_cells_that_cannot_be_read_say_why(read: Callable[[str], Any], cell: str, sentence: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        read(cell)
    assert sentence in " ".join(refusal.value.messages)


def test_long_cell_is_quoted_in_short() -> None:
    assert cells.short("x" * 41) == "x" * 39 + "…"
    assert cells.short("x" * 40) == "x" * 40


@pytest.mark.parametrize(
    ("cell", "near"),
    [
        ("TK", ["Techniker Krankenkasse"]),
        ("Bamer", ["Barmer"]),
        ("AOK", ["AOK PLUS", "AOK Bayern"]),
        ("Die Techniker Krankenkasse", ["Techniker Krankenkasse"]),
        ("zzz", []),
    ],
)
def test_near_names(cell: str, near: list[str]) -> None:
    names = ["Techniker Krankenkasse", "Barmer", "AOK PLUS", "AOK Bayern", "DKV"]
    assert cells.near_names(cell, names) == near

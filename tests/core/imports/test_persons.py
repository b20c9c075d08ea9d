"""Names from cells of their own; whole names are in the table of tests/scraping."""

import pytest

from apps.core.enums import Salutation
from apps.core.imports.names import PersonName, split_name
from apps.core.imports.persons import read_name, read_parts


@pytest.mark.parametrize(
    ("first", "last", "title", "name"),
    [
        ("Mira", "Beispielhuber", "Dr.", PersonName("Dr.", "Mira", "Beispielhuber")),
        ("Dr. Mira", "Beispielhuber", "", PersonName("Dr.", "Mira", "Beispielhuber")),
        ("Mira", "Dr. phil. Beispielhuber", "Dr.", PersonName("Dr. phil.", "Mira", "Beispielhuber")),
        ("Mira", "Beispielhuber, M.Sc.", "", PersonName("M.Sc.", "Mira", "Beispielhuber")),
        ("Mira", "Mira Beispielhuber", "", PersonName("", "Mira", "Beispielhuber")),
        ("Mira von der", "Heide", "", PersonName("", "Mira", "von der Heide")),
        ("Karl Freiherr von", "Musterberg", "", PersonName("", "Karl", "Freiherr von Musterberg")),
        ("María", "García López", "", PersonName("", "María", "García López")),
        ("", "Beispielhuber", "Dr.", PersonName("Dr.", "", "Beispielhuber")),
        ("", "Dr. Mira Beispielhuber", "Dr.", PersonName("Dr.", "Mira", "Beispielhuber")),
        ("Anna", "Schmidt geb. Müller", "", PersonName("", "Anna", "Schmidt", birth_name="Müller")),
    ],
)
def test_parts_are_put_together(first: str, last: str, title: str, name: PersonName) -> None:
    reading = read_parts(first_name=first, last_name=last, title=title)
    assert (reading.name, reading.doubts) == (name, ())


@pytest.mark.parametrize(
    ("first", "last", "doubt"),
    [
        ("Anna und Jan", "Huber", "“Anna und Jan” names several people; each needs an entry."),
        ("Anna", "Praxis am Park", "“Praxis am Park” is the name of a practice, not of a person."),
        ("Anna", "Huber 0341", "“Huber 0341” holds more than a name."),
        ("Anna", "H.", "There is no whole last name: “Anna H.”."),
    ],
)
def test_parts_that_are_no_person(first: str, last: str, doubt: str) -> None:
    reading = read_parts(first_name=first, last_name=last)
    assert (reading.is_person, reading.doubts) == (False, (doubt,))


def test_one_word_is_enough_where_somebody_is_addressed() -> None:
    assert read_name("Huber").doubts == ("A single word stands in place of a name.",)
    assert read_name("Huber", is_addressed=True).doubts == ()
    assert read_parts(first_name="", last_name="Huber", is_addressed=True).doubts == ()


def test_salutation_birth_name_and_profession_are_kept_apart() -> None:
    reading = read_name("Frau Dr. Anna Schmidt (geb. von Stein), Psychologische Psychotherapeutin")
    assert (reading.doubts, reading.name) == (
        (),
        PersonName("Dr.", "Anna", "Schmidt", Salutation.MS, "von Stein", "Psychologische Psychotherapeutin"),
    )


def test_birth_name_is_no_last_name() -> None:
    assert split_name("Anna Schmidt geb. Müller") == PersonName("", "Anna", "Schmidt", birth_name="Müller")

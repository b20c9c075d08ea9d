import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core.enums import Salutation
from apps.core.imports.names import PersonName, is_practice_name, split_name, without_titles


@pytest.mark.parametrize(
    ("text", "title", "first_name", "last_name"),
    [
        ("Dipl.-Psych. Jonas Probe", "Dipl.-Psych.", "Jonas", "Probe"),
        ("Dr. med. Anna von der Heide", "Dr. med.", "Anna", "von der Heide"),
        ("Dr. rer. nat. Anna Maria Di Marco", "Dr. rer. nat.", "Anna Maria", "Di Marco"),
        ("Huber, Dr. Anna", "Dr.", "Anna", "Huber"),
        ("Heide, Anna von der", "", "Anna", "von der Heide"),
        ("Anna Huber, M.Sc.", "M.Sc.", "Anna", "Huber"),
        ("Prof. Dr. h. c. Max Muster", "Prof. Dr. h.c.", "Max", "Muster"),
        ("Dipl. Psych. (FH) Eva Klein", "Dipl. Psych. (FH)", "Eva", "Klein"),
        ("Dipl. Soz.-Päd. Eva Klein", "Dipl. Soz.-Päd.", "Eva", "Klein"),
        ("M. Sc. Psych. Tom Test", "M.Sc. Psych.", "Tom", "Test"),
        ("PD Dr. Ute Lang", "PD Dr.", "Ute", "Lang"),
        ("Eva Klein-Groß", "", "Eva", "Klein-Groß"),
        ("Li Ma", "", "Li", "Ma"),
        ("van den Berg", "", "", "van den Berg"),
        ("Probe", "", "", "Probe"),
        ("Dr.", "Dr.", "", ""),
        ("", "", "", ""),
    ],
)
def test_name_is_split(text: str, title: str, first_name: str, last_name: str) -> None:
    assert split_name(text) == PersonName(title, first_name, last_name)


def test_printed_salutation_is_taken_and_none_is_guessed() -> None:
    assert split_name("Frau Dr. Mira Probe") == PersonName("Dr.", "Mira", "Probe", Salutation.MS)
    assert split_name("Herrn Jonas Probe") == PersonName("", "Jonas", "Probe", Salutation.MR)
    assert split_name("Anna Probe").salutation is None


@given(st.text(alphabet="abcÄ ß,.", max_size=30))
def test_no_word_of_a_name_is_lost(text: str) -> None:
    name = split_name(text)
    parts = f"{name.title} {name.first_name} {name.last_name}".replace(",", " ").split()
    assert sorted(parts) == sorted(text.replace(",", " ").split())


def test_titles_are_taken_off() -> None:
    assert without_titles("Dr. phil. Huber") == ("Huber", "Dr. phil.")
    assert without_titles("von der Heide") == ("von der Heide", "")


@pytest.mark.parametrize(
    "text", ["MVZ am Park", "Praxisgemeinschaft Huber", "Psychotherapie Nord", "Institut für VT"]
)
def test_practices_are_no_persons(text: str) -> None:
    assert is_practice_name(text)


@pytest.mark.parametrize("text", ["Anna Huber", "Dipl.-Psych. Klinkner", "Dr. Bagdadi", "Mag. Verena Gbrski"])
def test_persons_are_no_practices(text: str) -> None:
    assert not is_practice_name(text)

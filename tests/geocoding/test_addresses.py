import pytest

from apps.geocoding.addresses import Address, street_line


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Lindenstr. 5", "Lindenstr. 5"),
        ("Praxis Dr. Ahorn, Lindenstr. 5, 2. OG", "Lindenstr. 5"),
        ("Lindenstr. 5 (Hinterhaus)", "Lindenstr. 5"),
        ("c/o Ahorn, Lindenstr. 5a", "Lindenstr. 5a"),
        ("Lindenstr. 5 c/o Ahorn", "Lindenstr. 5"),
        ("Lindenstr. 5\nbei Ahorn", "Lindenstr. 5"),
        ("Dr.-Külz-Ring 10", "Dr.-Külz-Ring 10"),
        ("Beifußweg  3", "Beifußweg 3"),
        ("Egerstr. 7", "Egerstr. 7"),
        ("Am Markt", "Am Markt"),
        ("Frau Clara Ahorn", ""),
        ("", ""),
    ],
)
def test_street_line_keeps_street_and_number_only(text: str, line: str) -> None:
    assert street_line(text) == line


def test_has_house_number_looks_at_the_end_of_the_street() -> None:
    assert Address("Straße des 17. Juni 135", "10623", "Berlin").has_house_number
    assert not Address("Straße des 17. Juni", "10623", "Berlin").has_house_number


def test_fingerprint_is_the_same_for_the_same_place_and_tells_nothing() -> None:
    first = Address("Lindenstr. 5", "04103", "Leipzig").fingerprint()
    assert Address("LINDENSTR.  5", "04103", "leipzig", is_private=True).fingerprint() == first
    assert Address("Lindenstr. 6", "04103", "Leipzig").fingerprint() != first
    assert len(first) == 64

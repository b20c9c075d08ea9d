"""Area codes from a cell of their own; printed contacts are in the table of tests/scraping."""

import pytest

from apps.core.imports.contact_cells import join_phone, read_phone, read_website


@pytest.mark.parametrize(
    ("prefix", "number", "stored"),
    [
        ("0911", "5408986", "+499115408986"),
        ("911", "540 89 86", "+499115408986"),
        ("0911/", "5408986", "+499115408986"),
        ("+49 911", "5408986", "+499115408986"),
        ("0911", "0911/5408986", "+499115408986"),
        ("", "0911/5408986", "+499115408986"),
        ("0911", "", ""),
    ],
)
def test_area_code_and_number(prefix: str, number: str, stored: str) -> None:
    assert read_phone(join_phone(prefix, number)) == (stored, [])


def test_number_without_area_code_is_told() -> None:
    assert read_phone("5408986") == ("", ["The telephone number needs a look: “5408986”."])


def test_too_long_website_is_told() -> None:
    value, doubts = read_website(f"www.huber.example/{'a' * 200}")
    assert (value, len(doubts)) == ("", 1)

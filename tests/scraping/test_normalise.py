from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError

from apps.scraping import normalise
from apps.therapists.enums import EmailPermission, Gender, Seat

ADULT, CHILD, ONE, GROUP = "adults", "minors", "individual", "group"


@pytest.mark.parametrize(
    ("cell", "approvals"),
    [
        ("VT Erwachsene Einzel", [("VT", ADULT, ONE)]),
        ("VT Erwachsene Einzel; TP Kinder Gruppe", [("TP", CHILD, GROUP), ("VT", ADULT, ONE)]),
        ("VT Erwachsene Einzel, TP Kinder Gruppe", [("TP", CHILD, GROUP), ("VT", ADULT, ONE)]),
        ("VT Erwachsene Einzel, Gruppe", [("VT", ADULT, GROUP), ("VT", ADULT, ONE)]),
        ("behavioural adults individual", [("VT", ADULT, ONE)]),
        ("Psychoanalyse, Erwachsene, Einzeltherapie", [("AP", ADULT, ONE)]),
        (
            "Systemische Therapie für Erwachsene und Kinder, Einzel",
            [("ST", ADULT, ONE), ("ST", CHILD, ONE)],
        ),
    ],
)
def test_approvals_of_a_cell(cell: str, approvals: list[tuple[str, str, str]]) -> None:
    assert normalise.approvals(cell) == approvals


@pytest.mark.parametrize(
    "cell", ["VT", "Verhaltenstherapie Erwachsene", "Erwachsene Einzel", "VT Erwachsene Einzel; TP"]
)
def test_incomplete_approval_is_refused(cell: str) -> None:
    with pytest.raises(ValidationError, match="method, age group and setting"):
        normalise.approvals(cell)


def test_approvals_are_read_back_from_their_text() -> None:
    approvals = [
        (method, age, setting)
        for method in ("AP", "VT")
        for age in (ADULT, CHILD)
        for setting in (GROUP, ONE)
    ]
    assert normalise.approvals("; ".join(map(normalise.approval_text, approvals))) == approvals


@pytest.mark.parametrize(
    ("read", "cell", "value"),
    [
        (normalise.gender, "W", Gender.FEMALE),
        (normalise.gender, "unbekannt", Gender.UNKNOWN),
        (normalise.seat, "halber Sitz", Seat.HALF),
        (normalise.seat, "0,5", Seat.HALF),
        (normalise.seat, "Privatpraxis", Seat.NONE),
        (normalise.email_permission, "mündlich", EmailPermission.ORAL),
        (normalise.diagnoses, "F32, f40 – 48", ["F32", "F40-F48"]),
    ],
)
def test_words_of_lists(read: Callable[[str], object], cell: str, value: object) -> None:
    assert read(cell) == value

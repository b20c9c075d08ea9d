import pytest

from apps.therapists.tables import approval_lines
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db


def test_approval_lines_gather_methods_by_whom_they_are_for() -> None:
    therapist = TherapistFactory(
        approvals=[
            ("VT", "minors", "individual"),
            ("VT", "adults", "group"),
            ("VT", "adults", "individual"),
            ("TP", "adults", "individual"),
        ]
    )
    assert approval_lines(therapist) == [
        ("TP, VT", "Erwachsene"),
        ("VT", "Erwachsene, Gruppentherapie"),
        ("VT", "Kinder und Jugendliche"),
    ]


def test_approval_lines_of_nothing_are_none() -> None:
    assert approval_lines(TherapistFactory(approvals=())) == []

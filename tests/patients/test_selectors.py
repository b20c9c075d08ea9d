from datetime import date, datetime
from typing import Any

import pytest
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.core import parameters
from apps.core.weekly import Interval
from apps.patients import selectors
from apps.patients.enums import Purpose
from apps.patients.models import Patient, Symptom
from tests.factories.patients import ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db


def codes(patient: Patient, today: date) -> list[str]:
    return [row.code for row in selectors.missing_prerequisites(patient=patient, today=today)]


def test_missing_prerequisites_of_a_complete_patient(today: date) -> None:
    assert codes(PatientFactory(), today) == []


def test_missing_prerequisites_of_an_empty_patient(today: date) -> None:
    assert codes(PatientFactory(empty=True), today) == [
        "contracts",
        "sprechstunde",
        "ptv11",
        "payment",
        "consent_health_data",
        "consent_pseudonymous",
        "birth_date",
        "insurance",
        "place",
        "diagnosis",
        "symptoms",
        "availability",
        "unreachable",
        "consent_identity",
        "consent_email",
    ]


def test_missing_prerequisites_follows_the_parameters(at: datetime, today: date, manager: User) -> None:
    last = date(2025, 11, 1)
    patient = PatientFactory(has_previous_therapy=True, previous_therapy_last_session_on=last)
    assert codes(patient, today) == ["two_years"]
    parameters.change(name="two_year_window_months", value=12, actor=manager, at=at, reason="new rule")
    parameters.change(name="least_weekly_hours", value=30, actor=manager, at=at, reason="more")
    assert codes(patient, today) == ["few_hours"]


def test_checklist_shows_what_is_met_too(today: date) -> None:
    rows = selectors.checklist(patient=PatientFactory(sprechstunde_on=None), today=today)
    assert len(rows) == 13
    assert [row.code for row in rows if not row.is_met] == ["sprechstunde"]


@pytest.mark.parametrize(
    ("given_on", "withdrawn_on", "is_in_force"),
    [
        (date(2026, 11, 23), None, True),
        (date(2026, 11, 24), None, False),
        (date(2026, 11, 1), date(2026, 11, 24), True),
        (date(2026, 11, 1), date(2026, 11, 23), False),
    ],
)
def test_has_consent(today: date, given_on: date, withdrawn_on: date | None, is_in_force: bool) -> None:
    consent = ConsentFactory(purpose=Purpose.EMAIL, given_on=given_on, withdrawn_on=withdrawn_on)
    asked = {"patient_id": consent.patient_id, "purpose": Purpose.EMAIL, "on": today}
    assert selectors.has_consent(**asked) is is_in_force
    found = selectors.consents_in_force(patient=consent.patient, on=today)
    assert found == ([consent] if is_in_force else [])


def test_has_consent_is_per_purpose_and_patient(today: date) -> None:
    consent = ConsentFactory(purpose=Purpose.EMAIL)
    other = PatientFactory(consents=())
    asked = {"patient_id": consent.patient_id, "on": today}
    assert selectors.has_consent(purpose=Purpose.IDENTITY, **asked) is False
    assert selectors.has_consent(patient_id=other.pk, purpose=Purpose.EMAIL, on=today) is False


@pytest.mark.parametrize(
    ("typed", "is_found"),
    [
        ({"kvnr": "a 123456780"}, True),
        ({"email": "MARA@example.org "}, True),
        ({"phone": "0341/1234567"}, True),
        ({"first_name": "mara", "last_name": "KLEIN"}, True),
        ({"first_name": "Mara", "last_name": "Klein", "birth_date": date(1990, 5, 17)}, True),
        ({"first_name": "Mara", "last_name": "Klein", "birth_date": date(1991, 5, 17)}, False),
        ({"last_name": "Klein"}, False),
        ({"kvnr": "A000500015"}, False),
        ({"email": "", "phone": "", "kvnr": "", "first_name": "", "last_name": ""}, False),
        ({"phone": "no number"}, False),
    ],
)
def test_find_duplicates(typed: dict[str, Any], is_found: bool) -> None:
    patient = PatientFactory(
        first_name="Mara", last_name="Klein", email="mara@example.org", phone="+493411234567"
    )
    PatientFactory(kvnr="", kvnr_index="", email="", phone="")
    assert list(selectors.find_duplicates(**typed)) == ([patient] if is_found else [])


def test_find_duplicates_by_name_where_the_birth_date_is_unknown() -> None:
    patient = PatientFactory(first_name="Mara", last_name="Klein", birth_date=None)
    typed = {"first_name": "Mara", "last_name": "Klein", "birth_date": date(1990, 5, 17)}
    assert list(selectors.find_duplicates(**typed)) == [patient]


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("klein", True),
        ("mara klein", True),
        ("Klein Mara", True),
        ("K7M", True),
        ("0410", True),
        ("410", False),
        ("leipz", True),
        ("mara berlin", False),
        ("MARA@example.org", True),
        ("0341 1234567", True),
        ("a123456780", True),
        ("A000500015", False),
        ("", True),
    ],
)
def test_find(text: str, is_found: bool) -> None:
    patient = PatientFactory(
        first_name="Mara",
        last_name="Klein",
        case_code="K7M-4QX",
        email="mara@example.org",
        phone="+493411234567",
    )
    assert list(selectors.find(text=text, patients=Patient.objects.all())) == ([patient] if is_found else [])


def test_patient_list_needs_the_same_queries_for_any_number(
    today: date, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 3):
        PatientFactory.create_batch(count)
        with django_assert_num_queries(4):
            ready = selectors.ready_ids(patients=selectors.patient_list(), today=today)
        assert len(ready) == Patient.objects.count()


def test_ready_ids_leaves_out_who_lacks_something(today: date) -> None:
    ready = PatientFactory()
    PatientFactory(symptoms=[])
    assert selectors.ready_ids(patients=selectors.patient_list(), today=today) == [ready.pk]


def test_weekly_intervals_known_and_unknown() -> None:
    known, unknown = PatientFactory(availability=[(1, 480, 600)]), PatientFactory(availability=())
    assert selectors.weekly_intervals(patient=known) == [Interval(1, 480, 600)]
    assert selectors.weekly_intervals(patient=unknown) is None


def test_with_availability_brings_the_hours_along(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    PatientFactory.create_batch(3)
    with django_assert_num_queries(2):
        rows = [selectors.weekly_intervals(patient=row) for row in selectors.with_availability()]
    assert [len(row or []) for row in rows] == [5, 5, 5]


def test_symptom_choices_speak_the_language_of_the_page() -> None:
    Symptom.objects.create(code="thirst", name_de="Durst", name_en="Thirst")
    with translation.override("de"):
        assert dict(selectors.symptom_choices())["thirst"] == "Durst"
    with translation.override("en"):
        assert dict(selectors.symptom_choices())["thirst"] == "Thirst"


def test_symptom_choices_keep_a_retired_word_only_where_it_is_used() -> None:
    Symptom.objects.filter(code="grief").update(is_active=False)
    assert "grief" not in dict(selectors.symptom_choices())
    assert "grief" in dict(selectors.symptom_choices(chosen=["grief"]))


def test_symptom_names_keep_the_order() -> None:
    Symptom.objects.create(code="thirst", name_de="Durst", name_en="Thirst")
    Symptom.objects.create(code="hunger", name_de="Hunger", name_en="Hunger")
    with translation.override("en"):
        assert selectors.symptom_names(codes=["thirst", "gone", "hunger"]) == ["Thirst", "gone", "Hunger"]

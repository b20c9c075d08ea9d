"""What the database itself refuses, and what it stores of encrypted columns."""

from datetime import date, datetime

import pytest
from django.core.exceptions import FieldError
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.patients.enums import Purpose
from apps.patients.models import (
    CASE_CODE_LETTERS,
    CLINICAL_FIELDS,
    Availability,
    Insurer,
    Patient,
    PatientHistory,
    Symptom,
    new_case_code,
)
from apps.patients.services import registration
from tests.factories.patients import ConsentFactory, InsurerFactory, PatientFactory

pytestmark = pytest.mark.django_db

CANARY = "Kanarienvogel"


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"status": "lost", "started_on": date(2026, 11, 2)}, "patient_status_known"),
        ({"gender": "x"}, "patient_gender_known"),
        ({"insurance_kind": "x"}, "patient_insurance_known"),
        ({"plz": "4103"}, "patient_plz_form"),
        ({"wished_methods": ["XX"]}, "patient_methods_known"),
        ({"latitude": 91.0}, "patient_place_whole"),
        ({"longitude": 181.0}, "patient_place_whole"),
        ({"max_distance_km": 0}, "patient_limits_positive"),
        ({"max_travel_minutes": 0}, "patient_limits_positive"),
        (
            {"first_place_on": date(2026, 11, 2), "place_confirmed_on": date(2026, 11, 1)},
            "patient_confirmed_after_first_place",
        ),
        ({"status": "searching", "started_on": None}, "patient_started_before_searching"),
    ],
)
def test_patient_the_database_refuses(changes: dict[str, object], constraint: str) -> None:
    patient = PatientFactory()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Patient.objects.filter(pk=patient.pk).update(**changes)


def test_patient_case_code_is_unique() -> None:
    patient = PatientFactory()
    with pytest.raises(IntegrityError, match="case_code"), transaction.atomic():
        PatientFactory(case_code=patient.case_code)


def test_patient_the_database_accepts_the_empty_form() -> None:
    patient = PatientFactory(empty=True)
    assert Patient.objects.get(pk=patient.pk).symptoms == []


def test_new_case_code_uses_unmistakable_letters() -> None:
    codes = {new_case_code() for _number in range(50)}
    assert all(len(code) == 7 and code[3] == "-" for code in codes)
    assert set("".join(codes)) - {"-"} <= set(CASE_CODE_LETTERS)
    assert not set("01258BIOS") & set(CASE_CODE_LETTERS)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"purpose": "x"}, "consent_purpose_known"),
        ({"proof": ""}, "consent_has_proof"),
        ({"withdrawn_on": date(2026, 9, 30)}, "consent_withdrawn_after_given"),
    ],
)
def test_consent_the_database_refuses(changes: dict[str, object], constraint: str) -> None:
    consent = ConsentFactory()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        type(consent).objects.filter(pk=consent.pk).update(**changes)


def test_consent_one_in_force_per_purpose() -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    with pytest.raises(IntegrityError, match="consent_one_in_force"), transaction.atomic():
        ConsentFactory(patient=patient, purpose=Purpose.EMAIL)
    ConsentFactory(patient=patient, purpose=Purpose.EMAIL, withdrawn_on=date(2026, 10, 2))
    ConsentFactory(patient=patient, purpose=Purpose.IDENTITY)
    assert patient.consents.count() == 3


@pytest.mark.parametrize(
    ("hours", "constraint"),
    [
        ((7, 480, 600), "availability_in_order"),
        ((0, 600, 600), "availability_in_order"),
        ((0, 480, 1441), "availability_in_order"),
        ((0, 540, 660), "availability_no_overlap"),
    ],
)
def test_availability_the_database_refuses(hours: tuple[int, int, int], constraint: str) -> None:
    patient = PatientFactory(availability=[(0, 480, 600)])
    weekday, start, end = hours
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Availability.objects.create(patient=patient, weekday=weekday, start_minute=start, end_minute=end)


def test_availability_of_two_patients_may_overlap() -> None:
    PatientFactory.create_batch(2, availability=[(0, 480, 600)])
    assert Availability.objects.filter(weekday=0, start_minute=480).count() == 2


def test_insurer_and_symptom_are_unique() -> None:
    InsurerFactory(name="Ahornkasse")
    with pytest.raises(IntegrityError, match="name"), transaction.atomic():
        Insurer.objects.create(name="Ahornkasse")
    with pytest.raises(IntegrityError, match="code"), transaction.atomic():
        Symptom.objects.create(code="anxiety", name_de="Angst", name_en="Fear")


def test_symptoms_come_with_the_migrations() -> None:
    assert 25 <= Symptom.objects.filter(is_active=True).count() <= 35
    assert set(PatientFactory().symptoms) <= set(Symptom.objects.values_list("code", flat=True))


def test_history_survives_the_member_of_staff(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    registration.record_start(patient, actor=coordinator, at=at)
    coordinator.delete()
    assert PatientHistory.objects.get(subject=patient).actor is None


def test_encrypted_columns_hold_no_plain_text(at: datetime, coordinator: User) -> None:
    texts = [name for name in CLINICAL_FIELDS if name not in NOT_TEXT]
    patient = PatientFactory(
        **dict.fromkeys(texts, CANARY),
        symptoms=[CANARY],
        diagnosis=CANARY,
        referral_code=CANARY,
        kvnr=CANARY,
        has_previous_therapy=True,
        previous_therapy_last_session_on=date(2031, 3, 7),
        marital_status="widowed",
    )
    changes = {"diagnosis": "F32.1", "stressors": f"{CANARY} again", "kvnr": "A000500015"}
    registration.update(patient=patient, changes=changes, actor=coordinator, at=at)
    for table in ("patients_patient", "patients_patientevent"):
        stored = everything_in(table)
        assert patient.case_code in stored
        for secret in (CANARY, "2031-03-07", "widowed", "A000500015", "F32.1"):
            assert secret not in stored, (table, secret)


NOT_TEXT = {
    "symptoms",
    "has_previous_therapy",
    "previous_therapy_last_session_on",
    "marital_status",
    "diagnosis",
}


def everything_in(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" t')
        return str(cursor.fetchone()[0])


def test_encrypted_values_come_back_as_they_were() -> None:
    values = {
        "symptoms": ["anxiety", "rumination"],
        "has_previous_therapy": False,
        "previous_therapy_last_session_on": date(2024, 2, 29),
        "complaints": "„Ängste“ – seit März",
        "marital_status": "",
    }
    patient = PatientFactory(**values)
    fresh = Patient.objects.get(pk=patient.pk)
    assert {name: getattr(fresh, name) for name in values} == values


def test_encrypted_columns_cannot_be_searched() -> None:
    with pytest.raises(FieldError, match="encrypted"):
        Patient.objects.filter(complaints="x")

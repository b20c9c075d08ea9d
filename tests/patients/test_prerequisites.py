from datetime import date, timedelta

import pytest

from apps.patients.models import Patient
from apps.patients.prerequisites import Facts, add_months, age_on, check, is_within_two_years

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("birth_date", "today", "age"),
    [
        (None, TODAY, None),
        (date(1990, 11, 23), TODAY, 36),
        (date(1990, 11, 24), TODAY, 35),
        (date(2004, 2, 29), date(2026, 2, 28), 21),
        (date(2004, 2, 29), date(2026, 3, 1), 22),
        (TODAY, TODAY, 0),
    ],
)
def test_age_on(birth_date: date | None, today: date, age: int | None) -> None:
    assert age_on(birth_date, today) == age


@pytest.mark.parametrize(
    ("day", "months", "result"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2024, 12, 15), 24, date(2026, 12, 15)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 31), 2, date(2027, 2, 28)),
        (date(2026, 5, 5), 0, date(2026, 5, 5)),
    ],
)
def test_add_months(day: date, months: int, result: date) -> None:
    assert add_months(day, months) == result


@pytest.mark.parametrize(
    ("has_therapy", "last_session_on", "is_within"),
    [
        (True, date(2024, 11, 23), True),
        (True, date(2024, 11, 22), False),
        (None, date(2026, 1, 1), True),
        (False, date(2026, 1, 1), False),
        (True, None, False),
    ],
)
def test_is_within_two_years(has_therapy: bool | None, last_session_on: date | None, is_within: bool) -> None:
    patient = Patient(has_previous_therapy=has_therapy, previous_therapy_last_session_on=last_session_on)
    assert is_within_two_years(patient, TODAY, 24) is is_within


def complete(**changes: object) -> Patient:
    values: dict[str, object] = {
        "contracts_signed_on": TODAY,
        "sprechstunde_on": TODAY,
        "ptv11_on": TODAY,
        "payment_received_on": TODAY,
        "birth_date": date(1990, 1, 1),
        "insurance_kind": "gkv",
        "insurer_id": 1,
        "plz": "04103",
        "latitude": 51.34,
        "longitude": 12.39,
        "diagnosis": "F32.1",
        "symptoms": ["anxiety"],
        "email": "ann@example.org",
        "is_availability_known": True,
    }
    return Patient(**(values | changes))


ALL_CONSENTS = frozenset({"health_data", "pseudonymous", "identity", "email"})


def missing(
    patient: Patient, consents: frozenset[str] = ALL_CONSENTS, hours: float = 20
) -> list[tuple[str, bool]]:
    facts = Facts(patient, TODAY, consents, round(hours * 60), least_weekly_hours=20, window_months=24)
    return [(row.code, row.is_blocking) for row in check(facts) if not row.is_met]


def test_check_of_a_complete_patient_finds_nothing() -> None:
    assert missing(complete()) == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"contracts_signed_on": None}, "contracts"),
        ({"sprechstunde_on": None}, "sprechstunde"),
        ({"ptv11_on": None}, "ptv11"),
        ({"payment_received_on": None}, "payment"),
        ({"birth_date": None}, "birth_date"),
        ({"insurance_kind": ""}, "insurance"),
        ({"insurer_id": None}, "insurer"),
        ({"plz": ""}, "place"),
        ({"latitude": None, "longitude": None}, "place"),
        ({"diagnosis": ""}, "diagnosis"),
        ({"symptoms": []}, "symptoms"),
        ({"symptoms": ["a", "b", "c", "d"]}, "symptoms"),
        ({"is_availability_known": False}, "availability"),
    ],
)
def test_check_blocks_without(changes: dict[str, object], code: str) -> None:
    assert missing(complete(**changes)) == [(code, True)]


@pytest.mark.parametrize("kind", ["pkv", "beihilfe", "self_payer"])
def test_check_asks_only_statutory_patients_for_the_insurer(kind: str) -> None:
    assert missing(complete(insurance_kind=kind, insurer_id=None)) == []


@pytest.mark.parametrize(
    ("purpose", "is_blocking"),
    [("health_data", True), ("pseudonymous", True), ("identity", False), ("email", False)],
)
def test_check_consents(purpose: str, is_blocking: bool) -> None:
    assert missing(complete(), ALL_CONSENTS - {purpose}) == [(f"consent_{purpose}", is_blocking)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "", "phone": ""}, "unreachable"),
        ({"birth_date": TODAY.replace(year=2008) + timedelta(days=1)}, "under_age"),
        ({"latitude": 48.1, "longitude": 11.6}, "place_doubtful"),
        ({"has_previous_therapy": True, "previous_therapy_last_session_on": date(2025, 5, 5)}, "two_years"),
        ({"has_previous_therapy": True}, "two_years_unknown"),
    ],
)
def test_check_warns(changes: dict[str, object], code: str) -> None:
    assert missing(complete(**changes)) == [(code, False)]


def test_check_warns_of_few_hours() -> None:
    assert missing(complete(), hours=19.5) == [("few_hours", False)]


def test_check_is_content_with_one_way_of_contact() -> None:
    assert missing(complete(email="", phone="+493411234567")) == []


def test_check_names_where_it_is_mended() -> None:
    facts = Facts(complete(symptoms=[]), TODAY, frozenset(), 0, 20, 24)
    places = {row.code: (row.page, row.field) for row in check(facts) if not row.is_met}
    assert places["symptoms"] == ("edit", "symptoms")
    assert places["consent_health_data"] == ("consents", "purpose")
    assert places["few_hours"] == ("availability", "")

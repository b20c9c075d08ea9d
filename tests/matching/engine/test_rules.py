"""Each rule by example: the reason it gives, and the nearest case that passes."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.matching.engine.hours import Interval
from apps.matching.engine.reasons import Flag
from tests.matching.engine.builders import TODAY, evaluated, reasons, search, therapist

VT_ADULTS = ("VT", "adults", "individual")
TP_MINORS = ("TP", "minors", "individual")
TP_GROUP = ("TP", "adults", "group")


def born(years_ago: int, days: int = 0) -> date:
    return TODAY.replace(year=TODAY.year - years_ago) + timedelta(days=days)


def test_fitting_pair_has_no_reason() -> None:
    assert reasons(search(), therapist()) == []


@pytest.mark.parametrize("changes", [{"latitude": None}, {"longitude": None}])
def test_unknown_location_of_either_side_fails(changes: dict[str, Any]) -> None:
    assert reasons(search(**changes), therapist()) == ["location_unknown"]
    assert reasons(search(), therapist(**changes)) == ["location_unknown"]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"max_distance_km": 11.12}, []),  # 0.1 degrees of latitude are 11.120 km
        ({"max_distance_km": 11.119}, ["too_far"]),
        ({"max_distance_km": None, "max_travel_minutes": 27}, []),  # 5 + 1.95 x 11.12 = 26.7
        ({"max_distance_km": None, "max_travel_minutes": 26}, ["too_far"]),
        ({"max_distance_km": 25.0, "max_travel_minutes": 26}, ["too_far"]),
        ({"max_distance_km": 10.0, "max_travel_minutes": 27}, ["too_far"]),
        ({"max_distance_km": None}, []),
        ({"max_distance_km": 0.0}, ["too_far"]),
    ],
)
def test_every_given_limit_must_hold(limits: dict[str, Any], expected: list[str]) -> None:
    assert reasons(search(**limits), therapist(latitude=52.62)) == expected


def test_default_limit_holds_without_own_limits() -> None:
    assert reasons(search(max_distance_km=None), therapist(latitude=52.75)) == ["too_far"]
    assert reasons(search(max_distance_km=30.0), therapist(latitude=52.75)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"is_active": False}, ["therapist_inactive"]),
        ({"is_blocked": True}, ["therapist_blocked"]),
        ({"is_verified": False}, ["not_reviewed"]),
        ({"do_not_contact": True}, ["do_not_contact"]),
        ({"paused_until": TODAY}, ["contact_pause"]),
        ({"paused_until": TODAY - timedelta(days=1)}, []),
        ({"last_contact_on": TODAY - timedelta(days=6)}, ["contacted_recently"]),
        ({"last_contact_on": TODAY - timedelta(days=7)}, []),
        ({"has_open_inquiry": True}, ["open_inquiry"]),
        ({"is_active": False, "is_blocked": True}, ["therapist_inactive", "therapist_blocked"]),
    ],
)
def test_therapist_must_be_contactable(changes: dict[str, Any], expected: list[str]) -> None:
    assert reasons(search(), therapist(**changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"paused_until": TODAY}, ["contact_pause"]),
        ({"last_contact_on": TODAY}, ["contacted_recently"]),
        ({"has_open_inquiry": True}, ["open_inquiry"]),
        ({"is_blocked": True, "is_active": False, "do_not_contact": True}, []),
    ],
)
def test_contact_rules_hold_for_the_contact_group(changes: dict[str, Any], expected: list[str]) -> None:
    colleague = therapist(id=2, contact_group=1, **changes)
    assert reasons(search(), therapist(), colleague) == expected
    stranger = therapist(id=3, contact_group=3, **changes)
    assert reasons(search(), therapist(), stranger) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"excluded_therapists": frozenset({1, 5})}, ["excluded_by_patient"]),
        ({"locked_therapists": frozenset({1})}, ["locked_after_rejection"]),
        (
            {"excluded_therapists": frozenset({1}), "locked_therapists": frozenset({1})},
            ["excluded_by_patient", "locked_after_rejection"],
        ),
        ({"excluded_therapists": frozenset({2}), "locked_therapists": frozenset({0})}, []),
    ],
)
def test_excluded_and_locked_therapists_fail(changes: dict[str, Any], expected: list[str]) -> None:
    assert reasons(search(**changes), therapist()) == expected


@pytest.mark.parametrize(
    ("insurance", "is_kostenerstattung", "has_seat", "is_licensed", "expected"),
    [
        ("gkv", False, True, True, []),
        ("gkv", False, True, False, []),
        ("gkv", False, False, True, ["no_seat"]),
        ("gkv", True, False, True, []),
        ("gkv", True, True, True, ["private_wanted"]),
        ("gkv", True, False, False, ["not_licensed"]),
        ("gkv", True, True, False, ["private_wanted", "not_licensed"]),
        ("pkv", False, True, True, []),
        ("pkv", True, True, True, []),
        ("pkv", False, False, True, []),
        ("beihilfe", False, True, False, ["not_licensed"]),
        ("self_payer", False, False, False, ["not_licensed"]),
    ],
)
def test_insurance_decides_on_seat_and_licence(
    insurance: str, is_kostenerstattung: bool, has_seat: bool, is_licensed: bool, expected: list[str]
) -> None:
    patient = search(insurance=insurance, is_kostenerstattung=is_kostenerstattung)
    assert reasons(patient, therapist(has_seat=has_seat, is_licensed=is_licensed)) == expected


@pytest.mark.parametrize(
    ("birth_date", "treats_minors", "treats_adults"),
    [
        (born(18, days=1), True, False),
        (born(18), True, True),
        (born(21, days=1), True, True),
        (born(21), False, True),
        (TODAY, True, False),
    ],
)
def test_age_decides_on_the_group_of_approvals(
    birth_date: date, treats_minors: bool, treats_adults: bool
) -> None:
    patient = search(birth_date=birth_date)
    for approval, fits in ((TP_MINORS, treats_minors), (VT_ADULTS, treats_adults)):
        expected = [] if fits else ["age_not_treated"]
        assert reasons(patient, therapist(approvals=frozenset({approval}))) == expected


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (date(2025, 2, 28), []),
        (date(2025, 3, 1), ["age_not_treated"]),
        (date(2028, 2, 28), ["age_not_treated"]),
    ],
)
def test_born_on_29_february_completes_the_year_before_1_march(today: date, expected: list[str]) -> None:
    patient = search(birth_date=date(2004, 2, 29))
    assert reasons(patient, therapist(approvals=frozenset({TP_MINORS})), today=today) == expected


@pytest.mark.parametrize("birth_date", [None, TODAY + timedelta(days=1)])
def test_unknown_age_is_told_once(birth_date: date | None) -> None:
    patient = search(birth_date=birth_date)
    assert reasons(patient, therapist()) == ["age_unknown"]
    assert reasons(patient, therapist(wished_age_from=18, approvals=frozenset())) == ["age_unknown"]


@pytest.mark.parametrize(
    ("approvals", "methods", "group_wish", "expected"),
    [
        ({VT_ADULTS}, {"VT", "TP"}, "no", []),
        ({VT_ADULTS}, set(), "also", []),
        ({VT_ADULTS}, {"TP"}, "no", ["method_not_offered"]),
        ({VT_ADULTS}, {"VT"}, "only", ["setting_not_offered"]),
        ({TP_GROUP}, set(), "no", ["setting_not_offered"]),
        ({TP_GROUP}, set(), "also", []),
        ({VT_ADULTS, TP_GROUP}, {"VT"}, "only", ["setting_not_offered"]),
        ({VT_ADULTS, TP_GROUP}, {"TP"}, "only", []),
        ({TP_MINORS, VT_ADULTS}, {"TP"}, "no", ["method_not_offered"]),
        ({TP_MINORS}, {"VT"}, "only", ["age_not_treated"]),
        (set(), set(), "also", ["age_not_treated"]),
    ],
)
def test_one_approval_must_fit_age_method_and_setting(
    approvals: set[tuple[str, str, str]], methods: set[str], group_wish: str, expected: list[str]
) -> None:
    patient = search(wished_methods=frozenset(methods), group_wish=group_wish)
    assert reasons(patient, therapist(approvals=frozenset(approvals))) == expected


@pytest.mark.parametrize(("group_wish", "expected"), [("no", ["group_only"]), ("also", []), ("only", [])])
def test_therapist_who_prefers_group_needs_open_patient(group_wish: str, expected: list[str]) -> None:
    both = frozenset({VT_ADULTS, TP_GROUP})
    assert reasons(search(group_wish=group_wish), therapist(approvals=both, prefers_group=True)) == expected


@pytest.mark.parametrize(
    ("wish", "gender", "expected"),
    [
        ("any", "unknown", []),
        ("female", "female", []),
        ("female", "male", ["therapist_gender"]),
        ("male", "diverse", ["therapist_gender"]),
        ("male", "unknown", ["therapist_gender_unknown"]),
    ],
)
def test_patient_wishes_therapist_gender(wish: str, gender: str, expected: list[str]) -> None:
    assert reasons(search(wished_gender=wish), therapist(gender=gender)) == expected


@pytest.mark.parametrize(
    ("wish", "gender", "expected"),
    [
        ("any", "not_stated", []),
        ("female", "female", []),
        ("female", "male", ["patient_gender"]),
        ("male", "diverse", ["patient_gender"]),
        ("male", "not_stated", ["patient_gender"]),
    ],
)
def test_therapist_wishes_patient_gender(wish: str, gender: str, expected: list[str]) -> None:
    assert reasons(search(gender=gender), therapist(wished_gender=wish)) == expected


@pytest.mark.parametrize(
    ("age_from", "age_to", "expected"),
    [
        (0, 0, []),
        (30, 30, []),
        (31, 0, ["patient_age_range"]),
        (0, 29, ["patient_age_range"]),
        (18, 65, []),
    ],
)
def test_therapist_wishes_ages_inclusively(age_from: int, age_to: int, expected: list[str]) -> None:
    patient = search(birth_date=born(30))
    assert reasons(patient, therapist(wished_age_from=age_from, wished_age_to=age_to)) == expected


@pytest.mark.parametrize(
    ("wishes", "diagnosis", "expected"),
    [
        ((), None, []),
        (("", " "), None, []),
        (("F40-F48",), "F40.1G", []),
        (("F32", "F40.01"), "F40", []),
        (("F32",), "F40", ["diagnosis_not_wished"]),
        (("F32",), None, ["diagnosis_unknown"]),
        (("F32",), "depressiv", ["diagnosis_unknown"]),
        (("Angst",), "F40", ["diagnosis_not_wished"]),
        (("Angst",), None, ["diagnosis_unknown"]),
    ],
)
def test_therapist_wishes_diagnoses(
    wishes: tuple[str, ...], diagnosis: str | None, expected: list[str]
) -> None:
    assert reasons(search(diagnosis=diagnosis), therapist(wished_diagnoses=wishes)) == expected


@pytest.mark.parametrize(
    ("understood", "spoken", "expected"),
    [
        (frozenset(), None, []),
        (frozenset(), frozenset(), []),
        (frozenset({"de"}), None, []),
        (frozenset({"en"}), None, ["no_common_language"]),
        (frozenset(), frozenset({"en"}), ["no_common_language"]),
        (frozenset({"en", "tr"}), frozenset({"de", "tr"}), []),
    ],
)
def test_one_common_language_is_needed(
    understood: frozenset[str], spoken: frozenset[str] | None, expected: list[str]
) -> None:
    assert reasons(search(languages=understood), therapist(languages=spoken)) == expected


@pytest.mark.parametrize(
    ("working_hours", "expected"),
    [
        ((Interval(0, 730, 900),), []),
        ((Interval(0, 731, 900),), ["no_common_time"]),
        ((Interval(0, 600, 640), Interval(0, 650, 690)), ["no_common_time"]),
        ((Interval(1, 600, 780),), ["no_common_time"]),
        ((), []),
        (None, []),
    ],
)
def test_fifty_common_minutes_in_one_piece_are_needed(
    working_hours: tuple[Interval, ...] | None, expected: list[str]
) -> None:
    assert reasons(search(), therapist(working_hours=working_hours)) == expected


@pytest.mark.parametrize(
    ("availability", "working_hours", "flag", "minutes"),
    [
        ((Interval(0, 600, 780),), (Interval(0, 540, 720),), 0, 120),
        (None, (Interval(0, 540, 720),), Flag.HOURS_UNKNOWN, -1),
        ((Interval(0, 600, 780),), None, Flag.HOURS_UNKNOWN, -1),
        ((), (), Flag.HOURS_UNKNOWN, -1),
    ],
)
def test_unknown_hours_are_flagged(
    availability: tuple[Interval, ...] | None,
    working_hours: tuple[Interval, ...] | None,
    flag: int,
    minutes: int,
) -> None:
    result = evaluated(search(availability=availability), therapist(working_hours=working_hours))
    assert result.flags.tolist() == [flag]
    assert result.common_minutes.tolist() == [minutes]
    assert result.longest_common_minutes.tolist() == [minutes]

"""A failed rule with the fact on either side."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.utils import translation

from apps.matching.contrasts import Pair, contrasts
from apps.matching.engine.reasons import REASONS as CODES
from apps.matching.engine.reasons import Reason
from apps.matching.phrases import REASONS
from tests.factories.matching import SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import TODAY, current

pytestmark = pytest.mark.django_db
ADULT_TALKS = ("VT", "adults", "individual")


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def _pair(
    patient: dict[str, Any] | None = None, therapist: dict[str, Any] | None = None, **fields: Any
) -> Pair:
    wishes = {f"patient__{name}": value for name, value in (patient or {}).items()}
    facts: dict[str, Any] = {"day": TODAY, "distance_km": 31.24, "longest_common_minutes": 30} | fields
    return Pair(
        search=SearchFactory(**wishes),
        therapist=TherapistFactory(**(therapist or {})),
        parameters=current(),
        **facts,
    )


def _facts(reason: Reason, pair: Pair) -> str:
    (contrast,) = contrasts([reason], pair)
    assert contrast.sentence == REASONS[reason]
    return contrast.facts


def test_every_reason_can_be_told() -> None:
    pair = _pair()
    assert [row.sentence for row in contrasts(CODES, pair)] == [REASONS[reason] for reason in CODES]


@pytest.mark.parametrize(
    ("reason", "patient", "therapist", "facts"),
    [
        (
            Reason.AGE_NOT_TREATED,
            {"birth_date": date(2011, 1, 1)},
            {"approvals": [ADULT_TALKS]},
            "treats adults; the patient is 15",
        ),
        (Reason.AGE_NOT_TREATED, {}, {"approvals": []}, "no approval is recorded"),
        (
            Reason.METHOD_NOT_OFFERED,
            {"wished_methods": ["AP"]},
            {"approvals": [ADULT_TALKS, ("TP", "minors", "individual")]},
            "offers behavioural (VT); wished: analytic (AP)",
        ),
        (
            Reason.SETTING_NOT_OFFERED,
            {"group_wish": "only"},
            {"approvals": [ADULT_TALKS]},
            "offers individual; wished: only group therapy",
        ),
        (Reason.GROUP_ONLY, {"group_wish": "no"}, {}, "the patient: no group therapy"),
        (
            Reason.THERAPIST_GENDER,
            {"wished_gender": "female"},
            {"gender": "male"},
            "therapist: male; wished: female",
        ),
        (
            Reason.PATIENT_GENDER,
            {"gender": "male"},
            {"wished_gender": "female"},
            "wished: female; patient: male",
        ),
        (
            Reason.PATIENT_AGE_RANGE,
            {},
            {"wished_age_from": 18, "wished_age_to": 30},
            "takes patients from 18 to 30; the patient is 36",
        ),
        (Reason.PATIENT_AGE_RANGE, {}, {"wished_age_to": 30}, "takes patients up to 30; the patient is 36"),
        (
            Reason.PATIENT_AGE_RANGE,
            {},
            {"wished_age_from": 60},
            "takes patients from 60; the patient is 36",
        ),
        (
            Reason.NO_COMMON_LANGUAGE,
            {"languages": ["ar"]},
            {"languages": []},
            "therapist: German; patient: Arabic",
        ),
        (
            Reason.NO_SEAT,
            {"insurance_kind": "gkv"},
            {"seat": "none"},
            "therapist: no seat; patient: statutory (GKV)",
        ),
        (Reason.PRIVATE_WANTED, {}, {"seat": "full"}, "therapist: full seat"),
        (Reason.TOO_FAR, {"max_distance_km": 25}, {}, "31.2 km; the patient goes up to 25 km"),
        (
            Reason.TOO_FAR,
            {"max_distance_km": None, "max_travel_minutes": 40},
            {},
            "31.2 km; the patient goes up to 40 minutes",
        ),
        (
            Reason.TOO_FAR,
            {"max_distance_km": None, "max_travel_minutes": None},
            {},
            "31.2 km; the patient goes up to 25 km",
        ),
        (Reason.LOCATION_UNKNOWN, {}, {}, "the practice's place is missing"),
        (
            Reason.LOCATION_UNKNOWN,
            {"latitude": None, "longitude": None, "precision": "none"},
            {},
            "the patient's place is missing",
        ),
        (Reason.NO_COMMON_TIME, {}, {}, "at most 30 min in one piece; 50 are needed"),
        (Reason.CONTACTED_RECENTLY, {}, {}, "at most one contact in 7 days"),
        (Reason.OPEN_INQUIRY, {}, {}, ""),
    ],
)
def test_facts_of_either_side(
    reason: Reason, patient: dict[str, Any], therapist: dict[str, Any], facts: str
) -> None:
    assert _facts(reason, _pair(patient, therapist)) == facts


def test_age_is_that_of_the_day_of_the_place() -> None:
    pair = _pair({"birth_date": date(2011, 1, 1)}, {"approvals": [ADULT_TALKS]}, day=date(2027, 1, 15))
    assert _facts(Reason.AGE_NOT_TREATED, pair) == "treats adults; the patient is 16"


def test_setting_of_the_place_counts_not_that_of_the_therapist() -> None:
    both = {"approvals": [ADULT_TALKS, ("VT", "adults", "group")]}
    pair = _pair({"group_wish": "no"}, both, setting="group")
    assert _facts(Reason.SETTING_NOT_OFFERED, pair) == "offers group; wished: no group therapy"


def test_diagnosis_is_told_only_where_it_may_be() -> None:
    wish = {"wished_diagnoses": ["F40-F48"]}
    assert _facts(Reason.DIAGNOSIS_NOT_WISHED, _pair(None, wish)) == "takes F40-F48"
    pair = _pair(None, wish, is_diagnosis_shown=True)
    assert _facts(Reason.DIAGNOSIS_NOT_WISHED, pair) == "takes F40-F48; the patient has F32.1"


def test_pause_block_and_objection_name_their_days() -> None:
    pause = ContactPauseFactory()
    pair = _pair(None, {"contact_group": pause.therapist.contact_group})
    assert _facts(Reason.CONTACT_PAUSE, pair) == "until 21/12/2026"
    blocked = {
        "status": "blocked",
        "blocked_reason": "ill",
        "blocked_since": date(2026, 11, 1),
        "blocked_until": date(2026, 12, 31),
    }
    assert _facts(Reason.THERAPIST_BLOCKED, _pair(None, blocked)) == "since 01/11/2026 until 31/12/2026: ill"
    objected = _pair(None, {"do_not_contact_since": date(2026, 11, 1)})
    assert _facts(Reason.DO_NOT_CONTACT, objected) == "since 01/11/2026"


def test_exclusion_is_told_in_its_own_words() -> None:
    assert _facts(Reason.EXCLUDED_BY_PATIENT, _pair(exclusion="set by us: knows her")) == (
        "set by us: knows her"
    )


@pytest.mark.parametrize(
    ("way", "facts"),
    [
        ({"measured_minutes": 55.0}, "31.2 km, 55 minutes; the patient goes up to 40 minutes"),
        ({"has_no_way": True}, "31.2 km, but the route planner finds no way"),
    ],
)
def test_measured_way_is_told(way: dict[str, Any], facts: str) -> None:
    pair = _pair({"max_distance_km": None, "max_travel_minutes": 40}, **way)
    assert _facts(Reason.TOO_FAR, pair) == facts

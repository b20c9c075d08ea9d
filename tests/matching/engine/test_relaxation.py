from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.reasons import Reason
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.relaxation import RELAXATIONS, relax, what_if
from apps.matching.engine.sides import prepare_therapists
from tests.matching import oracle
from tests.matching.engine.builders import TODAY, search, therapist
from tests.matching.strategies import of_worlds, worlds

VT_GROUP = frozenset({("VT", "adults", "group")})
TP_GROUP = frozenset({("TP", "adults", "group")})


def gains(one: SearchRecord, *people: TherapistRecord) -> dict[str, int]:
    found = what_if(pack_searches([one]), 0, pack_therapists(people), Parameters(), TODAY)
    return {name: number for name, number in found.items() if number}


def blocked_by(one: SearchRecord, *people: TherapistRecord) -> Reason | None:
    everybody = prepare_therapists(pack_therapists(people), Parameters(), TODAY)
    return relax(pack_searches([one]), [0], everybody)[0].blocking


def test_what_if_names_every_relaxation_in_order() -> None:
    columns = pack_searches([search()]), pack_therapists([therapist()])
    assert what_if(columns[0], 0, columns[1], Parameters(), TODAY) == dict.fromkeys(RELAXATIONS, 0)


@pytest.mark.parametrize(
    ("wishes", "person", "expected"),
    [
        ({"wished_gender": "male"}, {}, {"any_therapist_gender": 1}),
        ({"wished_gender": "male"}, {"gender": "unknown"}, {"any_therapist_gender": 1}),
        ({"wished_methods": frozenset({"TP"})}, {}, {"any_method": 1}),
        ({"wished_methods": frozenset({"TP"})}, {"approvals": VT_GROUP}, {}),
        ({}, {"approvals": VT_GROUP}, {"group_also": 1}),
        ({}, {"approvals": VT_GROUP, "prefers_group": True}, {"group_also": 1}),
        ({"group_wish": "only"}, {}, {"group_also": 1}),
        ({"wished_methods": frozenset({"VT"})}, {"approvals": TP_GROUP}, {}),
        ({"languages": frozenset({"tr"})}, {}, {"any_language": 1}),
        ({"excluded_therapists": frozenset({1})}, {}, {"no_exclusions": 1}),
        ({"locked_therapists": frozenset({1})}, {}, {}),
        ({"wished_gender": "male", "languages": frozenset({"tr"})}, {}, {}),
        ({}, {"has_seat": False}, {}),
    ],
)
def test_what_if_counts_who_fails_by_one_wish(
    wishes: dict[str, Any], person: dict[str, Any], expected: dict[str, int]
) -> None:
    assert gains(search(**wishes), therapist(**person)) == expected


def test_what_if_widens_the_distance() -> None:
    people = [therapist(id=number, latitude=52.52 + 0.04 * number) for number in range(1, 12)]
    assert gains(search(max_distance_km=10.0), *people) == {
        "distance_plus_5_km": 1,
        "distance_plus_10_km": 2,
        "distance_plus_20_km": 4,
    }


def test_what_if_widens_a_limit_in_minutes_by_the_time_of_the_way() -> None:
    people = [therapist(id=number, latitude=52.52 + 0.04 * number) for number in range(1, 12)]
    by_minutes = search(max_distance_km=None, max_travel_minutes=25)
    assert gains(by_minutes, *people) == gains(search(max_distance_km=10.2), *people)


def test_blocking_reason_is_none_with_candidates() -> None:
    assert blocked_by(search(), therapist(), therapist(id=2, has_seat=False)) is None


def test_blocking_reason_is_the_wish_that_brings_most() -> None:
    people = [
        therapist(id=1, gender="male"),
        therapist(id=2, gender="male"),
        therapist(id=3, approvals=VT_GROUP),
        *(therapist(id=number, has_seat=False) for number in range(4, 9)),
    ]
    assert blocked_by(search(wished_gender="female"), *people) is Reason.THERAPIST_GENDER


def test_blocking_reason_is_the_commonest_when_no_wish_helps() -> None:
    paused = [therapist(id=number, paused_until=TODAY + timedelta(days=1)) for number in (1, 2)]
    unseated = [therapist(id=number, has_seat=False) for number in (3, 4, 5)]
    far = [therapist(id=number, latitude=48.0) for number in range(6, 20)]
    assert blocked_by(search(), *paused, *unseated, *far) is Reason.NO_SEAT


@pytest.mark.parametrize(
    ("one", "people", "expected"),
    [
        (search(), [therapist(latitude=48.0)], Reason.TOO_FAR),
        (search(), [], Reason.TOO_FAR),
        (search(latitude=None), [therapist()], Reason.LOCATION_UNKNOWN),
        (search(), [therapist(latitude=None)], Reason.LOCATION_UNKNOWN),
    ],
)
def test_blocking_reason_is_the_location_when_nobody_is_in_reach(
    one: SearchRecord, people: list[TherapistRecord], expected: Reason
) -> None:
    assert blocked_by(one, *people) is expected


@of_worlds(10)
@given(worlds(therapist_count=20, search_count=5))
def test_what_if_agrees_with_the_oracle_on_a_changed_search(
    world: tuple[list[SearchRecord], list[TherapistRecord], Parameters, date],
) -> None:
    searches, people, parameters, today = world
    relaxed = {
        "any_method": {"wished_methods": frozenset()},
        "any_therapist_gender": {"wished_gender": "any"},
        "group_also": {"group_wish": "also"},
        "any_hours": {"availability": None},
        "no_exclusions": {"excluded_therapists": frozenset()},
    }
    columns = pack_searches(searches), pack_therapists(people)
    for index, one in enumerate(searches):
        found = what_if(columns[0], index, columns[1], parameters, today)
        before = _fitting(one, people, parameters, today)
        for name, changes in relaxed.items():
            after = _fitting(replace(one, **changes), people, parameters, today)
            assert found[name] == np.count_nonzero(after) - np.count_nonzero(before)


def _fitting(
    one: SearchRecord, people: list[TherapistRecord], parameters: Parameters, today: date
) -> list[bool]:
    return [not oracle.judge(one, person, people, parameters, today).failures for person in people]

"""Measured minutes decide where there are any; where there are none nothing has changed."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.matching import Standing, match, select_from
from apps.matching.engine.measured import measured_at
from apps.matching.engine.reasons import Flag
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.relaxation import what_if
from apps.matching.engine.sides import prepare_therapists
from apps.matching.engine.standing import after_therapists
from apps.matching.engine.travel import NO_ROUTE_MINUTES, point_key
from tests.matching.engine.builders import PARAMETERS, TODAY, evaluated, reasons, search, therapist
from tests.matching.engine.test_oracle import World
from tests.matching.strategies import of_worlds, worlds

FAR = 52.9  # 42 km to the north of the search: 88 minutes by car, estimated
NEAR = 52.6  # 9 km: 23 minutes


def minutes_to(latitude: float, minutes: int, **changes: object) -> SearchRecord:
    """A search with a limit of 30 minutes and one measured way."""
    limits = {"max_distance_km": None, "max_travel_minutes": 30} | changes
    return search(measured=((point_key(latitude, 13.40), minutes),), **limits)


@pytest.mark.parametrize(
    ("latitude", "minutes", "expected"),
    [
        (NEAR, 23, []),
        (NEAR, 30, []),
        (NEAR, 31, ["too_far"]),
        (NEAR, NO_ROUTE_MINUTES, ["too_far"]),
        (FAR, 30, []),  # the estimate would never have looked there
        (FAR, 31, ["too_far"]),
    ],
)
def test_measured_minutes_decide_rule_1(latitude: float, minutes: int, expected: list[str]) -> None:
    one, person = minutes_to(latitude, minutes), therapist(latitude=latitude)
    assert reasons(one, person) == expected
    matches = match(pack_searches([one]), pack_therapists([person]), PARAMETERS, TODAY)
    assert matches.candidate_count.tolist() == [0 if expected else 1]
    assert matches.in_reach_count.tolist() == [0 if expected else 1]


def test_limit_in_kilometres_still_counts() -> None:
    assert reasons(minutes_to(FAR, 5, max_distance_km=42.0), therapist(latitude=FAR)) == ["too_far"]
    assert reasons(minutes_to(FAR, 5, max_distance_km=43.0), therapist(latitude=FAR)) == []


def test_measured_minutes_decide_the_closeness() -> None:
    by_estimate = evaluated(minutes_to(51.0, 1), therapist(latitude=NEAR))
    measured = evaluated(minutes_to(NEAR, 6), therapist(latitude=NEAR))
    assert by_estimate.travel_minutes.tolist() == [23.0]
    assert measured.travel_minutes.tolist() == [6.0]
    assert measured.parts.distance.tolist() == [1 - 6 / 30]
    assert [bool(one.flags[0] & Flag.TRAVEL_MEASURED) for one in (by_estimate, measured)] == [False, True]


def test_everybody_under_the_same_roof_is_meant() -> None:
    people = [therapist(id=number, latitude=FAR + number * 1e-6) for number in (1, 2, 3)]
    matches = match(pack_searches([minutes_to(FAR, 9)]), pack_therapists(people), PARAMETERS, TODAY)
    assert matches.travel_minutes.tolist() == [9.0, 9.0, 9.0]


def test_who_moves_loses_the_measured_minutes() -> None:
    assert reasons(minutes_to(FAR, 9), therapist(latitude=FAR + 0.01)) == ["too_far"]


def test_search_without_a_place_has_no_ways() -> None:
    one = replace(minutes_to(NEAR, 9), latitude=None)
    assert reasons(one, therapist(latitude=NEAR)) == ["location_unknown"]


def test_limit_that_is_relaxed_is_compared_with_the_measured_minutes() -> None:
    people = pack_therapists([therapist(latitude=NEAR)])
    found = what_if(pack_searches([minutes_to(NEAR, 39)]), 0, people, PARAMETERS, TODAY)
    gains = {name: gain for name, gain in found.items() if gain}
    assert gains == {"distance_plus_5_km": 1, "distance_plus_10_km": 1, "distance_plus_20_km": 1}
    found = what_if(pack_searches([minutes_to(NEAR, 40)]), 0, people, PARAMETERS, TODAY)
    gains = {name: gain for name, gain in found.items() if gain}
    assert gains == {"distance_plus_10_km": 1, "distance_plus_20_km": 1}  # 5 km are 9.75 minutes


def test_changed_therapist_beyond_the_estimate_brings_the_standing_up_to_date() -> None:
    columns = pack_searches([minutes_to(FAR, 9)])
    person = therapist(latitude=FAR)
    old = prepare_therapists(pack_therapists([person]), Parameters(), TODAY)
    before = select_from(columns, old, 5)
    rows = np.array([0])
    new = old.with_rows(pack_therapists([replace(person, is_active=False)]), rows)
    after = after_therapists(before, columns, old, new, rows)
    assert (before.candidate_count.tolist(), after.candidate_count.tolist()) == ([1], [0])
    assert as_lists(after) == as_lists(select_from(columns, new, 5))


def test_pairs_lie_in_the_order_of_the_places() -> None:
    people = [
        therapist(id=number, latitude=latitude) for number, latitude in ((1, FAR), (2, 51.0), (3, NEAR))
    ]
    ways = tuple(
        (point_key(latitude, 13.40), minutes) for latitude, minutes in ((FAR, 1), (51.0, 2), (50.0, 3))
    )
    columns = pack_searches([search(measured=ways), search(id=2), search(id=3, measured=ways[:1])])
    everybody = prepare_therapists(pack_therapists(people), PARAMETERS, TODAY)
    measured = measured_at(columns, everybody)
    assert measured.offset.tolist() == [0, 2, 2, 3]
    rows = everybody.side.row[measured.place].tolist()
    assert list(zip(rows, measured.minutes.tolist(), strict=True)) == [(1, 2.0), (0, 1.0), (0, 1.0)]


@of_worlds(25)
@given(worlds())
def test_measured_estimates_change_nothing_at_all(world: World) -> None:
    """Ways measured just as estimated give the same result to the bit as none measured."""
    searches, people, parameters, today = world
    plain = [replace(one, measured=()) for one in searches]
    everybody = prepare_therapists(pack_therapists(people), parameters, today)
    by_estimate = select_from(pack_searches(plain), everybody, 50)
    told = [replace(one, measured=_as_estimated(one, people)) for one in plain]
    assert as_lists(select_from(pack_searches(told), everybody, 50)) == as_lists(by_estimate)


def _as_estimated(one: SearchRecord, people: list[TherapistRecord]) -> tuple[tuple[int, int], ...]:
    """Of the points where exactly one place is: neighbours a few metres apart have estimates of their own."""
    ways: dict[int, set[int]] = {}
    for person in people:
        if None in (person.latitude, person.longitude, one.latitude, one.longitude):
            continue
        minutes = evaluated(replace(one, measured=()), person).travel_minutes[0]
        ways.setdefault(point_key(person.latitude, person.longitude), set()).add(int(minutes))
    return tuple((point, found.pop()) for point, found in ways.items() if len(found) == 1)


def as_lists(standing: Standing) -> list[list]:
    return [column.tolist() for column in standing.columns()]

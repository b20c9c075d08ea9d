"""Keeping the result up to date gives the same as matching everything anew."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.matching import Standing, select_from
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.sides import prepare_therapists
from apps.matching.engine.standing import after_searches, after_therapists
from tests.matching.engine.builders import TODAY, search, therapist
from tests.matching.strategies import of_worlds, worlds

World = tuple[list[SearchRecord], list[TherapistRecord], Parameters, date]


def as_lists(standing: Standing) -> list[list]:
    return [column.tolist() for column in standing.columns()]


def with_group(people: list[TherapistRecord], row: int) -> np.ndarray:
    group = people[row].contact_group
    return np.array([place for place, one in enumerate(people) if one.contact_group == group])


@of_worlds(40)
@given(worlds(), worlds(), st.integers(0, 10**6), st.sampled_from([1, 3, 50]))
def test_after_a_changed_therapist_it_equals_matching_anew(
    world: World, other: World, number: int, top: int
) -> None:
    searches, people, parameters, today = world
    row = number % len(people)
    place = (people[row].latitude, people[row].longitude)
    changed = replace(
        other[1][number % len(other[1])],
        id=people[row].id,
        contact_group=people[row].contact_group,
        latitude=place[0],
        longitude=place[1],
    )
    columns = pack_searches(searches)
    old = prepare_therapists(pack_therapists(people), parameters, today)
    packed = pack_therapists([*people[:row], changed, *people[row + 1 :]])
    rows = with_group(people, row)
    new = old.with_rows(packed, rows)
    kept = after_therapists(select_from(columns, old, top), columns, old, new, rows)
    assert as_lists(kept) == as_lists(
        select_from(columns, prepare_therapists(packed, parameters, today), top)
    )


@of_worlds(30)
@given(worlds(), worlds(), st.data())
def test_after_changed_searches_it_equals_matching_anew(
    world: World, other: World, data: st.DataObject
) -> None:
    searches, people, parameters, today = world
    everybody = prepare_therapists(pack_therapists(people), parameters, today)
    standing = select_from(pack_searches(searches), everybody, 3)
    source = data.draw(st.lists(st.integers(-1, len(searches) - 1), max_size=8))
    fresh = iter(other[0] * 8)
    later = [next(fresh) if row < 0 else searches[row] for row in source]
    kept = after_searches(standing, np.array(source, dtype=np.int64), pack_searches(later), everybody)
    assert as_lists(kept) == as_lists(select_from(pack_searches(later), everybody, 3))


def test_a_pause_of_one_takes_the_whole_group_out_of_the_lists() -> None:
    people = [therapist(id=number, contact_group=7 if number < 3 else number) for number in range(1, 6)]
    columns = pack_searches([search()])
    old = prepare_therapists(pack_therapists(people), Parameters(), TODAY)
    paused = [replace(people[0], paused_until=TODAY), *people[1:]]
    rows = np.array([0, 1])
    new = old.with_rows(pack_therapists(paused), rows)
    kept = after_therapists(select_from(columns, old, 2), columns, old, new, rows)
    assert kept.candidate_count.tolist() == [3]
    assert as_lists(kept) == as_lists(select_from(columns, new, 2))


def test_ids_too_large_for_a_ranking_are_refused() -> None:
    with pytest.raises(ValueError, match="id is too large"):
        prepare_therapists(pack_therapists([therapist(id=2**32)]), Parameters(), TODAY)

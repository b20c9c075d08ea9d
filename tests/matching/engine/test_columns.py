from typing import Any

import numpy as np
import pytest

from apps.core import icd
from apps.core.enums import Language
from apps.matching.engine.columns import (
    LANGUAGES,
    TherapistColumns,
    approval_bits,
    diagnosis_range,
    language_bits,
    pack_searches,
    pack_therapists,
)
from apps.matching.engine.hours import Interval
from apps.matching.engine.reasons import Reason
from tests.matching.engine.builders import search, therapist


def test_approval_bits_give_every_approval_its_own_bit() -> None:
    assert approval_bits([]) == 0
    assert approval_bits([("VT", "adults", "individual")]) == 1
    assert approval_bits([("ST", "minors", "group"), ("TP", "adults", "group")]) == 1 << 15 | 1 << 9


def test_positions_of_finds_rows_of_unsorted_ids() -> None:
    columns = pack_therapists([therapist(id=number) for number in (7, 3, 9)])
    assert columns.positions_of(np.array([9, 8, 7, 3, 100, 0])).tolist() == [2, -1, 0, 1, -1, -1]
    assert columns.positions_of(np.array([], dtype=np.int64)).tolist() == []
    assert pack_therapists([]).positions_of(np.array([1])).tolist() == [-1]


def test_pack_therapists_turns_sets_into_bits_and_ranges() -> None:
    people = [
        therapist(id=1),
        therapist(id=2, languages=frozenset({"de"}), wished_diagnoses=("F40.1 G", "F32")),
        therapist(id=3, languages=frozenset({"tr"}), wished_diagnoses=("F32", "f401", " ")),
        therapist(id=4, wished_diagnoses=("?",)),
    ]
    columns = pack_therapists(people)
    german, turkish = language_bits({"de"}), language_bits({"tr"})
    assert columns.languages.tolist() == [german, german, turkish, german]
    assert columns.has_wish.tolist() == [False, True, True, True]
    both = [list(icd.code_range("F32")), list(icd.code_range("F40.1"))]
    assert [columns.wishes.take(np.array([row])).values.tolist() for row in range(4)] == [[], both, both, []]


def test_languages_are_those_of_the_records() -> None:
    assert list(LANGUAGES) == Language.values


@pytest.mark.parametrize("code", [None, "", "Depression"])
def test_unreadable_diagnosis_is_an_empty_range(code: str | None) -> None:
    first, last = diagnosis_range(code)
    assert last < first


def test_replaced_therapists_are_those_of_the_others() -> None:
    people = [therapist(id=1), therapist(id=2, wished_diagnoses=("F32",)), therapist(id=3)]
    other = therapist(id=2, wished_diagnoses=("F4", "F6"), working_hours=(Interval(1, 5, 70),), gender="male")
    changed = pack_therapists(people).replaced(np.array([1]), pack_therapists([other]))
    expected = pack_therapists([people[0], other, people[2]])
    assert as_lists(changed) == as_lists(expected)


def as_lists(columns: TherapistColumns) -> dict[str, Any]:
    flat = {**vars(columns), **vars(columns.hours), **vars(columns.wishes)}
    return {name: value.tolist() for name, value in flat.items() if isinstance(value, np.ndarray)}


def test_pack_refuses_unknown_codes() -> None:
    with pytest.raises(KeyError):
        pack_therapists([therapist(gender="?")])
    with pytest.raises(ValueError, match="not in tuple"):
        pack_searches([search(wished_methods=frozenset({"XX"}))])


def test_one_picks_a_single_search() -> None:
    hours = (Interval(2, 100, 200),)
    searches = [search(id=1), search(id=2, availability=hours, locked_therapists=frozenset({4, 2}))]
    one = pack_searches(searches).one(1)
    assert one.id.tolist() == [2]
    locked = Reason.LOCKED_AFTER_REJECTION.bit
    assert one.turned_down.values.tolist() == [[2, locked], [4, locked]]
    assert one.hours.end[0, 0].tolist() == [0, 0, 200, 0, 0, 0, 0, 0]
    assert one.vectors.shape == (3, 1)

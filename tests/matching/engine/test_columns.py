import numpy as np
import pytest

from apps.matching.engine.columns import approval_bits, has_member, pack_searches, pack_therapists
from apps.matching.engine.hours import Interval
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


def test_pack_therapists_shares_equal_sets() -> None:
    people = [
        therapist(id=1),
        therapist(id=2, languages=frozenset({"de"}), wished_diagnoses=("F40.1 G", "F32")),
        therapist(id=3, languages=frozenset({"tr"}), wished_diagnoses=("F32", "f401", " ")),
        therapist(id=4, wished_diagnoses=("?",)),
    ]
    columns = pack_therapists(people)
    assert columns.language_sets == (frozenset({"de"}), frozenset({"tr"}))
    assert columns.language_set.tolist() == [0, 0, 1, 0]
    assert columns.wish_sets == (None, ("F32", "F40.1"), ())
    assert columns.wish_set.tolist() == [0, 1, 1, 2]


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
    assert one.locked == ((2, 4),)
    assert one.excluded == ((),)
    assert one.hours.end[0, :, 0].tolist() == [0, 0, 200, 0, 0, 0, 0]
    assert one.vectors.shape == (3, 1)


def test_has_member_tells_which_sets_overlap() -> None:
    left, right = [frozenset({"de"}), frozenset({"tr", "en"})], [frozenset({"en"}), frozenset({"de", "ru"})]
    assert has_member(left, right).tolist() == [[False, True], [True, False]]
    assert has_member([], right).shape == (0, 2)

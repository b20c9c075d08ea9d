from dataclasses import replace

import numpy as np
import pytest

from apps.matching.engine import matching
from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.hours import Interval
from apps.matching.engine.matching import Matches, Standing, match, result_hash, select_from
from apps.matching.engine.reasons import REASONS, Reason
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.sides import prepare_therapists
from tests.matching.engine.builders import TODAY, evaluated, search, therapist

EXPECTED_HASH = "062fd3e1615f71b5b53ab19246f9b9773b210c3e8e422be5d6bb817c316c7d0c"


def matched(searches: list[SearchRecord], people: list[TherapistRecord], top: int = 50) -> Matches:
    return match(pack_searches(searches), pack_therapists(people), Parameters(), TODAY, top=top)


def crowd(size: int) -> list[TherapistRecord]:
    """Therapists in a line to the north of the search, 1.112 km apart, the last ones out of reach."""
    return [therapist(id=number + 1, latitude=52.52 + 0.01 * number) for number in range(size)]


def test_match_ranks_by_score_then_lowest_id() -> None:
    people = [
        therapist(id=30),
        therapist(id=20),
        therapist(id=10, has_email=False),
        therapist(id=5, latitude=52.6),
    ]
    matches = matched([search()], people)
    assert matches.therapist_index.tolist() == [1, 0, 3, 2]
    assert matches.rank.tolist() == [1, 2, 3, 4]


def test_match_counts_candidates_beyond_the_top() -> None:
    matches = matched([search()], crowd(10), top=3)
    assert matches.rank.tolist() == [1, 2, 3]
    assert matches.candidate_count.tolist() == [10]


def test_match_counts_location_over_all_and_the_rest_in_reach() -> None:
    people = [
        *crowd(30),
        therapist(id=50, latitude=None),
        therapist(id=51, has_seat=False, is_active=False),
        therapist(id=52, has_seat=False, latitude=48.0),
    ]
    matches = matched([search(), search(id=2, latitude=None)], people)
    counts = [
        {str(reason): number for reason, number in zip(REASONS, row, strict=True) if number}
        for row in matches.reject_counts.tolist()
    ]
    assert matches.in_reach_count.tolist() == [24, 0]
    assert counts[0] == {"location_unknown": 1, "too_far": 8, "therapist_inactive": 1, "no_seat": 1}
    assert counts[1] == {"location_unknown": 33}


@pytest.mark.parametrize(("search_count", "therapist_count"), [(0, 0), (0, 3), (3, 0)])
def test_match_without_searches_or_therapists_has_no_rows(search_count: int, therapist_count: int) -> None:
    searches = [search(id=number, excluded_therapists=frozenset({1})) for number in range(search_count)]
    matches = matched(searches, crowd(therapist_count))
    assert matches.therapist_index.tolist() == []
    assert matches.candidate_count.tolist() == [0] * search_count
    assert matches.rank.tolist() == []


def test_evaluate_without_therapists_is_empty() -> None:
    assert evaluated(search()).failures.tolist() == []


def test_match_with_two_threads_equals_match_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = [
        search(id=number, latitude=52.5 + 0.02 * number, locked_therapists=frozenset({number, number + 3}))
        for number in range(12)
    ]
    whole = matched(searches, crowd(25))
    monkeypatch.setattr(matching, "SEARCHES_PER_BLOCK", 5)
    columns = pack_searches(searches), pack_therapists(crowd(25))
    pieces = match(*columns, Parameters(), TODAY, threads=2)
    assert pieces.therapist_index.tolist() == whole.therapist_index.tolist()
    assert pieces.reject_counts.tolist() == whole.reject_counts.tolist()
    assert pieces.candidate_count.tolist() == whole.candidate_count.tolist()
    assert whole.reject_counts[:, REASONS.index(Reason.LOCKED_AFTER_REJECTION)].sum() == 23


def standing_of(searches: list[SearchRecord], people: list[TherapistRecord]) -> Standing:
    everybody = prepare_therapists(pack_therapists(people), Parameters(), TODAY)
    return select_from(pack_searches(searches), everybody, top=4)


def test_result_hash_is_the_same_on_every_machine() -> None:
    assert result_hash(standing_of([search()], crowd(5)), np.array([1])) == EXPECTED_HASH


def test_result_hash_changes_with_every_column_and_the_ids() -> None:
    standing, ids = standing_of([search()], crowd(5)), np.array([1])
    hashes = {
        result_hash(replace(standing, **{name: getattr(standing, name) + 1}), ids) for name in vars(standing)
    }
    assert len(hashes | {result_hash(standing, ids), result_hash(standing, ids + 1)}) == 6


def test_result_hash_does_not_depend_on_pieces_and_order() -> None:
    searches = [search(id=number, latitude=52.5 + 0.02 * number) for number in range(6)]
    whole = result_hash(standing_of(searches, crowd(25)), np.arange(6))
    pieces = [standing_of(part, crowd(25)) for part in (searches[4:], searches[:4])]
    assert result_hash(Standing.joined(pieces), np.array([4, 5, 0, 1, 2, 3])) == whole


def test_score_is_the_weighted_sum_of_its_parts() -> None:
    hours = (Interval(0, 600, 720),)
    result = evaluated(search(availability=hours), therapist(latitude=52.57, working_hours=hours))
    parts = result.parts
    assert result.distance_km.tolist() == [5.56]
    assert parts.distance.tolist() == [pytest.approx(1 - 5.56 / 25)]
    assert parts.hours.tolist() == [0.2]
    assert parts.email.tolist() == [1.0]
    assert result.score[0] == pytest.approx(
        0.45 * parts.acceptance[0] + 0.25 * parts.distance[0] + 0.20 * 0.2 + 0.10, abs=1e-6
    )


def test_distance_part_is_what_is_left_of_the_tighter_limit() -> None:
    far = therapist(latitude=52.62)
    by_time = evaluated(search(max_travel_minutes=30), far).parts.distance[0]
    assert by_time == pytest.approx(1 - 27 / 30)
    by_distance = evaluated(search(max_travel_minutes=300), far).parts.distance[0]
    assert by_distance == pytest.approx(1 - 11.12 / 25)


def test_distance_part_of_limit_zero_next_door_is_full() -> None:
    assert evaluated(search(max_distance_km=0.0), therapist()).parts.distance.tolist() == [1.0]


def test_distance_part_without_location_is_none() -> None:
    assert evaluated(search(), therapist(latitude=None)).parts.distance.tolist() == [0.0]


def test_unknown_hours_rank_below_known_ones() -> None:
    known, unknown = therapist(id=9), therapist(id=1, working_hours=None)
    assert matched([search()], [unknown, known]).therapist_index.tolist() == [1, 0]


def test_hours_part_is_full_from_ten_hours() -> None:
    week = tuple(Interval(day, 540, 740) for day in range(5))
    result = evaluated(search(availability=week), therapist(working_hours=week))
    assert result.common_minutes.tolist() == [1000]
    assert result.parts.hours.tolist() == [1.0]

"""The engine against the oracle: the same verdict on every pair."""

import math
from datetime import date

import numpy as np
from hypothesis import given

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.matching import Evaluation, evaluate, evaluate_therapist, match
from apps.matching.engine.reasons import REASONS, Flag, Reason, reasons_of
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.sides import prepare_therapists
from tests.matching import oracle
from tests.matching.strategies import of_worlds, worlds

World = tuple[list[SearchRecord], list[TherapistRecord], Parameters, date]


def evaluations(world: World) -> list[Evaluation]:
    searches, therapists, parameters, today = world
    columns = pack_searches(searches), pack_therapists(therapists)
    return [evaluate(columns[0], index, columns[1], parameters, today) for index in range(len(searches))]


@of_worlds(70)
@given(worlds(therapist_count=25, search_count=12))
def test_evaluate_gives_the_reasons_and_figures_of_the_oracle(world: World) -> None:
    searches, therapists, parameters, today = world
    for search, result in zip(searches, evaluations(world), strict=True):
        for row, therapist in enumerate(therapists):
            verdict = oracle.judge(search, therapist, therapists, parameters, today)
            assert set(reasons_of(result.failures[row])) == verdict.failures
            assert _known(result.distance_km[row]) == verdict.distance_km
            assert _known(result.travel_minutes[row]) == verdict.travel_minutes
            assert _known(result.common_minutes[row]) == verdict.common_minutes
            assert _known(result.longest_common_minutes[row]) == verdict.longest_common_minutes
            assert bool(result.flags[row] & Flag.HOURS_UNKNOWN) == (verdict.common_minutes is None)
            if verdict.distance_km is not None:
                closeness = oracle.closeness(search, therapist, parameters)
                assert math.isclose(result.parts.distance[row], closeness, abs_tol=1e-9)
                is_measured = oracle.point_of(therapist) in dict(search.measured)
                assert bool(result.flags[row] & Flag.TRAVEL_MEASURED) == is_measured


@of_worlds(20)
@given(worlds())
def test_evaluate_therapist_gives_the_same_as_evaluate(world: World) -> None:
    searches, therapists, parameters, today = world
    everybody = prepare_therapists(pack_therapists(therapists), parameters, today)
    by_search = evaluations(world)
    for row in range(len(therapists)):
        result = evaluate_therapist(pack_searches(searches), everybody, row)
        for name in ("failures", "score", "common_minutes", "flags"):
            expected = [getattr(one, name)[row] for one in by_search]
            assert getattr(result, name).tolist() == expected


@of_worlds(20)
@given(worlds())
def test_match_gives_the_candidates_and_figures_of_evaluate(world: World) -> None:
    searches, therapists, parameters, today = world
    matches = match(pack_searches(searches), pack_therapists(therapists), parameters, today)
    ids = np.array([therapist.id for therapist in therapists])
    for index, result in enumerate(evaluations(world)):
        rows = matches.search_index == index
        candidates = np.flatnonzero(result.is_candidate)
        expected = sorted(candidates, key=lambda row: (-result.score[row], ids[row]))
        assert matches.therapist_index[rows].tolist() == expected
        assert matches.rank[rows].tolist() == list(range(1, len(expected) + 1))
        for name in ("score", "distance_km", "travel_minutes", "common_minutes", "flags"):
            assert getattr(matches, name)[rows].tolist() == getattr(result, name)[expected].tolist()
        for name in ("acceptance", "distance", "hours", "email"):
            parts, of_result = getattr(matches.parts, name), getattr(result.parts, name)
            assert parts[rows].tolist() == of_result[expected].tolist()
        assert matches.candidate_count[index] == len(expected)


@of_worlds(20)
@given(worlds())
def test_match_counts_the_reasons_of_evaluate(world: World) -> None:
    searches, therapists, parameters, today = world
    matches = match(pack_searches(searches), pack_therapists(therapists), parameters, today)
    of_location = Reason.LOCATION_UNKNOWN.bit | Reason.TOO_FAR.bit
    for index, result in enumerate(evaluations(world)):
        in_reach = (result.failures & of_location) == 0
        assert matches.in_reach_count[index] == np.count_nonzero(in_reach)
        for place, reason in enumerate(REASONS):
            counted = result.failures if reason.rule == 1 else result.failures[in_reach]
            assert matches.reject_counts[index, place] == np.count_nonzero(counted & reason.bit)


@of_worlds(15)
@given(worlds())
def test_every_score_lies_between_its_bounds(world: World) -> None:
    for result in evaluations(world):
        assert np.all((result.parts.acceptance > 0) & (result.parts.acceptance < 1))
        for part in (result.parts.distance, result.parts.hours, result.parts.email):
            assert np.all((part >= 0) & (part <= 1))
        assert np.all((result.score > 0) & (result.score < 1))


@of_worlds(15)
@given(worlds())
def test_result_does_not_depend_on_the_order_of_therapists(world: World) -> None:
    searches, therapists, parameters, today = world
    ids = [_ranked_ids(searches, people, parameters, today) for people in (therapists, therapists[::-1])]
    assert ids[0] == ids[1]


@of_worlds(20)
@given(worlds())
def test_top_keeps_the_first_of_each_search(world: World) -> None:
    searches, therapists, parameters, today = world
    columns = pack_searches(searches), pack_therapists(therapists)
    every, first = (match(*columns, parameters, today, top=top) for top in (50, 2))
    assert first.therapist_index.tolist() == every.therapist_index[every.rank <= 2].tolist()
    assert first.candidate_count.tolist() == every.candidate_count.tolist()
    assert first.rank.tolist() == every.rank[every.rank <= 2].tolist()


def _ranked_ids(
    searches: list[SearchRecord], people: list[TherapistRecord], parameters: Parameters, today: date
) -> list[tuple[int, int]]:
    matches = match(pack_searches(searches), pack_therapists(people), parameters, today)
    rows = zip(matches.search_index.tolist(), matches.therapist_index.tolist(), strict=True)
    return [(search, people[row].id) for search, row in rows]


def _known(value: float) -> float | None:
    return None if math.isnan(value) or value == -1 else value

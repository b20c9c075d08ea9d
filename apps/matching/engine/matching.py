"""Candidates for searches: all at once (match), or everything about one search (evaluate).

Both judge pairs with the same functions, so they agree on every pair.
"""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np

from apps.matching.engine import reach
from apps.matching.engine.columns import LARGEST_ID, SearchColumns, TherapistColumns
from apps.matching.engine.kernel import (
    SCORE_UNITS,
    UNKNOWN_MINUTES,
    PairFigures,
    Runs,
    TurnedDown,
    Weights,
    judge_pairs,
    select_best,
)
from apps.matching.engine.measured import measured_at
from apps.matching.engine.ranking import ScoreParts
from apps.matching.engine.reasons import REASONS, Flag, Reason
from apps.matching.engine.records import Parameters
from apps.matching.engine.rules import trait_failures
from apps.matching.engine.sides import Therapists, prepare_searches, prepare_therapists

SEARCHES_PER_BLOCK = 250
PAIRS_PER_BLOCK = 20_000
DEFAULT_TOP = 50

_prepared = lru_cache(maxsize=2)(prepare_therapists)


@dataclass(frozen=True)
class Evaluation:
    """One search against every therapist, in the order of the therapist columns."""

    failures: np.ndarray  # uint32, see reasons.reasons_of; 0 = candidate
    distance_km: np.ndarray  # float64, NaN where a location is unknown
    travel_minutes: np.ndarray  # float64, NaN where a location is unknown; see Flag.TRAVEL_MEASURED
    common_minutes: np.ndarray  # int16, minutes of the week, -1 where hours are unknown
    longest_common_minutes: np.ndarray  # int16, in one piece, -1 where hours are unknown
    flags: np.ndarray  # uint8, bits of Flag
    score: np.ndarray  # float64, for failing therapists as well
    parts: ScoreParts

    @property
    def is_candidate(self) -> np.ndarray:
        return self.failures == 0


@dataclass(frozen=True)
class Matches:
    """The best candidates of each search: rows sorted by search, then rank."""

    search_index: np.ndarray  # int64 (rows,)
    therapist_index: np.ndarray  # int64 (rows,)
    rank: np.ndarray  # int64 (rows,), 1 is best: highest score, then lowest therapist id
    score: np.ndarray  # float64 (rows,)
    parts: ScoreParts  # each (rows,)
    distance_km: np.ndarray  # float64 (rows,)
    travel_minutes: np.ndarray  # float64 (rows,)
    common_minutes: np.ndarray  # int16 (rows,), -1 where hours are unknown
    flags: np.ndarray  # uint8 (rows,)
    candidate_count: np.ndarray  # int64 (searches,), also those below the top
    in_reach_count: np.ndarray  # int64 (searches,), therapists that pass rule 1
    reject_counts: np.ndarray  # int64 (searches, reasons in the order of REASONS)
    """Reasons of rule 1 are counted over all therapists, all others over the therapists in reach. A
    therapist may fail for several reasons and then counts for each."""


@dataclass(frozen=True)
class Standing:
    """The result of all searches as the loop leaves it, one row per search; `Matches` is made of it."""

    keys: np.ndarray  # int64 (searches, top), see kernel.select_best
    candidate_count: np.ndarray  # int64
    in_reach_count: np.ndarray  # int64
    reject_counts: np.ndarray  # int32 (searches, reasons), of the therapists in reach

    @classmethod
    def empty(cls, searches: int, top: int) -> "Standing":
        return cls(
            np.full((searches, top), -1, dtype=np.int64),
            np.zeros(searches, dtype=np.int64),
            np.zeros(searches, dtype=np.int64),
            np.zeros((searches, len(REASONS)), dtype=np.int32),
        )

    @classmethod
    def joined(cls, parts: Sequence["Standing"]) -> "Standing":
        return cls(
            *(np.concatenate(columns) for columns in zip(*(part.columns() for part in parts), strict=True))
        )

    def columns(self) -> tuple[np.ndarray, ...]:
        return self.keys, self.candidate_count, self.in_reach_count, self.reject_counts


def evaluate(
    searches: SearchColumns, index: int, therapists: TherapistColumns, parameters: Parameters, today: date
) -> Evaluation:
    """Judge one search against every therapist: why, why not, and with which figures."""
    return evaluate_from(searches, index, _prepared(therapists, parameters, today))


def evaluate_from(searches: SearchColumns, index: int, everybody: Therapists) -> Evaluation:
    """`evaluate` with therapists that are prepared already."""
    one = searches.one(index)
    row = np.zeros(len(everybody.columns), dtype=np.int64)
    figures = _judged(row, everybody.place_of_row, one, everybody)
    therapist = everybody.columns.positions_of(one.turned_down.values[:, 0])
    _turn_down(figures.failures, therapist, one.turned_down.values[:, 1])
    return _evaluation(figures)


def evaluate_therapist(searches: SearchColumns, everybody: Therapists, row: int) -> Evaluation:
    """Judge one therapist for every search, in the order of the searches."""
    place = np.full(len(searches), everybody.place_of_row[row])
    figures = _judged(np.arange(len(searches)), place, searches, everybody)
    pairs = searches.turned_down
    is_meant = pairs.values[:, 0] == everybody.columns.id[row]
    _turn_down(figures.failures, np.where(is_meant, pairs.row, -1), pairs.values[:, 1])
    return _evaluation(figures)


def match(
    searches: SearchColumns,
    therapists: TherapistColumns,
    parameters: Parameters,
    today: date,
    top: int = DEFAULT_TOP,
    threads: int = 1,
) -> Matches:
    """Return the best candidates of every search. The result does not depend on the number of threads."""
    return match_from(searches, _prepared(therapists, parameters, today), top, threads)


def match_from(
    searches: SearchColumns, everybody: Therapists, top: int = DEFAULT_TOP, threads: int = 1
) -> Matches:
    """`match` with therapists that are prepared already."""
    return matches_of(select_from(searches, everybody, top, threads), searches, everybody, threads)


def select_from(
    searches: SearchColumns, everybody: Therapists, top: int = DEFAULT_TOP, threads: int = 1
) -> Standing:
    """Find the best candidates and count the reasons of every search."""
    standing = Standing.empty(len(searches), top)
    fixed: tuple[Any, ...] = (
        prepare_searches(searches, everybody.parameters, everybody.today),
        everybody.side,
        _runs(searches, everybody),
        _turned_down(searches, everybody),
        measured_at(searches, everybody),
        trait_failures(),
        _weights(everybody.parameters),
        *standing.columns(),
    )

    def select(first: int, last: int) -> None:
        select_best(first, last, *fixed)

    _in_threads(threads, len(searches), SEARCHES_PER_BLOCK, select)
    return standing


def matches_of(
    standing: Standing, searches: SearchColumns, everybody: Therapists, threads: int = 1
) -> Matches:
    """Work out the figures of the candidates that were kept."""
    search, column = np.nonzero(standing.keys >= 0)
    row = everybody.columns.positions_of(LARGEST_ID - (standing.keys[search, column] & LARGEST_ID))
    figures = _judged(search, everybody.place_of_row[row], searches, everybody, threads)
    return Matches(
        search_index=search,
        therapist_index=row,
        rank=column + 1,
        score=figures.score_units / SCORE_UNITS,
        parts=_parts(figures),
        distance_km=figures.distance_km,
        travel_minutes=figures.travel_minutes,
        common_minutes=figures.common_minutes,
        flags=_flags(figures),
        candidate_count=standing.candidate_count,
        in_reach_count=standing.in_reach_count,
        reject_counts=_with_location(standing, searches, everybody),
    )


def judge_everywhere(
    searches: SearchColumns, everybody: Therapists, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return failures, uint32, and scores in millionths, int64, of all searches x these therapists."""
    search, column = np.divmod(np.arange(len(searches) * len(rows)), max(len(rows), 1))
    figures = _judged(search, everybody.place_of_row[rows][column], searches, everybody)
    shape = (len(searches), len(rows))
    failures = figures.failures.reshape(shape)
    pairs = searches.turned_down
    for number, therapist_id in enumerate(everybody.columns.id[rows]):
        is_meant = pairs.values[:, 0] == therapist_id
        _turn_down(failures[:, number], np.where(is_meant, pairs.row, -1), pairs.values[:, 1])
    return failures, figures.score_units.reshape(shape)


def result_hash(standing: Standing, search_ids: np.ndarray) -> str:
    """Return a SHA-256 over scores, therapists and counts of all searches, in the order of their ids.

    Equal for equal input, on every machine, in whatever pieces and order the searches were matched.
    """
    order = np.argsort(search_ids, kind="stable")
    digest = hashlib.sha256()
    for column in (search_ids, *standing.columns()):
        digest.update(np.ascontiguousarray(column[order], dtype="<i8").tobytes())
    return digest.hexdigest()


def _judged(
    search: np.ndarray, place: np.ndarray, searches: SearchColumns, everybody: Therapists, threads: int = 1
) -> PairFigures:
    kinds = (np.uint32, float, float, bool, np.int16, np.int16, np.int64, float, float, float, float)
    figures = PairFigures(*(np.empty(len(search), dtype=kind) for kind in kinds))
    side = prepare_searches(searches, everybody.parameters, everybody.today)
    measured, weights = measured_at(searches, everybody), _weights(everybody.parameters)
    _in_threads(
        threads,
        len(search),
        PAIRS_PER_BLOCK,
        lambda first, last: judge_pairs(
            first, last, search, place, side, everybody.side, measured, trait_failures(), weights, figures
        ),
    )
    return figures


def _in_threads(threads: int, count: int, size: int, work: Callable[[int, int], None]) -> None:
    """Do work(first, last) for all blocks. Blocks write to rows of their own and need no order."""
    if threads == 1:
        work(0, count)
        return
    with ThreadPoolExecutor(threads) as pool:
        blocks = [pool.submit(work, first, min(first + size, count)) for first in range(0, count, size)]
        for block in blocks:
            block.result()


def _evaluation(figures: PairFigures) -> Evaluation:
    return Evaluation(
        failures=figures.failures,
        distance_km=figures.distance_km,
        travel_minutes=figures.travel_minutes,
        common_minutes=figures.common_minutes,
        longest_common_minutes=figures.longest_common_minutes,
        flags=_flags(figures),
        score=figures.score_units / SCORE_UNITS,
        parts=_parts(figures),
    )


def _turn_down(failures: np.ndarray, row: np.ndarray, reasons: np.ndarray) -> None:
    """Rule 3: put the bits of the reasons into these rows, -1 = nobody."""
    is_known = row >= 0
    np.bitwise_or.at(failures, row[is_known], reasons[is_known].astype(np.uint32))


def _runs(searches: SearchColumns, everybody: Therapists) -> Runs:
    limits = reach.limits_of(searches, everybody.parameters)
    ranges = everybody.index.ranges(searches.latitude, searches.longitude, limits.radius_km)
    counts = np.bincount(ranges.centre, minlength=len(searches))
    return Runs(np.concatenate([[0], np.cumsum(counts)]), ranges.begin, ranges.end)


def _turned_down(searches: SearchColumns, everybody: Therapists) -> TurnedDown:
    pairs = searches.turned_down
    row = everybody.columns.positions_of(pairs.values[:, 0])
    place = np.where(row >= 0, everybody.place_of_row[row], -1) if len(everybody.columns) else row
    return TurnedDown(pairs.offset, place, pairs.values[:, 1].astype(np.uint32))


def _weights(parameters: Parameters) -> Weights:
    return Weights(
        float(parameters.weight_acceptance),
        float(parameters.weight_distance),
        float(parameters.weight_hours),
        float(parameters.weight_email),
        int(parameters.least_common_minutes),
    )


def _with_location(standing: Standing, searches: SearchColumns, everybody: Therapists) -> np.ndarray:
    """Rule 1 needs no pairs: who is located and not in reach is too far."""
    counts = standing.reject_counts.astype(np.int64)
    located = np.where(np.isnan(searches.vectors[0]), 0, everybody.located_count)
    counts[:, REASONS.index(Reason.LOCATION_UNKNOWN)] = len(everybody.columns) - located
    counts[:, REASONS.index(Reason.TOO_FAR)] = located - standing.in_reach_count
    return counts


def _parts(figures: PairFigures) -> ScoreParts:
    return ScoreParts(figures.acceptance, figures.closeness, figures.hours, figures.email)


def _flags(figures: PairFigures) -> np.ndarray:
    hours = np.where(figures.common_minutes == UNKNOWN_MINUTES, Flag.HOURS_UNKNOWN, 0)
    travel = np.where(figures.is_measured, Flag.TRAVEL_MEASURED, 0)
    return (hours | travel).astype(np.uint8)

"""Candidates for searches: all at once (match), or everything about one search (evaluate).

Both judge pairs with the same functions, so they agree on every pair.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from apps.matching.engine import ranking, reach, rules
from apps.matching.engine.acceptance import expected_acceptance
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.geometry import Ranges
from apps.matching.engine.hours import CommonTime, common_time
from apps.matching.engine.ranking import ScoreParts
from apps.matching.engine.reach import Limits, Reach
from apps.matching.engine.reasons import REASONS, Flag, Reason
from apps.matching.engine.records import Parameters

PAIRS_PER_BLOCK = 65_536  # what a block touches stays in the cache
UNKNOWN_MINUTES = -1
DEFAULT_TOP = 50


@dataclass(frozen=True)
class Evaluation:
    """One search against every therapist, in the order of the therapist columns."""

    failures: np.ndarray  # uint32, see reasons.reasons_of; 0 = candidate
    distance_km: np.ndarray  # float64, NaN where a location is unknown
    travel_minutes: np.ndarray  # float64, NaN where a location is unknown
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
class Pairs:
    """Judged pairs, sorted by search."""

    s: np.ndarray  # int64, search index
    t: np.ndarray  # int64, therapist index
    reach: Reach
    common: CommonTime
    failures: np.ndarray  # uint32
    has_hours: np.ndarray  # bool, both schedules known

    def where(self, keep: np.ndarray) -> "Pairs":
        near = Reach(self.reach.distance_km[keep], self.reach.travel_minutes[keep])
        common = CommonTime(self.common.longest[keep], self.common.total[keep])
        return Pairs(self.s[keep], self.t[keep], near, common, self.failures[keep], self.has_hours[keep])

    @property
    def common_minutes(self) -> np.ndarray:
        return np.where(self.has_hours, self.common.total, UNKNOWN_MINUTES).astype(np.int16)

    @property
    def longest_common_minutes(self) -> np.ndarray:
        return np.where(self.has_hours, self.common.longest, UNKNOWN_MINUTES).astype(np.int16)

    @property
    def flags(self) -> np.ndarray:
        return np.where(self.has_hours, 0, Flag.HOURS_UNKNOWN).astype(np.uint8)


@dataclass(frozen=True)
class Judge:
    """Everything prepared that is needed to judge any pair of these searches and therapists on one day."""

    searches: SearchColumns
    therapists: TherapistColumns
    parameters: Parameters
    limits: Limits
    rules: rules.Rules
    acceptance: np.ndarray  # float64 (group wishes, therapists)

    @classmethod
    def prepare(
        cls, searches: SearchColumns, therapists: TherapistColumns, parameters: Parameters, today: date
    ) -> "Judge":
        return cls(
            searches,
            therapists,
            parameters,
            reach.limits_of(searches, parameters),
            rules.prepare_rules(searches, therapists, parameters, today),
            expected_acceptance(therapists, parameters),
        )

    def all_pairs(self) -> Pairs:
        """Judge every therapist for the first search."""
        t = np.arange(len(self.therapists))
        s = np.zeros_like(t)
        near = reach.measure(self.searches, self.therapists, s, t)
        pairs = self._judged(s, t, near)
        pairs.failures[:] |= reach.location_failures(near, self.limits, s)
        return pairs

    def pairs_in_reach(self, ranges: Ranges) -> Pairs:
        """Judge the pairs within the limits; nearer ones are never left out by the ranges."""
        s, t = self.therapists.spatial.points(ranges)
        near = reach.measure(self.searches, self.therapists, s, t)
        keep = reach.is_within(near, self.limits, s)
        near = Reach(near.distance_km[keep], near.travel_minutes[keep])
        return self._judged(s[keep], t[keep], near)

    def score_parts(self, pairs: Pairs) -> ScoreParts:
        return ScoreParts(
            acceptance=self.acceptance[self.searches.group_wish[pairs.s], pairs.t],
            distance=reach.closeness(pairs.reach, self.limits, pairs.s),
            hours=ranking.hours_part(pairs.common.total),
            email=self.therapists.has_email[pairs.t].astype(np.float64),
        )

    def _judged(self, s: np.ndarray, t: np.ndarray, near: Reach) -> Pairs:
        common = common_time(self.searches.hours, s, self.therapists.hours, t)
        has_hours = self.searches.hours.is_known[s] & self.therapists.hours.is_known[t]
        too_short = has_hours & (common.longest < self.parameters.least_common_minutes)
        failures = self.rules.failures(s, t) | too_short * np.uint32(Reason.NO_COMMON_TIME.bit)
        return Pairs(s, t, near, common, failures, has_hours)


def evaluate(
    searches: SearchColumns, index: int, therapists: TherapistColumns, parameters: Parameters, today: date
) -> Evaluation:
    """Judge one search against every therapist: why, why not, and with which figures."""
    judge = Judge.prepare(searches.one(index), therapists, parameters, today)
    pairs = judge.all_pairs()
    parts = judge.score_parts(pairs)
    return Evaluation(
        failures=pairs.failures,
        distance_km=pairs.reach.distance_km,
        travel_minutes=pairs.reach.travel_minutes,
        common_minutes=pairs.common_minutes,
        longest_common_minutes=pairs.longest_common_minutes,
        flags=pairs.flags,
        score=ranking.score(parts, parameters),
        parts=parts,
    )


def match(
    searches: SearchColumns,
    therapists: TherapistColumns,
    parameters: Parameters,
    today: date,
    top: int = DEFAULT_TOP,
) -> Matches:
    """Return the best candidates of every search, in blocks of bounded memory."""
    judge = Judge.prepare(searches, therapists, parameters, today)
    counts = _Counts(len(searches))
    ranges = reach.nearby_ranges(searches, therapists, judge.limits)
    best = [_nothing(judge, top)]
    for block in _blocks(ranges, len(searches)):
        pairs = judge.pairs_in_reach(block)
        counts.add(pairs)
        best.append(_best(judge, pairs.where(pairs.failures == 0), top))
    counts.add_unreachable(searches, therapists)
    rows = {name: np.concatenate([block[name] for block in best]) for name in best[0]}
    parts = ScoreParts(*(rows.pop(name) for name in PART_NAMES))
    return Matches(parts=parts, **rows, **counts.columns())


def result_hash(matches: Matches) -> str:
    """Return a SHA-256 over all rows: equal for equal input, on every machine."""
    digest = hashlib.sha256()
    order = np.lexsort((matches.therapist_index, matches.search_index))
    for column in (matches.search_index, matches.therapist_index, matches.rank, matches.flags):
        digest.update(column[order].astype("<i8").tobytes())
    for column in (matches.score, matches.distance_km, matches.travel_minutes, matches.common_minutes):
        digest.update(column[order].astype("<f8").tobytes())
    return digest.hexdigest()


PART_NAMES = ("acceptance", "distance", "hours", "email")


class _Counts:
    def __init__(self, search_count: int) -> None:
        self.candidates = np.zeros(search_count, dtype=np.int64)
        self.in_reach = np.zeros(search_count, dtype=np.int64)
        self.rejected = np.zeros((search_count, len(REASONS)), dtype=np.int64)

    def add(self, pairs: Pairs) -> None:
        """Count pairs of a block, which holds all pairs of its searches."""
        if not len(pairs.s):
            return
        first, last = pairs.s[0], pairs.s[-1] + 1
        rows, size = pairs.s - first, last - first
        self.in_reach[first:last] = np.bincount(rows, minlength=size)
        self.candidates[first:last] = np.bincount(rows[pairs.failures == 0], minlength=size)
        for place, reason in enumerate(REASONS):
            failing = rows[(pairs.failures & np.uint32(reason.bit)) != 0]
            self.rejected[first:last, place] = np.bincount(failing, minlength=size)

    def add_unreachable(self, searches: SearchColumns, therapists: TherapistColumns) -> None:
        """Rule 1 needs no pairs: who is located and not in reach is too far."""
        is_located = ~np.isnan(searches.vectors[0])
        located = np.where(is_located, np.count_nonzero(~np.isnan(therapists.vectors[0])), 0)
        self.rejected[:, REASONS.index(Reason.LOCATION_UNKNOWN)] = len(therapists) - located
        self.rejected[:, REASONS.index(Reason.TOO_FAR)] = located - self.in_reach

    def columns(self) -> dict[str, np.ndarray]:
        return {
            "candidate_count": self.candidates,
            "in_reach_count": self.in_reach,
            "reject_counts": self.rejected,
        }


def _blocks(ranges: Ranges, search_count: int) -> Iterator[Ranges]:
    """Split the runs into blocks of about PAIRS_PER_BLOCK pairs without splitting a search."""
    pairs = np.bincount(ranges.centre, weights=ranges.end - ranges.begin, minlength=search_count)
    block = (np.cumsum(pairs) // PAIRS_PER_BLOCK)[ranges.centre]
    edges = np.flatnonzero(np.diff(block)) + 1
    columns = (np.split(column, edges) for column in (ranges.centre, ranges.begin, ranges.end))
    yield from (Ranges(*runs) for runs in zip(*columns, strict=True))


def _best(judge: Judge, candidates: Pairs, top: int) -> dict[str, np.ndarray]:
    """Rank the candidates of each search and keep the first ones."""
    parts = judge.score_parts(candidates)
    score = ranking.score(parts, judge.parameters)
    order = np.lexsort((judge.therapists.id[candidates.t], -score, candidates.s))
    s = candidates.s[order]
    rank = np.arange(len(s)) - np.searchsorted(s, s, side="left") + 1
    kept = order[rank <= top]
    chosen = candidates.where(kept)
    return {
        "search_index": chosen.s,
        "therapist_index": chosen.t,
        "rank": rank[rank <= top],
        "score": score[kept],
        **{name: getattr(parts, name)[kept] for name in PART_NAMES},
        "distance_km": chosen.reach.distance_km,
        "travel_minutes": chosen.reach.travel_minutes,
        "common_minutes": chosen.common_minutes,
        "flags": chosen.flags,
    }


def _nothing(judge: Judge, top: int) -> dict[str, np.ndarray]:
    """Return the columns without rows, for searches near nobody."""
    none = np.zeros(0, dtype=np.int64)
    return _best(judge, judge.pairs_in_reach(Ranges(none, none, none)), top)

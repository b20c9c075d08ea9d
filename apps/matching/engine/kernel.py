"""The two loops over pairs: the best therapists of many searches, and everything about given pairs.

Both judge and score a pair with the same functions, so they agree to the bit. What was tried and measured
here is told in docs/performance.md.
"""

from typing import Any, NamedTuple

import numpy as np

from apps.matching.engine import reach
from apps.matching.engine.columns import ID_BITS, LARGEST_ID
from apps.matching.engine.compiled import compiled, inlined
from apps.matching.engine.hours import longest_common, total_common
from apps.matching.engine.measured import Measured, clear_away, lay_out, minutes_between
from apps.matching.engine.reasons import REASONS, Reason
from apps.matching.engine.rules import (
    age_wish_failure,
    approval_failure,
    diagnosis_failure,
    language_failure,
)
from apps.matching.engine.sides import SearchSide, TherapistSide

UNKNOWN_MINUTES = -1
SCORE_UNITS = 1_000_000  # beyond six decimals, differences are noise and must not decide an order
ENOUGH_COMMON_MINUTES = 600.0

# Reasons are counted in groups of seven bits: one counter per combination, taken apart once per search.
_GROUP_BITS = 7
_GROUP_SIZE = 1 << _GROUP_BITS
_GROUPS = -(-len(REASONS) // _GROUP_BITS)
_NONE = np.uint32(0)
_NO_COMMON_TIME = np.uint32(Reason.NO_COMMON_TIME.bit)
_LOCATION_UNKNOWN = np.uint32(Reason.LOCATION_UNKNOWN.bit)
_TOO_FAR = np.uint32(Reason.TOO_FAR.bit)


class Weights(NamedTuple):
    acceptance: float
    distance: float
    hours: float
    email: float
    least_common_minutes: int


class Runs(NamedTuple):
    """Places that may lie near each search: runs begin[k]:end[k] for k in offset[s]:offset[s + 1]."""

    offset: np.ndarray  # int64 (searches + 1,)
    begin: np.ndarray  # int64
    end: np.ndarray  # int64


class TurnedDown(NamedTuple):
    """Rule 3: pairs by search."""

    offset: np.ndarray  # int64 (searches + 1,)
    place: np.ndarray  # int64, -1 = not among the therapists
    failures: np.ndarray  # uint32


@inlined
def _chord_squared(s: int, t: int, searches: SearchSide, therapists: TherapistSide) -> float:
    x = searches.x[s] - therapists.x[t]
    y = searches.y[s] - therapists.y[t]
    z = searches.z[s] - therapists.z[t]
    return x * x + y * y + z * z


@inlined
def _failures(
    s: int, t: int, searches: SearchSide, therapists: TherapistSide, traits: np.ndarray
) -> np.uint32:
    """Rules 4 to 9."""
    return (
        traits[therapists.traits[t]]
        | approval_failure(
            searches.age[s],
            searches.admissible[s],
            searches.methods[s],
            searches.setting[s],
            therapists.approvals[t],
        )
        | age_wish_failure(searches.age[s], therapists.age_from[t], therapists.age_to[t])
        | language_failure(searches.languages[s], therapists.languages[t])
        | diagnosis_failure(
            searches.diagnosis[s, 0],
            searches.diagnosis[s, 1],
            searches.low_categories[s],
            searches.high_categories[s],
            therapists.has_wish[t],
            therapists.low_whole[t],
            therapists.high_whole[t],
            therapists.has_fine[t],
            therapists.wishes,
            therapists.wish_offset[t],
            therapists.wish_offset[t + 1],
        )
    )


@inlined
def _longest_minutes(s: int, t: int, searches: SearchSide, therapists: TherapistSide) -> np.int16:
    """Return -1 where a schedule is unknown."""
    if searches.depth[s] == 0 or therapists.depth[t] == 0:
        return np.int16(UNKNOWN_MINUTES)
    return longest_common(
        searches.start,
        searches.end,
        s * searches.stride,
        searches.depth[s],
        therapists.start,
        therapists.end,
        t * therapists.stride,
        therapists.depth[t],
    )


@inlined
def _common_minutes(s: int, t: int, searches: SearchSide, therapists: TherapistSide) -> np.int16:
    """Return 0 where a schedule is unknown."""
    return total_common(
        searches.start,
        searches.end,
        s * searches.stride,
        searches.depth[s],
        therapists.start,
        therapists.end,
        t * therapists.stride,
        therapists.depth[t],
    )


@inlined
def _time_failure(longest_minutes: np.int16, least_minutes: int) -> np.uint32:
    """Rule 10. Unknown hours pass."""
    is_short = (longest_minutes != UNKNOWN_MINUTES) & (longest_minutes < least_minutes)
    return _NO_COMMON_TIME if is_short else _NONE


@inlined
def _score_units(
    acceptance: float, closeness: float, hours: float, email: float, weights: Weights
) -> np.int64:
    """Return the weighted sum in millionths."""
    total = (
        weights.acceptance * acceptance
        + weights.distance * closeness
        + weights.hours * hours
        + weights.email * email
    )
    return np.int64(np.rint(total * SCORE_UNITS))


@inlined
def _hours_part(common_minutes: np.int16) -> float:
    return min(float(common_minutes), ENOUGH_COMMON_MINUTES) / ENOUGH_COMMON_MINUTES


@inlined
def _travel_minutes(s: int, distance_km: float, measured_minutes: float, searches: SearchSide) -> float:
    """What was measured, else the estimate (see travel.estimate_minutes)."""
    if np.isnan(measured_minutes):
        return np.ceil(searches.overhead_minutes[s] + searches.minutes_per_km[s] * distance_km)
    return measured_minutes


@inlined
def key_of(score_units: Any, therapist_id: Any) -> Any:
    return (score_units << ID_BITS) | (LARGEST_ID - therapist_id)


@inlined
def _key(
    s: int,
    t: int,
    measured_minutes: float,
    searches: SearchSide,
    therapists: TherapistSide,
    weights: Weights,
) -> int:
    """Return a number that is larger for the better candidate: score first, then the lower id."""
    distance = reach.kilometres(_chord_squared(s, t, searches, therapists))
    minutes = _travel_minutes(s, distance, measured_minutes, searches)
    units = _score_units(
        therapists.acceptance[t, searches.group_wish[s]],
        reach.closeness(distance, minutes, searches.max_km[s], searches.max_minutes[s]),
        _hours_part(_common_minutes(s, t, searches, therapists)),
        therapists.has_email[t],
        weights,
    )
    return key_of(units, therapists.id[t])


@inlined
def _keep(heap: np.ndarray, size: int, key: int) -> int:
    """Put a key into a heap of the largest ones, smallest on top; return the number of keys held."""
    if size < len(heap):
        child = size
        while child > 0 and heap[(child - 1) >> 1] > key:
            heap[child] = heap[(child - 1) >> 1]
            child = (child - 1) >> 1
        heap[child] = key
        return size + 1
    if size == 0 or key < heap[0]:
        return size
    parent, child = 0, 1
    while child < size:
        if child + 1 < size and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= key:
            break
        heap[parent] = heap[child]
        parent, child = child, 2 * child + 1
    heap[parent] = key
    return size


@inlined
def _order(heap: np.ndarray, size: int) -> None:
    """Put the keys of a heap in order, largest first, and mark the empty places."""
    heap[:size].sort()
    heap[:size] = heap[:size][::-1].copy()
    heap[size:] = -1


@inlined
def _count_apart(histogram: np.ndarray, counts: np.ndarray) -> None:
    """Add the counters of combinations to those of single reasons, and empty them."""
    for group in range(_GROUPS):
        histogram[group, 0] = 0
        for combination in range(1, _GROUP_SIZE):
            number = histogram[group, combination]
            if number:
                histogram[group, combination] = 0
                for bit in range(_GROUP_BITS):
                    if combination >> bit & 1:
                        counts[group * _GROUP_BITS + bit] += number


@inlined
def _turn_down(s: int, failures: np.ndarray, turned_down: TurnedDown) -> None:
    """Rule 3 for one search: written into the therapists' own failures, taken back afterwards."""
    for pair in range(turned_down.offset[s], turned_down.offset[s + 1]):
        if turned_down.place[pair] >= 0:
            failures[turned_down.place[pair]] |= turned_down.failures[pair]


@inlined
def _take_back(s: int, failures: np.ndarray, turned_down: TurnedDown, original: np.ndarray) -> None:
    for pair in range(turned_down.offset[s], turned_down.offset[s + 1]):
        if turned_down.place[pair] >= 0:
            failures[turned_down.place[pair]] = original[turned_down.place[pair]]


@inlined
def _reached(s: int, searches: SearchSide, therapists: TherapistSide, runs: Runs, near: np.ndarray) -> int:
    """Rule 1: write the places within the limits into `near`; return how many. No branch to guess wrong."""
    limit = reach.chord_limit(searches.limit_metres[s])
    count = 0
    for run in range(runs.offset[s], runs.offset[s + 1]):
        for t in range(runs.begin[run], runs.end[run]):
            near[count] = t
            count += _chord_squared(s, t, searches, therapists) <= limit
    return count


@inlined
def _is_within(s: int, chord: float, minutes: float, searches: SearchSide) -> bool:
    """Rule 1 for a pair whose travel time was measured: the estimate has no say, both limits have."""
    return reach.kilometres(chord) <= searches.max_km[s] and minutes <= searches.max_minutes[s]


@inlined
def _measured_instead(
    s: int,
    in_reach: int,
    near: np.ndarray,
    searches: SearchSide,
    therapists: TherapistSide,
    measured: Measured,
    minutes_of: np.ndarray,
) -> int:
    """Take out of `near` whoever was measured and put in those who are within; return how many are left."""
    count = 0
    for k in range(in_reach):
        near[count] = near[k]
        count += np.isnan(minutes_of[near[k]])
    for pair in range(measured.offset[s], measured.offset[s + 1]):
        place = measured.place[pair]
        near[count] = place
        chord = _chord_squared(s, place, searches, therapists)
        count += _is_within(s, chord, measured.minutes[pair], searches)
    return count


@compiled
def select_best(
    first: int,
    last: int,
    searches: SearchSide,
    therapists: TherapistSide,
    runs: Runs,
    turned_down: TurnedDown,
    measured: Measured,
    trait_table: np.ndarray,
    weights: Weights,
    keys: np.ndarray,
    candidate_count: np.ndarray,
    in_reach_count: np.ndarray,
    reject_counts: np.ndarray,
) -> None:
    """Fill the rows first:last of the last four arguments.

    keys, int64 (searches, top): the best candidates as `key_of` makes them, largest first, -1 where there are
    no more. reject_counts, int32 (searches, reasons): of the therapists in reach.

    One short loop after the other over the therapists in reach: together they are faster than one long loop.
    """
    failures = therapists.failures.copy()
    near = np.empty(len(failures) + 1, dtype=np.int32)
    masks = np.empty(len(failures), dtype=np.uint32)
    minutes_of = np.full(len(failures), np.nan)
    histogram = np.zeros((_GROUPS, _GROUP_SIZE), dtype=np.int64)
    for s in range(first, last):
        _turn_down(s, failures, turned_down)
        in_reach = _reached(s, searches, therapists, runs, near)
        if measured.offset[s] < measured.offset[s + 1]:
            lay_out(s, measured, minutes_of)
            in_reach = _measured_instead(s, in_reach, near, searches, therapists, measured, minutes_of)
        traits = trait_table[searches.traits[s]]
        for k in range(in_reach):
            masks[k] = failures[near[k]] | _failures(s, near[k], searches, therapists, traits)
        for k in range(in_reach):
            longest = _longest_minutes(s, near[k], searches, therapists)
            masks[k] |= _time_failure(longest, weights.least_common_minutes)
        for k in range(in_reach):
            for group in range(_GROUPS):
                histogram[group, (masks[k] >> (group * _GROUP_BITS)) & (_GROUP_SIZE - 1)] += 1
        candidates = 0
        for k in range(in_reach):
            near[candidates] = near[k]
            candidates += masks[k] == 0
        best, size = keys[s], 0
        for k in range(candidates):
            key = _key(s, near[k], minutes_of[near[k]], searches, therapists, weights)
            size = _keep(best, size, key)
        clear_away(s, measured, minutes_of)
        _order(best, size)
        candidate_count[s], in_reach_count[s] = candidates, in_reach
        _count_apart(histogram, reject_counts[s])
        _take_back(s, failures, turned_down, therapists.failures)


class PairFigures(NamedTuple):
    """Per pair; NaN or -1 where a location or a schedule is unknown."""

    failures: np.ndarray  # uint32, rule 3 left out
    distance_km: np.ndarray  # float64
    travel_minutes: np.ndarray  # float64
    is_measured: np.ndarray  # bool, the travel minutes
    common_minutes: np.ndarray  # int16
    longest_common_minutes: np.ndarray  # int16
    score_units: np.ndarray  # int64, millionths
    acceptance: np.ndarray  # float64
    closeness: np.ndarray  # float64
    hours: np.ndarray  # float64
    email: np.ndarray  # float64


@compiled
def judge_pairs(
    first: int,
    last: int,
    search: np.ndarray,
    place: np.ndarray,
    searches: SearchSide,
    therapists: TherapistSide,
    measured: Measured,
    trait_table: np.ndarray,
    weights: Weights,
    figures: PairFigures,
) -> None:
    """Fill the figures of the pairs first to last; pair k is made of search[k] and place[k]."""
    for k in range(first, last):
        s, t = search[k], place[k]
        chord = _chord_squared(s, t, searches, therapists)
        mask = therapists.failures[t] | _failures(s, t, searches, therapists, trait_table[searches.traits[s]])
        longest = _longest_minutes(s, t, searches, therapists)
        total = _common_minutes(s, t, searches, therapists)
        mask |= _time_failure(longest, weights.least_common_minutes)
        known_minutes = minutes_between(s, t, measured)
        is_measured = not np.isnan(known_minutes)
        if np.isnan(chord):
            distance, minutes, near = np.nan, np.nan, 0.0
            mask |= _LOCATION_UNKNOWN
        else:
            distance = reach.kilometres(chord)
            minutes = _travel_minutes(s, distance, known_minutes, searches)
            near = reach.closeness(distance, minutes, searches.max_km[s], searches.max_minutes[s])
            if is_measured:
                is_within = _is_within(s, chord, minutes, searches)
            else:
                is_within = chord <= reach.chord_limit(searches.limit_metres[s])
            if not is_within:
                mask |= _TOO_FAR
        figures.is_measured[k] = is_measured
        figures.distance_km[k], figures.travel_minutes[k], figures.closeness[k] = distance, minutes, near
        figures.acceptance[k] = therapists.acceptance[t, searches.group_wish[s]]
        figures.hours[k], figures.email[k] = _hours_part(total), therapists.has_email[t]
        figures.score_units[k] = _score_units(
            figures.acceptance[k], near, figures.hours[k], figures.email[k], weights
        )
        figures.common_minutes[k] = UNKNOWN_MINUTES if longest == UNKNOWN_MINUTES else total
        figures.longest_common_minutes[k] = longest
        figures.failures[k] = mask

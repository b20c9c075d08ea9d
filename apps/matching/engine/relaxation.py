"""What blocks a search: how many more candidates each relaxed wish of the patient would bring.

A relaxed wish is the same search once more with one thing changed; all of them are matched in one go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from apps.matching.engine.columns import (
    ALL_LANGUAGES,
    GENDER_WISHES,
    GROUP_WISHES,
    SearchColumns,
    TherapistColumns,
)
from apps.matching.engine.matching import Matches, match_from
from apps.matching.engine.reasons import REASONS, Reason
from apps.matching.engine.records import Parameters
from apps.matching.engine.sides import Therapists, prepare_therapists
from apps.matching.engine.travel import MINUTES_PER_KM

EXTRA_KM = (5, 10, 20)


@dataclass(frozen=True)
class Relaxation:
    """One wish given up: the reason it takes away, and how it changes rows of the columns, in place."""

    reason: Reason
    apply: Callable[[SearchColumns, np.ndarray], None]


def _farther(extra_km: int) -> Relaxation:
    def apply(variants: SearchColumns, rows: np.ndarray) -> None:
        """Extra kilometres widen a limit in minutes by the time they take."""
        variants.max_distance_km[rows] += extra_km
        variants.max_travel_minutes[rows] += extra_km * MINUTES_PER_KM[variants.travel_mode[rows]]

    return Relaxation(Reason.TOO_FAR, apply)


def _with(reason: Reason, column: str, value: int) -> Relaxation:
    def apply(variants: SearchColumns, rows: np.ndarray) -> None:
        getattr(variants, column)[rows] = value

    return Relaxation(reason, apply)


def _any_hours(variants: SearchColumns, rows: np.ndarray) -> None:
    variants.hours.depth[rows] = 0


def _no_exclusions(variants: SearchColumns, rows: np.ndarray) -> None:
    pairs = variants.turned_down
    pairs.values[np.isin(pairs.row, rows), 1] &= ~Reason.EXCLUDED_BY_PATIENT.bit


RELAXATIONS: dict[str, Relaxation] = {
    **{f"distance_plus_{extra_km}_km": _farther(extra_km) for extra_km in EXTRA_KM},
    "any_method": _with(Reason.METHOD_NOT_OFFERED, "wished_methods", 0),
    "any_therapist_gender": _with(Reason.THERAPIST_GENDER, "wished_gender", GENDER_WISHES.index("any")),
    "group_also": _with(Reason.SETTING_NOT_OFFERED, "group_wish", GROUP_WISHES.index("also")),
    "any_language": _with(Reason.NO_COMMON_LANGUAGE, "languages", ALL_LANGUAGES),
    "any_hours": Relaxation(Reason.NO_COMMON_TIME, _any_hours),
    "no_exclusions": Relaxation(Reason.EXCLUDED_BY_PATIENT, _no_exclusions),
}
"""Every relaxed wish, in the order in which equals are told."""


@dataclass(frozen=True)
class Relaxed:
    """`gains`: for each of RELAXATIONS, how many therapists it alone would add to the candidates."""

    gains: dict[str, int]
    blocking: Reason | None
    """What keeps the search from having candidates, None if it has some.

    That is the reason whose relaxed wish brings most. If no single wish helps, it is the commonest reason
    among the therapists in reach; and if nobody is in reach, the commonest reason of location.
    """


def relax(searches: SearchColumns, rows: Sequence[int], everybody: Therapists) -> list[Relaxed]:
    """Match these searches as they are and once for each relaxation, all in one go."""
    each = len(RELAXATIONS) + 1
    variants = searches.take(np.repeat(np.asarray(rows, dtype=np.int64), each))
    has_neither = np.isnan(variants.max_distance_km) & np.isnan(variants.max_travel_minutes)
    default_km = everybody.parameters.default_max_distance_km
    kilometres = np.where(has_neither, default_km, variants.max_distance_km)
    variants = replace(variants, max_distance_km=kilometres)
    for number, relaxation in enumerate(RELAXATIONS.values(), start=1):
        relaxation.apply(variants, np.arange(number, len(variants), each))
    matches = match_from(variants, everybody, top=0)
    return [_relaxed(matches, first, each) for first in range(0, len(variants), each)]


def what_if(
    searches: SearchColumns, index: int, therapists: TherapistColumns, parameters: Parameters, today: date
) -> dict[str, int]:
    """The gains of one search, for columns as they are."""
    return relax(searches, [index], prepare_therapists(therapists, parameters, today))[0].gains


def _relaxed(matches: Matches, first: int, each: int) -> Relaxed:
    """Row `first` is the search as it is, the rows after it are its relaxations."""
    as_it_is, *relaxed = matches.candidate_count[first : first + each].tolist()
    gains = {name: count - as_it_is for name, count in zip(RELAXATIONS, relaxed, strict=True)}
    if as_it_is:
        return Relaxed(gains, None)
    best = max(gains, key=gains.__getitem__)
    return Relaxed(gains, RELAXATIONS[best].reason if gains[best] else _commonest(matches, first))


def _commonest(matches: Matches, row: int) -> Reason:
    counts = dict(zip(REASONS, matches.reject_counts[row].tolist(), strict=True))
    if matches.in_reach_count[row] == 0:
        unknown, far = counts[Reason.LOCATION_UNKNOWN], counts[Reason.TOO_FAR]
        return Reason.LOCATION_UNKNOWN if unknown > far else Reason.TOO_FAR
    in_reach = {reason: count for reason, count in counts.items() if reason.rule != 1}
    return max(in_reach, key=in_reach.__getitem__)

"""What the rules need of either side of a pair, prepared once for all pairs.

Therapists are put in the order of the spatial index, so that those near a point lie next to each other in
memory. A `place` is a position in that order; a `row` is a position in the columns.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from apps.matching.engine import categories, reach, rules
from apps.matching.engine.acceptance import expected_acceptance
from apps.matching.engine.columns import (
    INSURANCES,
    LARGEST_ID,
    SearchColumns,
    TherapistColumns,
    with_rows,
)
from apps.matching.engine.geometry import SpatialIndex, unit_vectors
from apps.matching.engine.hours import LANES
from apps.matching.engine.reasons import Reason
from apps.matching.engine.records import Parameters
from apps.matching.engine.rules import failing


class TherapistSide(NamedTuple):
    """Per place."""

    row: np.ndarray  # int64
    id: np.ndarray  # int64
    x: np.ndarray  # float64, unit vector; NaN = unknown
    y: np.ndarray
    z: np.ndarray
    failures: np.ndarray  # uint32, rule 2
    traits: np.ndarray  # int16, place in THERAPIST_TRAITS
    approvals: np.ndarray  # uint16
    age_from: np.ndarray  # int16
    age_to: np.ndarray  # int16
    languages: np.ndarray  # uint32
    has_wish: np.ndarray  # bool
    low_whole: np.ndarray  # uint64, wished categories F00 to F63
    high_whole: np.ndarray  # uint64, F64 to F99
    has_fine: np.ndarray  # bool, wishes something finer or of another chapter
    wish_offset: np.ndarray  # int64 (n + 1,)
    wishes: np.ndarray  # int32 (ranges, 2)
    start: np.ndarray  # int16, flat (n x layers x LANES)
    end: np.ndarray  # int16, flat
    stride: int  # layers x LANES
    depth: np.ndarray  # int16
    acceptance: np.ndarray  # float64 (n, group wishes)
    has_email: np.ndarray  # float64, 0 or 1


class SearchSide(NamedTuple):
    """Per search."""

    x: np.ndarray  # float64, unit vector; NaN = unknown
    y: np.ndarray
    z: np.ndarray
    limit_metres: np.ndarray  # float64, the farthest whole metre within all limits, -1 = none
    max_km: np.ndarray  # float64, infinite where not given
    max_minutes: np.ndarray  # float64, infinite where not given
    overhead_minutes: np.ndarray  # float64
    minutes_per_km: np.ndarray  # float64
    traits: np.ndarray  # int64, place in SEARCH_TRAITS
    age: np.ndarray  # int64, -1 = unknown
    admissible: np.ndarray  # uint16, approvals that fit the age
    methods: np.ndarray  # uint16, approvals that fit the wished methods
    setting: np.ndarray  # uint16, approvals that fit the setting
    group_wish: np.ndarray  # int64
    languages: np.ndarray  # uint32
    diagnosis: np.ndarray  # int32 (n, 2)
    low_categories: np.ndarray  # uint64, categories F00 to F63 the diagnosis shares a code with
    high_categories: np.ndarray  # uint64, F64 to F99
    start: np.ndarray  # int16, flat (n x layers x LANES)
    end: np.ndarray  # int16, flat
    stride: int  # layers x LANES
    depth: np.ndarray  # int16


@dataclass(frozen=True, eq=False)
class Therapists:
    """The therapists' side with the way back to the columns."""

    columns: TherapistColumns
    parameters: Parameters
    today: date
    index: SpatialIndex
    side: TherapistSide
    place_of_row: np.ndarray  # int64
    located_count: int

    @cached_property
    def places_by_point(self) -> tuple[np.ndarray, np.ndarray]:
        """Points of all who are located, int64 ascending, and the places they are at."""
        points = self.columns.points[self.side.row[: self.located_count]]
        order = np.argsort(points, kind="stable")
        return points[order], order

    def with_rows(self, columns: TherapistColumns, rows: np.ndarray) -> "Therapists":
        """Return the side of columns that differ in these rows only, who are still at the same places.

        Everybody in a contact group of theirs must be among the rows.
        """
        fresh = _side(columns.take(rows), np.arange(len(rows)), self.parameters, self.today)
        places = self.place_of_row[rows]
        per_place = {
            name: with_rows(getattr(self.side, name), places, getattr(fresh, name)) for name in PER_PLACE
        }
        changed: dict[str, Any] = dict(per_place)
        if columns.hours is not self.columns.hours:
            changed |= _hours(columns, self.side.row)
        if columns.wishes is not self.columns.wishes:
            changed |= _wishes(columns, self.side.row)
        return replace(self, columns=columns, side=self.side._replace(**changed))

    def without_inquiries(self, rows: np.ndarray) -> "Therapists":
        """Return the side on which these therapists' own open inquiries do not count."""
        columns = self.columns
        has_open_inquiry = columns.has_open_inquiry.copy()
        has_open_inquiry[rows] = False
        columns = replace(columns, has_open_inquiry=has_open_inquiry)
        failures = contact_failures(columns, self.parameters, self.today)[self.side.row]
        return replace(self, columns=columns, side=self.side._replace(failures=failures))


PER_PLACE = (
    "failures",
    "traits",
    "approvals",
    "age_from",
    "age_to",
    "languages",
    "has_wish",
    "acceptance",
    "has_email",
)


def prepare_therapists(columns: TherapistColumns, parameters: Parameters, today: date) -> Therapists:
    """Raise ValueError for ids beyond LARGEST_ID, which no ranking could tell apart."""
    if len(columns) and int(columns.id.max()) > LARGEST_ID:
        raise ValueError("a therapist's id is too large")
    index = SpatialIndex.build(columns.latitude, columns.longitude)
    unlocated = np.flatnonzero(np.isnan(columns.latitude) | np.isnan(columns.longitude))
    row = np.concatenate([index.order, unlocated])
    place_of_row = np.empty_like(row)
    place_of_row[row] = np.arange(len(row))
    side = _side(columns, row, parameters, today)
    return Therapists(columns, parameters, today, index, side, place_of_row, len(index.order))


def _side(columns: TherapistColumns, row: np.ndarray, parameters: Parameters, today: date) -> TherapistSide:
    x, y, z = np.ascontiguousarray(unit_vectors(columns.latitude, columns.longitude)[:, row])
    return TherapistSide(
        row=row,
        id=columns.id[row],
        x=x,
        y=y,
        z=z,
        failures=contact_failures(columns, parameters, today)[row],
        traits=_therapist_traits(columns)[row],
        approvals=columns.approvals[row],
        age_from=columns.wished_age_from[row],
        age_to=columns.wished_age_to[row],
        languages=columns.languages[row],
        has_wish=columns.has_wish[row],
        acceptance=np.ascontiguousarray(expected_acceptance(columns, parameters, today=today).T[row]),
        has_email=columns.has_email[row].astype(np.float64),
        **_hours(columns, row),
        **_wishes(columns, row),
    )


def _hours(columns: TherapistColumns, row: np.ndarray) -> dict[str, Any]:
    hours = columns.hours.take(row)
    return {
        "start": hours.start.ravel(),
        "end": hours.end.ravel(),
        "stride": hours.start.shape[1] * LANES,
        "depth": hours.depth,
    }


def _wishes(columns: TherapistColumns, row: np.ndarray) -> dict[str, Any]:
    wishes = columns.wishes.take(row)
    bits, is_fine = _of_ranges(wishes.values)
    whole = np.zeros((categories.WORDS, len(row)), dtype=np.uint64)
    for word in range(categories.WORDS):
        np.bitwise_or.at(whole[word], wishes.row, bits[:, word])
    has_fine = np.zeros(len(row), dtype=bool)
    has_fine[wishes.row[is_fine]] = True
    return {
        "wish_offset": wishes.offset,
        "wishes": wishes.values,
        "low_whole": whole[0],
        "high_whole": whole[1],
        "has_fine": has_fine,
    }


def _of_ranges(ranges: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`categories.whole`, worked out once per distinct range: few, the same codes come again and again."""
    both = ranges[:, 0].astype(np.int64) << 32 | ranges[:, 1]
    distinct, place = np.unique(both, return_inverse=True)
    bits, is_fine = categories.whole(np.stack([distinct >> 32, distinct & 0xFFFFFFFF], axis=1))
    return bits[place], is_fine[place]


@lru_cache(maxsize=8)
def prepare_searches(columns: SearchColumns, parameters: Parameters, today: date) -> SearchSide:
    limits = reach.limits_of(columns, parameters)
    ages = ages_on(columns.birth_date, today)
    methods = columns.wished_methods.astype(np.uint16) * np.uint16(rules.ONE_METHOD_EVERYWHERE)
    x, y, z = columns.vectors
    low, high = np.ascontiguousarray(categories.touched(columns.diagnosis).T)
    return SearchSide(
        x=x,
        y=y,
        z=z,
        limit_metres=limits.metres,
        max_km=limits.distance_km,
        max_minutes=limits.travel_minutes,
        overhead_minutes=limits.overhead_minutes,
        minutes_per_km=limits.minutes_per_km,
        traits=_search_traits(columns),
        age=ages,
        admissible=np.select(
            [ages < 18, ages < 21], [rules.OF_MINORS, rules.OF_ANYBODY], rules.OF_ADULTS
        ).astype(np.uint16),
        methods=np.where(columns.wished_methods == 0, np.uint16(rules.OF_ANYBODY), methods),
        setting=rules.OF_SETTING[columns.group_wish],
        group_wish=columns.group_wish.astype(np.int64),
        languages=columns.languages,
        diagnosis=columns.diagnosis,
        low_categories=low,
        high_categories=high,
        start=columns.hours.start.ravel(),
        end=columns.hours.end.ravel(),
        stride=columns.hours.start.shape[1] * LANES,
        depth=columns.hours.depth,
    )


def ages_on(birth_date: np.ndarray, today: date) -> np.ndarray:
    """Return completed years, int64, -1 where the birth date is unknown or lies ahead.

    Whoever is born on 29 February completes a year at the end of 28 February, so is older from 1 March.
    """
    day = today.year * 10_000 + today.month * 100 + today.day
    born = birth_date.astype(np.int64)
    return np.where((born == 0) | (born > day), rules.UNKNOWN_AGE, (day - born) // 10_000)


def contact_failures(columns: TherapistColumns, parameters: Parameters, today: date) -> np.ndarray:
    """Rule 2, uint32 per row. Pause, interval and open inquiry hold for everybody in a contact group."""
    own = (
        failing(~columns.is_active, Reason.THERAPIST_INACTIVE)
        | failing(columns.is_blocked, Reason.THERAPIST_BLOCKED)
        | failing(~columns.is_verified, Reason.NOT_REVIEWED)
        | failing(columns.do_not_contact, Reason.DO_NOT_CONTACT)
    )
    day = today.toordinal()
    asked_on = columns.last_contact_on
    had_contact = (asked_on > 0) & (day - asked_on < parameters.contact_interval_days)
    of_group = (
        failing(day <= columns.paused_until, Reason.CONTACT_PAUSE)
        | failing(had_contact, Reason.CONTACTED_RECENTLY)
        | failing(columns.has_open_inquiry, Reason.OPEN_INQUIRY)
    )
    return own | _shared(of_group, columns.contact_group)


def _shared(failures: np.ndarray, group: np.ndarray) -> np.ndarray:
    """Give everybody what anybody in the group has. Only the few groups with a failure are looked at."""
    failing_rows = np.flatnonzero(failures)
    groups, place = np.unique(group[failing_rows], return_inverse=True)
    of_group = np.zeros(len(groups) + 1, dtype=np.uint32)  # the last one is for groups without a failure
    np.bitwise_or.at(of_group, place, failures[failing_rows])
    found = np.minimum(np.searchsorted(groups, group), max(len(groups) - 1, 0))
    is_found = groups[found] == group if len(groups) else np.zeros(len(group), dtype=bool)
    return of_group[np.where(is_found, found, len(groups))]


def _therapist_traits(columns: TherapistColumns) -> np.ndarray:
    traits = (
        columns.has_seat.astype(np.int8),
        columns.is_licensed.astype(np.int8),
        columns.gender,
        columns.wished_gender,
        columns.prefers_group.astype(np.int8),
    )
    return np.ravel_multi_index(traits, rules.THERAPIST_TRAITS).astype(np.int16)


def _search_traits(columns: SearchColumns) -> np.ndarray:
    for_statutory = np.where(columns.is_kostenerstattung, rules.NEEDS_PRIVATE, rules.NEEDS_SEAT)
    need = np.where(columns.insurance == INSURANCES.index("gkv"), for_statutory, rules.NEEDS_LICENCE)
    traits = (need, columns.wished_gender, columns.gender, columns.group_wish)
    return np.ravel_multi_index(traits, rules.SEARCH_TRAITS)

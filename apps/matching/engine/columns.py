"""Therapists and searches as columns, the engine's input.

Packing records is one way to get columns; a loader may fill the same classes straight from the database.
Every array has one row per therapist or search unless its comment says otherwise. Days are ordinals
(date.toordinal), 0 for none.
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any, TypeVar

import numpy as np

from apps.core import icd
from apps.matching.engine.geometry import SpatialIndex, unit_vectors
from apps.matching.engine.hours import HoursColumns, pack_hours
from apps.matching.engine.records import Approval, SearchRecord, TherapistRecord
from apps.matching.engine.travel import TRAVEL_MODES

METHODS = ("VT", "TP", "AP", "ST")
AGE_GROUPS = ("adults", "minors")
SETTINGS = ("individual", "group")
GENDERS = ("male", "female", "diverse", "unknown")
PATIENT_GENDERS = ("male", "female", "diverse", "not_stated")
GENDER_WISHES = ("male", "female", "any")  # the wish for GENDERS[i] has the code i
INSURANCES = ("gkv", "pkv", "beihilfe", "self_payer")
GROUP_WISHES = ("no", "also", "only")
ASSUMED_LANGUAGES = frozenset({"de"})
UNKNOWN_REGION = -1

Value = TypeVar("Value", bound=Hashable)


@dataclass(frozen=True, eq=False)
class TherapistColumns:
    """Equal only to itself, so that what is derived from these columns can be cached."""

    id: np.ndarray  # int64, each once
    latitude: np.ndarray  # float64 degrees, NaN = unknown
    longitude: np.ndarray  # float64 degrees, NaN = unknown
    gender: np.ndarray  # int8, place in GENDERS
    is_active: np.ndarray  # bool
    is_blocked: np.ndarray  # bool
    is_verified: np.ndarray  # bool
    do_not_contact: np.ndarray  # bool
    contact_group: np.ndarray  # int64
    paused_until: np.ndarray  # int32 day
    last_contact_on: np.ndarray  # int32 day
    has_open_inquiry: np.ndarray  # bool
    has_seat: np.ndarray  # bool
    is_licensed: np.ndarray  # bool
    approvals: np.ndarray  # uint16, bits of approval_bits()
    language_set: np.ndarray  # int32, place in language_sets
    hours: HoursColumns
    wish_set: np.ndarray  # int32, place in wish_sets
    wished_age_from: np.ndarray  # int16, 0 = none
    wished_age_to: np.ndarray  # int16, 0 = none
    wished_gender: np.ndarray  # int8, place in GENDER_WISHES
    prefers_group: np.ndarray  # bool
    has_free_individual: np.ndarray  # bool
    has_free_group: np.ndarray  # bool
    possibly_has_places: np.ndarray  # bool
    knows_agency: np.ndarray  # bool
    has_email: np.ndarray  # bool
    region: np.ndarray  # int16, first two digits of the PLZ, -1 = unknown
    asked_count: np.ndarray  # int32
    accepted_count: np.ndarray  # int32
    language_sets: tuple[frozenset[str], ...]  # distinct, none empty
    wish_sets: tuple[tuple[str, ...] | None, ...]  # distinct canonical codes; None = no wish

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def spatial(self) -> SpatialIndex:
        return SpatialIndex.build(self.latitude, self.longitude)

    @cached_property
    def vectors(self) -> np.ndarray:
        return unit_vectors(self.latitude, self.longitude)

    def positions_of(self, ids: np.ndarray) -> np.ndarray:
        """Return the rows of therapist ids, int64; -1 for an id that is not among them."""
        if not len(self):
            return np.full(len(ids), -1)
        order = self._id_order
        place = np.minimum(np.searchsorted(self.id, ids, sorter=order), len(self) - 1)
        return np.where(self.id[order[place]] == ids, order[place], -1)

    @cached_property
    def _id_order(self) -> np.ndarray:
        return np.argsort(self.id, kind="stable")

    @cached_property
    def group_index(self) -> np.ndarray:
        """Contact groups numbered from 0, int64 (n,)."""
        return np.unique(self.contact_group, return_inverse=True)[1]

    @cached_property
    def approval_class(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct sets of approvals, and each therapist's place among them."""
        return np.unique(self.approvals, return_inverse=True)

    @cached_property
    def age_wish_class(self) -> tuple[np.ndarray, np.ndarray]:
        """The distinct (age from, age to) as int64 (k, 2), and each therapist's place among them."""
        key = self.wished_age_from.astype(np.int64) << 16 | self.wished_age_to
        distinct, place = np.unique(key, return_inverse=True)
        return np.stack([distinct >> 16, distinct & 0xFFFF], axis=1), place


@dataclass(frozen=True, eq=False)
class SearchColumns:
    id: np.ndarray  # int64, each once
    patient_id: np.ndarray  # int64
    latitude: np.ndarray  # float64 degrees, NaN = unknown
    longitude: np.ndarray  # float64 degrees, NaN = unknown
    birth_date: np.ndarray  # int32 yyyymmdd, 0 = unknown
    gender: np.ndarray  # int8, place in PATIENT_GENDERS
    insurance: np.ndarray  # int8, place in INSURANCES
    is_kostenerstattung: np.ndarray  # bool
    diagnosis: np.ndarray  # int32, place in diagnoses; len(diagnoses) = unknown or unreadable
    wished_gender: np.ndarray  # int8, place in GENDER_WISHES
    wished_methods: np.ndarray  # uint8, bit i = METHODS[i]; 0 = any
    group_wish: np.ndarray  # int8, place in GROUP_WISHES
    language_set: np.ndarray  # int32, place in language_sets
    hours: HoursColumns
    travel_mode: np.ndarray  # int8, place in TRAVEL_MODES
    max_distance_km: np.ndarray  # float64, NaN = none
    max_travel_minutes: np.ndarray  # float64, NaN = none
    excluded: tuple[tuple[int, ...], ...]  # therapist ids
    locked: tuple[tuple[int, ...], ...]  # therapist ids
    started_on: np.ndarray  # int32 day
    open_requests: np.ndarray  # int32
    language_sets: tuple[frozenset[str], ...]  # distinct, none empty
    diagnoses: tuple[str, ...]  # distinct canonical codes

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def vectors(self) -> np.ndarray:
        return unit_vectors(self.latitude, self.longitude)

    def one(self, index: int) -> "SearchColumns":
        """Return the columns of a single search."""
        rows = np.array([index])
        picked: dict[str, Any] = {
            field.name: value.take(rows)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), np.ndarray | HoursColumns)
        }
        picked |= {"excluded": (self.excluded[index],), "locked": (self.locked[index],)}
        return replace(self, **picked)


def approval_bits(approvals: Iterable[Approval]) -> int:
    """Return a set of approvals as bits: method varies fastest, then age group, then setting."""
    bits = 0
    for method, age_group, setting in approvals:
        place = METHODS.index(method) + 4 * AGE_GROUPS.index(age_group) + 8 * SETTINGS.index(setting)
        bits |= 1 << place
    return bits


def pack_therapists(records: Sequence[TherapistRecord]) -> TherapistColumns:
    languages, language_set = _distinct(r.languages or ASSUMED_LANGUAGES for r in records)
    wishes, wish_set = _distinct(_wished_codes(r.wished_diagnoses) for r in records)
    return TherapistColumns(
        id=_column(records, "id", np.int64),
        latitude=_column(records, "latitude", np.float64),
        longitude=_column(records, "longitude", np.float64),
        gender=_coded((r.gender for r in records), GENDERS),
        is_active=_column(records, "is_active", bool),
        is_blocked=_column(records, "is_blocked", bool),
        is_verified=_column(records, "is_verified", bool),
        do_not_contact=_column(records, "do_not_contact", bool),
        contact_group=_column(records, "contact_group", np.int64),
        paused_until=_days(r.paused_until for r in records),
        last_contact_on=_days(r.last_contact_on for r in records),
        has_open_inquiry=_column(records, "has_open_inquiry", bool),
        has_seat=_column(records, "has_seat", bool),
        is_licensed=_column(records, "is_licensed", bool),
        approvals=np.array([approval_bits(r.approvals) for r in records], dtype=np.uint16),
        language_set=language_set,
        hours=pack_hours([r.working_hours for r in records]),
        wish_set=wish_set,
        wished_age_from=_column(records, "wished_age_from", np.int16),
        wished_age_to=_column(records, "wished_age_to", np.int16),
        wished_gender=_coded((r.wished_gender for r in records), GENDER_WISHES),
        prefers_group=_column(records, "prefers_group", bool),
        has_free_individual=np.array([r.free_individual_from is not None for r in records], dtype=bool),
        has_free_group=np.array([r.free_group_from is not None for r in records], dtype=bool),
        possibly_has_places=_column(records, "possibly_has_places", bool),
        knows_agency=_column(records, "knows_agency", bool),
        has_email=_column(records, "has_email", bool),
        region=np.array([_region(r.region) for r in records], dtype=np.int16),
        asked_count=_column(records, "asked_count", np.int32),
        accepted_count=_column(records, "accepted_count", np.int32),
        language_sets=languages,
        wish_sets=wishes,
    )


def pack_searches(records: Sequence[SearchRecord]) -> SearchColumns:
    languages, language_set = _distinct(r.languages or ASSUMED_LANGUAGES for r in records)
    codes = [icd.normalise(r.diagnosis or "") for r in records]
    diagnoses = tuple(sorted({code for code in codes if code is not None}))
    place: dict[str | None, int] = {code: number for number, code in enumerate(diagnoses)}
    return SearchColumns(
        id=_column(records, "id", np.int64),
        patient_id=_column(records, "patient_id", np.int64),
        latitude=_column(records, "latitude", np.float64),
        longitude=_column(records, "longitude", np.float64),
        birth_date=np.array([_yyyymmdd(r.birth_date) for r in records], dtype=np.int32),
        gender=_coded((r.gender for r in records), PATIENT_GENDERS),
        insurance=_coded((r.insurance for r in records), INSURANCES),
        is_kostenerstattung=_column(records, "is_kostenerstattung", bool),
        diagnosis=np.array([place.get(code, len(diagnoses)) for code in codes], dtype=np.int32),
        wished_gender=_coded((r.wished_gender for r in records), GENDER_WISHES),
        wished_methods=np.array([method_bits(r.wished_methods) for r in records], dtype=np.uint8),
        group_wish=_coded((r.group_wish for r in records), GROUP_WISHES),
        language_set=language_set,
        hours=pack_hours([r.availability for r in records]),
        travel_mode=_coded((r.travel_mode for r in records), TRAVEL_MODES),
        max_distance_km=_column(records, "max_distance_km", np.float64),
        max_travel_minutes=_column(records, "max_travel_minutes", np.float64),
        excluded=tuple(tuple(sorted(r.excluded_therapists)) for r in records),
        locked=tuple(tuple(sorted(r.locked_therapists)) for r in records),
        started_on=_days(r.started_on for r in records),
        open_requests=_column(records, "open_requests", np.int32),
        language_sets=languages,
        diagnoses=diagnoses,
    )


def method_bits(methods: Iterable[str]) -> int:
    return sum(1 << METHODS.index(method) for method in set(methods))


def has_member(sets: Sequence[frozenset[str]], others: Sequence[frozenset[str]]) -> np.ndarray:
    """Return a bool matrix (sets x others): do the two share a member?"""
    place = {code: number for number, code in enumerate(sorted(set(chain(*sets, *others))))}
    return _membership(sets, place) @ _membership(others, place).T > 0


def _membership(sets: Sequence[frozenset[str]], place: dict[str, int]) -> np.ndarray:
    matrix = np.zeros((len(sets), len(place)), dtype=np.float32)
    for row, members in enumerate(sets):
        matrix[row, [place[code] for code in members]] = 1
    return matrix


def _wished_codes(codes: Iterable[str]) -> tuple[str, ...] | None:
    """Blank entries are no wish; a wish nobody can read remains a wish, one that nothing meets."""
    wishes = [code for code in codes if code.strip()]
    readable = {canonical for code in wishes if (canonical := icd.normalise(code)) is not None}
    return tuple(sorted(readable)) if wishes else None


def _distinct(values: Iterable[Value]) -> tuple[tuple[Value, ...], np.ndarray]:
    """Return the distinct values in order of appearance, and the place of each value among them."""
    place: dict[Value, int] = {}
    places = [place.setdefault(value, len(place)) for value in values]
    return tuple(place), np.array(places, dtype=np.int32)


def _column(records: Sequence[Any], name: str, dtype: Any) -> np.ndarray:
    return np.array([getattr(record, name) for record in records], dtype=dtype)


def _coded(values: Iterable[str], codes: Sequence[str]) -> np.ndarray:
    place = {code: number for number, code in enumerate(codes)}
    return np.array([place[value] for value in values], dtype=np.int8)


def _days(values: Iterable[date | None]) -> np.ndarray:
    return np.array([value.toordinal() if value else 0 for value in values], dtype=np.int32)


def _yyyymmdd(value: date | None) -> int:
    return value.year * 10_000 + value.month * 100 + value.day if value else 0


def _region(plz_prefix: str) -> int:
    return int(plz_prefix) if plz_prefix.isascii() and plz_prefix.isdigit() else UNKNOWN_REGION

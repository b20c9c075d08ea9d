"""Therapists and searches as columns, the engine's input.

Packing records is one way to get columns; the loader fills the same classes straight from the database.
Every array has one row per therapist or search unless its comment says otherwise. Days are ordinals
(date.toordinal), 0 for none. Sets are bits: of approvals, methods and languages.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np

from apps.core import icd
from apps.matching.engine.geometry import unit_vectors
from apps.matching.engine.hours import HoursColumns, pack_hours
from apps.matching.engine.ragged import Ragged
from apps.matching.engine.reasons import Reason
from apps.matching.engine.records import Approval, SearchRecord, TherapistRecord
from apps.matching.engine.travel import TRAVEL_MODES, point_keys

METHODS = ("VT", "TP", "AP", "ST")
AGE_GROUPS = ("adults", "minors")
SETTINGS = ("individual", "group")
GENDERS = ("male", "female", "diverse", "unknown")
PATIENT_GENDERS = ("male", "female", "diverse", "not_stated")
GENDER_WISHES = ("male", "female", "any")  # the wish for GENDERS[i] has the code i
INSURANCES = ("gkv", "pkv", "beihilfe", "self_payer")
GROUP_WISHES = ("no", "also", "only")
LANGUAGES = (
    *("de", "en", "ar", "bs", "es", "fa", "fr", "el", "he", "it", "ku"),
    *("nl", "pl", "pt", "ro", "ru", "sgn", "tr", "uk", "vi", "zh"),
)
ASSUMED_LANGUAGES = 1 << LANGUAGES.index("de")
ALL_LANGUAGES = (1 << len(LANGUAGES)) - 1
UNKNOWN_REGION = -1
UNKNOWN_CODE = (1, 0)  # an empty range of ICD codes: meets nothing
MOST_SPREAD = 20  # largest id per therapist for which a table of ids is kept
ID_BITS = 32  # of a therapist's id; a ranking holds score and id in one number
LARGEST_ID = (1 << ID_BITS) - 1


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
    languages: np.ndarray  # uint32, bits of language_bits()
    hours: HoursColumns
    has_wish: np.ndarray  # bool, wishes certain diagnoses
    wishes: Ragged  # ranges of ICD codes wished: int32 (ranges, 2), first and last full code
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
    practice: np.ndarray  # int64, main practice, 0 = none
    asked_count: np.ndarray  # int32
    accepted_count: np.ndarray  # int32

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def points(self) -> np.ndarray:
        """Where each works, int64; see `geocoding.travel.point_keys`."""
        return point_keys(self.latitude, self.longitude)

    def positions_of(self, ids: np.ndarray) -> np.ndarray:
        """Return the rows of therapist ids, int64; -1 for an id that is not among them."""
        if not len(self):
            return np.full(len(ids), -1)
        if self._row_of_id is not None:
            return self._row_of_id[np.where((ids < 0) | (ids >= len(self._row_of_id)), -1, ids)]
        order = self._id_order
        place = np.minimum(np.searchsorted(self.id, ids, sorter=order), len(self) - 1)
        return np.where(self.id[order[place]] == ids, order[place], -1)

    @cached_property
    def _row_of_id(self) -> np.ndarray | None:
        """A table instead of a search, unless ids are far apart; the last place is for unknown ids."""
        largest = int(self.id.max())
        if int(self.id.min()) < 0 or largest > MOST_SPREAD * len(self):
            return None
        table = np.full(largest + 2, -1)
        table[self.id] = np.arange(len(self))
        return table

    @cached_property
    def _id_order(self) -> np.ndarray:
        return np.argsort(self.id, kind="stable")

    def take(self, rows: np.ndarray) -> "TherapistColumns":
        return TherapistColumns(**_taken(self, rows))

    def replaced(self, rows: np.ndarray, others: "TherapistColumns") -> "TherapistColumns":
        """Return a copy in which these rows are those of the others."""
        return TherapistColumns(**_replaced(self, rows, others))

    def joined(self, others: "TherapistColumns") -> "TherapistColumns":
        """Return these therapists followed by the others."""
        return TherapistColumns(**_joined(self, others))


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
    diagnosis: np.ndarray  # int32 (n, 2), first and last full ICD code; UNKNOWN_CODE = unknown or unreadable
    wished_gender: np.ndarray  # int8, place in GENDER_WISHES
    wished_methods: np.ndarray  # uint8, bit i = METHODS[i]; 0 = any
    group_wish: np.ndarray  # int8, place in GROUP_WISHES
    languages: np.ndarray  # uint32, bits of language_bits()
    hours: HoursColumns
    travel_mode: np.ndarray  # int8, place in TRAVEL_MODES
    max_distance_km: np.ndarray  # float64, NaN = none
    max_travel_minutes: np.ndarray  # float64, NaN = none
    turned_down: Ragged  # int64 (pairs, 2): therapist id and bits of the reasons of rule 3
    measured: Ragged  # int64 (pairs, 2): point of a destination, once per search, and minutes to it
    started_on: np.ndarray  # int32 day
    open_requests: np.ndarray  # int32

    def __len__(self) -> int:
        return len(self.id)

    @cached_property
    def vectors(self) -> np.ndarray:
        return unit_vectors(self.latitude, self.longitude)

    def take(self, rows: np.ndarray) -> "SearchColumns":
        """Return the columns of some searches; a row may come several times."""
        return SearchColumns(**_taken(self, rows))

    def one(self, index: int) -> "SearchColumns":
        """Return the columns of a single search."""
        return self.take(np.array([index]))

    def joined(self, others: "SearchColumns") -> "SearchColumns":
        """Return these searches followed by the others."""
        return SearchColumns(**_joined(self, others))


def approval_bits(approvals: Iterable[Approval]) -> int:
    """Return a set of approvals as bits: method varies fastest, then age group, then setting."""
    bits = 0
    for method, age_group, setting in approvals:
        place = METHODS.index(method) + 4 * AGE_GROUPS.index(age_group) + 8 * SETTINGS.index(setting)
        bits |= 1 << place
    return bits


def method_bits(methods: Iterable[str]) -> int:
    return sum(1 << METHODS.index(method) for method in set(methods))


def language_bits(codes: Iterable[str] | None) -> int:
    """Return languages as bits; German is assumed where nothing is said."""
    return sum(1 << LANGUAGES.index(code) for code in set(codes or ())) or ASSUMED_LANGUAGES


def diagnosis_range(code: str | None) -> tuple[int, int]:
    """Return the first and last full ICD code a diagnosis stands for; UNKNOWN_CODE where it says nothing."""
    canonical = icd.normalise(code or "")
    return icd.code_range(canonical) if canonical else UNKNOWN_CODE


def wished_ranges(codes: Iterable[str]) -> list[tuple[int, int]] | None:
    """Return the ranges of ICD codes a therapist wishes, None without a wish.

    Blank entries are no wish; a wish nobody can read remains a wish, one that nothing meets.
    """
    wishes = [code for code in codes if code.strip()]
    readable = {canonical for code in wishes if (canonical := icd.normalise(code)) is not None}
    return [icd.code_range(code) for code in sorted(readable)] if wishes else None


def pack_therapists(records: Sequence[TherapistRecord]) -> TherapistColumns:
    wishes = [wished_ranges(r.wished_diagnoses) for r in records]
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
        languages=np.array([language_bits(r.languages) for r in records], dtype=np.uint32),
        hours=pack_hours([r.working_hours for r in records]),
        has_wish=np.array([ranges is not None for ranges in wishes], dtype=bool),
        wishes=Ragged.pack([ranges or [] for ranges in wishes], width=2, dtype=np.int32),
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
        practice=_column(records, "practice", np.int64),
        asked_count=_column(records, "asked_count", np.int32),
        accepted_count=_column(records, "accepted_count", np.int32),
    )


def pack_searches(records: Sequence[SearchRecord]) -> SearchColumns:
    return SearchColumns(
        id=_column(records, "id", np.int64),
        patient_id=_column(records, "patient_id", np.int64),
        latitude=_column(records, "latitude", np.float64),
        longitude=_column(records, "longitude", np.float64),
        birth_date=np.array([_yyyymmdd(r.birth_date) for r in records], dtype=np.int32),
        gender=_coded((r.gender for r in records), PATIENT_GENDERS),
        insurance=_coded((r.insurance for r in records), INSURANCES),
        is_kostenerstattung=_column(records, "is_kostenerstattung", bool),
        diagnosis=np.array([diagnosis_range(r.diagnosis) for r in records], dtype=np.int32).reshape(-1, 2),
        wished_gender=_coded((r.wished_gender for r in records), GENDER_WISHES),
        wished_methods=np.array([method_bits(r.wished_methods) for r in records], dtype=np.uint8),
        group_wish=_coded((r.group_wish for r in records), GROUP_WISHES),
        languages=np.array([language_bits(r.languages) for r in records], dtype=np.uint32),
        hours=pack_hours([r.availability for r in records]),
        travel_mode=_coded((r.travel_mode for r in records), TRAVEL_MODES),
        max_distance_km=_column(records, "max_distance_km", np.float64),
        max_travel_minutes=_column(records, "max_travel_minutes", np.float64),
        turned_down=Ragged.pack([_turned_down(r) for r in records], width=2, dtype=np.int64),
        measured=Ragged.pack([sorted(dict(r.measured).items()) for r in records], width=2, dtype=np.int64),
        started_on=_days(r.started_on for r in records),
        open_requests=_column(records, "open_requests", np.int32),
    )


def _turned_down(record: SearchRecord) -> list[tuple[int, int]]:
    excluded = [(pk, Reason.EXCLUDED_BY_PATIENT.bit) for pk in sorted(record.excluded_therapists)]
    return excluded + [(pk, Reason.LOCKED_AFTER_REJECTION.bit) for pk in sorted(record.locked_therapists)]


def _taken(columns: Any, rows: np.ndarray) -> dict[str, Any]:
    values = {field.name: getattr(columns, field.name) for field in fields(columns)}
    return {
        name: value[rows] if isinstance(value, np.ndarray) else value.take(rows)
        for name, value in values.items()
    }


def _joined(columns: Any, others: Any) -> dict[str, Any]:
    both: dict[str, Any] = {}
    for field in fields(columns):
        first, second = getattr(columns, field.name), getattr(others, field.name)
        is_plain = isinstance(first, np.ndarray)
        both[field.name] = np.concatenate([first, second]) if is_plain else first.joined(second)
    return both


def _replaced(columns: Any, rows: np.ndarray, others: Any) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for field in fields(columns):
        old, new = getattr(columns, field.name), getattr(others, field.name)
        changed[field.name] = (
            with_rows(old, rows, new) if isinstance(old, np.ndarray) else old.replaced(rows, new)
        )
    return changed


def with_rows(column: np.ndarray, rows: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return a copy with other values in these rows, the column itself where nothing differs."""
    is_float = column.dtype.kind == "f"
    if np.array_equal(column[rows], values, equal_nan=is_float):
        return column
    changed = column.copy()
    changed[rows] = values
    return changed


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

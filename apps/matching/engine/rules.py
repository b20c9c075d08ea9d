"""Rules 2 to 9 as failure masks of (search, therapist) pairs.

A rule looks at few distinct values on either side: twelve kinds of insurance and licence, a few hundred
sets of approvals. So each is decided once per pair of classes, in a table, and a pair of search and
therapist is a look-up.
"""

from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from itertools import chain

import numpy as np

from apps.matching.engine import icd
from apps.matching.engine.columns import (
    GENDERS,
    GROUP_WISHES,
    INSURANCES,
    PATIENT_GENDERS,
    SearchColumns,
    TherapistColumns,
    has_member,
)
from apps.matching.engine.reasons import Reason
from apps.matching.engine.records import Parameters

NEEDS_SEAT, NEEDS_PRIVATE, NEEDS_LICENCE = range(3)
ANY_GENDER = 2
AGE_UNKNOWN, MINOR, EITHER, ADULT = range(4)
UNKNOWN_AGE = -1

# Bits of approval_bits(): method + 4 x age group + 8 x setting.
ADMISSIBLE_APPROVALS = np.array([0, 0xF0F0, 0xFFFF, 0x0F0F], dtype=np.uint16)  # by age class
SETTING_APPROVALS = np.array([0x00FF, 0xFFFF, 0xFF00], dtype=np.uint16)  # by group wish
ONE_METHOD_EVERYWHERE = 0x1111


@dataclass(frozen=True)
class ClassTable:
    """Failures by the class of the search and the class of the therapist."""

    failures: np.ndarray  # uint32 (search classes, therapist classes)
    search_class: np.ndarray  # (searches,)
    therapist_class: np.ndarray  # (therapists,)
    flat: np.ndarray = field(init=False)
    row_start: np.ndarray = field(init=False)
    column: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "flat", np.ascontiguousarray(self.failures, dtype=np.uint32).ravel())
        object.__setattr__(self, "row_start", self.search_class.astype(np.int64) * self.failures.shape[1])
        object.__setattr__(self, "column", self.therapist_class.astype(np.int64))

    def of_pairs(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        return self.flat[self.row_start[s] + self.column[t]]


@dataclass(frozen=True)
class Exclusions:
    """Rule 3: pairs excluded or locked. The key of a pair is search x number of therapists + therapist."""

    key: np.ndarray  # int64, ascending, each once
    failures: np.ndarray  # uint32
    therapist_count: int

    def of_pairs(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return the failures of pairs that are sorted by search."""
        result = np.zeros(len(s), dtype=np.uint32)
        if not len(s):
            return result
        bounds = np.array([s[0], s[-1] + 1]) * self.therapist_count
        keys = self.key[slice(*np.searchsorted(self.key, bounds))]
        if keys.size:
            self._fill(result, s, t, int(np.searchsorted(self.key, bounds[0])), keys)
        return result

    def _fill(self, result: np.ndarray, s: np.ndarray, t: np.ndarray, offset: int, keys: np.ndarray) -> None:
        """Look up exactly only the few pairs whose therapist is named by any of these searches."""
        is_named = np.zeros(self.therapist_count, dtype=bool)
        is_named[keys % self.therapist_count] = True
        pairs = np.flatnonzero(is_named[t])
        wanted = s[pairs] * self.therapist_count + t[pairs]
        place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        found = keys[place] == wanted
        result[pairs[found]] = self.failures[offset + place[found]]


@dataclass(frozen=True)
class Rules:
    """Rules 2 to 9, prepared for all pairs of some searches and therapists on one day."""

    therapist_failures: np.ndarray  # uint32 (therapists,), rule 2
    exclusions: Exclusions
    tables: tuple[ClassTable, ...]

    def failures(self, s: np.ndarray, t: np.ndarray) -> np.ndarray:
        """Return uint32 failure masks of pairs that are sorted by search."""
        result = self.therapist_failures[t]
        result |= self.exclusions.of_pairs(s, t)
        for table in self.tables:
            result |= table.of_pairs(s, t)
        return result


def prepare_rules(
    searches: SearchColumns, therapists: TherapistColumns, parameters: Parameters, today: date
) -> Rules:
    ages = ages_on(searches.birth_date, today)
    tables = (
        _trait_table(searches, therapists),
        approval_table(searches, therapists, ages),
        _age_wish_table(therapists, ages),
        _diagnosis_table(searches, therapists),
        _language_table(searches, therapists),
    )
    contact = contact_failures(therapists, parameters, today)
    return Rules(contact, _exclusions(searches, therapists), tables)


def ages_on(birth_date: np.ndarray, today: date) -> np.ndarray:
    """Return completed years, -1 where the birth date is unknown or lies ahead.

    Whoever is born on 29 February completes a year at the end of 28 February, so is older from 1 March.
    """
    day = today.year * 10_000 + today.month * 100 + today.day
    return np.where((birth_date == 0) | (birth_date > day), UNKNOWN_AGE, (day - birth_date) // 10_000)


@lru_cache(maxsize=2)
def contact_failures(therapists: TherapistColumns, parameters: Parameters, today: date) -> np.ndarray:
    """Rule 2. Pause, interval and open inquiry hold for everybody in a contact group."""
    day, group = today.toordinal(), therapists.group_index
    paused_until = _latest_in_group(therapists.paused_until, group)
    last_contact_on = _latest_in_group(therapists.last_contact_on, group)
    has_inquiry = np.bincount(group, weights=therapists.has_open_inquiry)[group] > 0
    had_contact = (last_contact_on > 0) & (day - last_contact_on < parameters.contact_interval_days)
    return (
        _failing(~therapists.is_active, Reason.THERAPIST_INACTIVE)
        | _failing(therapists.is_blocked, Reason.THERAPIST_BLOCKED)
        | _failing(~therapists.is_verified, Reason.NOT_REVIEWED)
        | _failing(therapists.do_not_contact, Reason.DO_NOT_CONTACT)
        | _failing(day <= paused_until, Reason.CONTACT_PAUSE)
        | _failing(had_contact, Reason.CONTACTED_RECENTLY)
        | _failing(has_inquiry, Reason.OPEN_INQUIRY)
    )


def approval_table(searches: SearchColumns, therapists: TherapistColumns, ages: np.ndarray) -> ClassTable:
    """Rules 5 and 6 are joint: one approval must fit age, method and setting. The first to fail is told."""
    age_class = np.select([ages < 0, ages < 18, ages < 21], [AGE_UNKNOWN, MINOR, EITHER], ADULT)
    distinct, therapist_class = therapists.approval_class
    shape = (len(ADMISSIBLE_APPROVALS), 16, len(SETTING_APPROVALS))
    age, methods, setting = np.indices(shape).reshape(3, -1, 1)
    of_age = distinct & ADMISSIBLE_APPROVALS[age]
    of_method = of_age & np.where(methods == 0, 0xFFFF, methods * ONE_METHOD_EVERYWHERE)
    of_setting = of_method & SETTING_APPROVALS[setting]
    failures = np.select(
        [np.broadcast_to(age == AGE_UNKNOWN, of_age.shape), of_age == 0, of_method == 0, of_setting == 0],
        _bits(
            Reason.AGE_UNKNOWN,
            Reason.AGE_NOT_TREATED,
            Reason.METHOD_NOT_OFFERED,
            Reason.SETTING_NOT_OFFERED,
        ),
        0,
    )
    search_class = np.ravel_multi_index((age_class, searches.wished_methods, searches.group_wish), shape)
    return ClassTable(failures, search_class, therapist_class)


def _trait_table(searches: SearchColumns, therapists: TherapistColumns) -> ClassTable:
    is_refunded = searches.is_kostenerstattung
    for_statutory = np.where(is_refunded, NEEDS_PRIVATE, NEEDS_SEAT)
    need = np.where(searches.insurance == INSURANCES.index("gkv"), for_statutory, NEEDS_LICENCE)
    search_traits = (need, searches.wished_gender, searches.gender, searches.group_wish)
    return ClassTable(
        _trait_failures(),
        np.ravel_multi_index(search_traits, SEARCH_TRAITS),
        _therapist_trait_class(therapists),
    )


SEARCH_TRAITS = (3, 3, len(PATIENT_GENDERS), len(GROUP_WISHES))
THERAPIST_TRAITS = (2, 2, len(GENDERS), 3, 2)


@lru_cache(maxsize=2)
def _therapist_trait_class(therapists: TherapistColumns) -> np.ndarray:
    traits = (
        therapists.has_seat.astype(np.int8),
        therapists.is_licensed.astype(np.int8),
        therapists.gender,
        therapists.wished_gender,
        therapists.prefers_group.astype(np.int8),
    )
    return np.ravel_multi_index(traits, THERAPIST_TRAITS)


@cache
def _trait_failures() -> np.ndarray:
    """Rules 4 and 7, and "group only" of rule 6."""
    need, wished_gender, patient_gender, group_wish = np.indices(SEARCH_TRAITS).reshape(4, -1, 1)
    has_seat, is_licensed, gender, wished_patient, prefers_group = np.indices(THERAPIST_TRAITS).reshape(5, -1)
    has_wish = wished_gender != ANY_GENDER
    is_unknown = gender == GENDERS.index("unknown")
    refuses_patient = (wished_patient != ANY_GENDER) & (wished_patient != patient_gender)
    wants_no_group = group_wish == GROUP_WISHES.index("no")
    return (
        _failing((need == NEEDS_SEAT) & (has_seat == 0), Reason.NO_SEAT)
        | _failing((need == NEEDS_PRIVATE) & (has_seat == 1), Reason.PRIVATE_WANTED)
        | _failing((need != NEEDS_SEAT) & (is_licensed == 0), Reason.NOT_LICENSED)
        | _failing(wants_no_group & (prefers_group == 1), Reason.GROUP_ONLY)
        | _failing(has_wish & is_unknown, Reason.THERAPIST_GENDER_UNKNOWN)
        | _failing(has_wish & ~is_unknown & (gender != wished_gender), Reason.THERAPIST_GENDER)
        | _failing(refuses_patient, Reason.PATIENT_GENDER)
    )


def _age_wish_table(therapists: TherapistColumns, ages: np.ndarray) -> ClassTable:
    """Rule 8, age range. An unknown age already fails rule 5 and is not told twice."""
    distinct_ages, search_class = np.unique(ages, return_inverse=True)
    (wishes, therapist_class), age = therapists.age_wish_class, distinct_ages[:, np.newaxis]
    too_young = (wishes[:, 0] > 0) & (age < wishes[:, 0])
    too_old = (wishes[:, 1] > 0) & (age > wishes[:, 1])
    failures = _failing((age >= 0) & (too_young | too_old), Reason.PATIENT_AGE_RANGE)
    return ClassTable(failures, search_class, therapist_class)


def _diagnosis_table(searches: SearchColumns, therapists: TherapistColumns) -> ClassTable:
    """Rule 8, diagnoses. The last row is for an unknown diagnosis."""
    is_wished = icd.coverage([wish or () for wish in therapists.wish_sets], searches.diagnoses).T
    has_wish = np.array([wish is not None for wish in therapists.wish_sets], dtype=bool)
    known = _failing(~is_wished & has_wish, Reason.DIAGNOSIS_NOT_WISHED)
    unknown = _failing(has_wish[np.newaxis], Reason.DIAGNOSIS_UNKNOWN)
    return ClassTable(np.concatenate([known, unknown]), searches.diagnosis, therapists.wish_set)


def _language_table(searches: SearchColumns, therapists: TherapistColumns) -> ClassTable:
    is_shared = has_member(searches.language_sets, therapists.language_sets)
    failures = _failing(~is_shared, Reason.NO_COMMON_LANGUAGE)
    return ClassTable(failures, searches.language_set, therapists.language_set)


def _exclusions(searches: SearchColumns, therapists: TherapistColumns) -> Exclusions:
    parts = [
        _named_pairs(searches.excluded, therapists, Reason.EXCLUDED_BY_PATIENT),
        _named_pairs(searches.locked, therapists, Reason.LOCKED_AFTER_REJECTION),
    ]
    key, place = np.unique(np.concatenate([keys for keys, _ in parts]), return_inverse=True)
    failures = np.zeros(len(key), dtype=np.uint32)
    np.bitwise_or.at(failures, place, np.concatenate([bits for _, bits in parts]))
    return Exclusions(key, failures, len(therapists))


def _named_pairs(
    ids_by_search: tuple[tuple[int, ...], ...], therapists: TherapistColumns, reason: Reason
) -> tuple[np.ndarray, np.ndarray]:
    counts = np.array([len(ids) for ids in ids_by_search], dtype=np.int64)
    ids = np.fromiter(chain.from_iterable(ids_by_search), dtype=np.int64, count=counts.sum())
    search, therapist = np.repeat(np.arange(len(counts)), counts), therapists.positions_of(ids)
    key = (search * len(therapists) + therapist)[therapist >= 0]
    return key, np.full(len(key), reason.bit, dtype=np.uint32)


def _latest_in_group(day: np.ndarray, group: np.ndarray) -> np.ndarray:
    latest = np.zeros(len(group), dtype=day.dtype)
    np.maximum.at(latest, group, day)
    return latest[group]


def _failing(condition: np.ndarray, reason: Reason) -> np.ndarray:
    return condition * np.uint32(reason.bit)


def _bits(*reasons: Reason) -> list[np.uint32]:
    return [np.uint32(reason.bit) for reason in reasons]

"""The rules about one search and one therapist, as compiled functions of plain numbers.

Each returns the bits of the reasons that speak against the pair, 0 if none. Rule 1 is `reach`, rule 10 and
the order in which pairs are looked at is `kernel`; what a rule needs of either side is prepared in `sides`.
"""

from functools import cache

import numpy as np

from apps.matching.engine.columns import GENDERS, GROUP_WISHES, PATIENT_GENDERS
from apps.matching.engine.compiled import inlined
from apps.matching.engine.reasons import Reason

NEEDS_SEAT, NEEDS_PRIVATE, NEEDS_LICENCE = range(3)
ANY_GENDER = 2
UNKNOWN_AGE = -1

# Bits of approval_bits(): method + 4 x age group + 8 x setting.
OF_ADULTS, OF_MINORS, OF_ANYBODY = 0x0F0F, 0xF0F0, 0xFFFF
OF_SETTING = np.array([0x00FF, 0xFFFF, 0xFF00], dtype=np.uint16)  # by group wish
ONE_METHOD_EVERYWHERE = 0x1111

SEARCH_TRAITS = (3, 3, len(PATIENT_GENDERS), len(GROUP_WISHES))
THERAPIST_TRAITS = (2, 2, len(GENDERS), 3, 2)

_NONE = np.uint32(0)
_AGE_UNKNOWN = np.uint32(Reason.AGE_UNKNOWN.bit)
_AGE_NOT_TREATED = np.uint32(Reason.AGE_NOT_TREATED.bit)
_METHOD_NOT_OFFERED = np.uint32(Reason.METHOD_NOT_OFFERED.bit)
_SETTING_NOT_OFFERED = np.uint32(Reason.SETTING_NOT_OFFERED.bit)
_PATIENT_AGE_RANGE = np.uint32(Reason.PATIENT_AGE_RANGE.bit)
_DIAGNOSIS_UNKNOWN = np.uint32(Reason.DIAGNOSIS_UNKNOWN.bit)
_DIAGNOSIS_NOT_WISHED = np.uint32(Reason.DIAGNOSIS_NOT_WISHED.bit)
_NO_COMMON_LANGUAGE = np.uint32(Reason.NO_COMMON_LANGUAGE.bit)


@inlined
def approval_failure(age: int, admissible: int, methods: int, setting: int, approvals: int) -> np.uint32:
    """Rules 5 and 6 are joint: one approval must fit age, method and setting. The first to fail is told."""
    if age == UNKNOWN_AGE:
        return _AGE_UNKNOWN
    of_age = approvals & admissible
    of_method = of_age & methods
    failure = _NONE if of_method & setting else _SETTING_NOT_OFFERED
    failure = failure if of_method else _METHOD_NOT_OFFERED
    return failure if of_age else _AGE_NOT_TREATED


@inlined
def age_wish_failure(age: int, wished_from: int, wished_to: int) -> np.uint32:
    """Rule 8, age range; 0 is no bound. An unknown age already fails rule 5 and is not told twice."""
    is_outside = (age < wished_from) | ((wished_to > 0) & (age > wished_to))
    return _PATIENT_AGE_RANGE if (age != UNKNOWN_AGE) & is_outside else _NONE


@inlined
def diagnosis_failure(
    first: int,
    last: int,
    low_categories: int,
    high_categories: int,
    has_wish: bool,
    low_whole: int,
    high_whole: int,
    has_fine: bool,
    wishes: np.ndarray,
    begin: int,
    end: int,
) -> np.uint32:
    """Rule 8, diagnoses: a wish is met when it shares a full code with the diagnosis (see core.icd).

    Whole categories of chapter F, which nearly all wishes are, are bits; only what is finer, or of another
    chapter, is compared range by range.
    """
    if not has_wish:
        return _NONE
    if last < first:
        return _DIAGNOSIS_UNKNOWN
    is_met = (low_whole & low_categories) | (high_whole & high_categories) != 0
    if has_fine and not is_met:
        for number in range(np.uint64(begin), np.uint64(end)):
            is_met |= (wishes[number, 0] <= last) & (first <= wishes[number, 1])
    return _NONE if is_met else _DIAGNOSIS_NOT_WISHED


@inlined
def language_failure(understood: int, spoken: int) -> np.uint32:
    """Rule 9."""
    return _NONE if understood & spoken else _NO_COMMON_LANGUAGE


@cache
def trait_failures() -> np.ndarray:
    """Rules 4 and 7, and "group only" of rule 6, for all pairs of traits.

    Return uint32 (108, 96), by places in SEARCH_TRAITS (need of a seat or licence, wished gender, own gender,
    group wish) and THERAPIST_TRAITS (seat, licence, gender, wished gender, prefers group).
    """
    need, wished_gender, patient_gender, group_wish = np.indices(SEARCH_TRAITS).reshape(4, -1, 1)
    has_seat, is_licensed, gender, wished_patient, prefers_group = np.indices(THERAPIST_TRAITS).reshape(5, -1)
    has_wish = wished_gender != ANY_GENDER
    is_unknown = gender == GENDERS.index("unknown")
    refuses_patient = (wished_patient != ANY_GENDER) & (wished_patient != patient_gender)
    wants_no_group = group_wish == GROUP_WISHES.index("no")
    return (
        failing((need == NEEDS_SEAT) & (has_seat == 0), Reason.NO_SEAT)
        | failing((need == NEEDS_PRIVATE) & (has_seat == 1), Reason.PRIVATE_WANTED)
        | failing((need != NEEDS_SEAT) & (is_licensed == 0), Reason.NOT_LICENSED)
        | failing(wants_no_group & (prefers_group == 1), Reason.GROUP_ONLY)
        | failing(has_wish & is_unknown, Reason.THERAPIST_GENDER_UNKNOWN)
        | failing(has_wish & ~is_unknown & (gender != wished_gender), Reason.THERAPIST_GENDER)
        | failing(refuses_patient, Reason.PATIENT_GENDER)
    )


def failing(condition: np.ndarray, reason: Reason) -> np.ndarray:
    return condition * np.uint32(reason.bit)

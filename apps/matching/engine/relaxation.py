"""What blocks a search: how many more candidates each relaxed wish of the patient would bring."""

from dataclasses import replace
from datetime import date

import numpy as np

from apps.matching.engine import reach
from apps.matching.engine.columns import GROUP_WISHES, SearchColumns, TherapistColumns
from apps.matching.engine.matching import Evaluation, evaluate
from apps.matching.engine.reach import Reach
from apps.matching.engine.reasons import REASONS, Reason, mask_of
from apps.matching.engine.records import Parameters
from apps.matching.engine.rules import ages_on, approval_table
from apps.matching.engine.travel import MINUTES_PER_KM

EXTRA_KM = (5, 10, 20)
_OF_APPROVALS = (Reason.METHOD_NOT_OFFERED, Reason.SETTING_NOT_OFFERED)
_LOCATION = mask_of(Reason.LOCATION_UNKNOWN, Reason.TOO_FAR)

RELAXATIONS: dict[str, Reason] = {
    **{f"distance_plus_{extra_km}_km": Reason.TOO_FAR for extra_km in EXTRA_KM},
    "any_method": Reason.METHOD_NOT_OFFERED,
    "any_therapist_gender": Reason.THERAPIST_GENDER,
    "group_also": Reason.SETTING_NOT_OFFERED,
    "any_language": Reason.NO_COMMON_LANGUAGE,
    "any_hours": Reason.NO_COMMON_TIME,
    "no_exclusions": Reason.EXCLUDED_BY_PATIENT,
}
"""Every relaxed wish and the reason it takes away, in the order in which equals are told."""


def what_if(
    searches: SearchColumns, index: int, therapists: TherapistColumns, parameters: Parameters, today: date
) -> dict[str, int]:
    """Return, for each of RELAXATIONS, how many therapists it would add to the candidates; one at a time.

    Extra kilometres widen a limit in minutes by the time they take.
    """
    result = evaluate(searches, index, therapists, parameters, today)
    return _gains(searches.one(index), therapists, parameters, today, result)


def blocking_reason(
    searches: SearchColumns, index: int, therapists: TherapistColumns, parameters: Parameters, today: date
) -> Reason | None:
    """Return what keeps a search from having candidates, None if it has some.

    That is the reason whose relaxed wish brings most. If no single wish helps, it is the commonest reason
    among the therapists in reach; and if nobody is in reach, the commonest reason of location.
    """
    result = evaluate(searches, index, therapists, parameters, today)
    if result.is_candidate.any():
        return None
    gains = _gains(searches.one(index), therapists, parameters, today, result)
    best = max(gains, key=gains.__getitem__)
    return RELAXATIONS[best] if gains[best] else _commonest(result.failures)


def _gains(
    search: SearchColumns,
    therapists: TherapistColumns,
    parameters: Parameters,
    today: date,
    result: Evaluation,
) -> dict[str, int]:
    """Take the reasons of the relaxed wish out of the masks; judge anew only what that wish decides."""
    ages = ages_on(search.birth_date, today)
    near = Reach(result.distance_km, result.travel_minutes)
    masks = {
        f"distance_plus_{extra_km}_km": _reached(search, near, parameters, result.failures, extra_km)
        for extra_km in EXTRA_KM
    }
    masks |= {
        "any_method": _approved(_any_method(search), therapists, ages, result.failures),
        "any_therapist_gender": _without(
            result.failures, Reason.THERAPIST_GENDER, Reason.THERAPIST_GENDER_UNKNOWN
        ),
        "group_also": _approved(
            _group_also(search), therapists, ages, _without(result.failures, Reason.GROUP_ONLY)
        ),
        "any_language": _without(result.failures, Reason.NO_COMMON_LANGUAGE),
        "any_hours": _without(result.failures, Reason.NO_COMMON_TIME),
        "no_exclusions": _without(result.failures, Reason.EXCLUDED_BY_PATIENT),
    }
    before = np.count_nonzero(result.is_candidate)
    return {name: int(np.count_nonzero(mask == 0) - before) for name, mask in masks.items()}


def _reached(
    search: SearchColumns, near: Reach, parameters: Parameters, failures: np.ndarray, extra_km: int
) -> np.ndarray:
    extra_minutes = extra_km * MINUTES_PER_KM[search.travel_mode]
    limits = reach.limits_of(search, parameters).widened(extra_km, extra_minutes)
    only = np.zeros(len(failures), dtype=np.int64)
    return _without(failures, Reason.TOO_FAR) | reach.location_failures(near, limits, only)


def _approved(
    search: SearchColumns, therapists: TherapistColumns, ages: np.ndarray, failures: np.ndarray
) -> np.ndarray:
    """Judge method and setting anew: a therapist told to lack the method may also lack the setting."""
    everybody = np.arange(len(therapists))
    table = approval_table(search, therapists, ages)
    return _without(failures, *_OF_APPROVALS) | table.of_pairs(np.zeros_like(everybody), everybody)


def _any_method(search: SearchColumns) -> SearchColumns:
    return replace(search, wished_methods=np.zeros_like(search.wished_methods))


def _group_also(search: SearchColumns) -> SearchColumns:
    return replace(search, group_wish=np.full_like(search.group_wish, GROUP_WISHES.index("also")))


def _without(failures: np.ndarray, *reasons: Reason) -> np.ndarray:
    return failures & ~np.uint32(mask_of(*reasons))


def _commonest(failures: np.ndarray) -> Reason:
    in_reach = failures[(failures & np.uint32(_LOCATION)) == 0]
    if in_reach.size == 0:
        unknown = np.count_nonzero(failures & np.uint32(Reason.LOCATION_UNKNOWN.bit))
        return Reason.LOCATION_UNKNOWN if unknown > len(failures) - unknown else Reason.TOO_FAR
    counts = [np.count_nonzero(in_reach & np.uint32(reason.bit)) for reason in REASONS]
    return REASONS[int(np.argmax(counts))]

"""The result of all searches, kept up to date: only what depends on a change is worked out again.

A changed search is matched anew. A changed therapist is judged, before and after the change, for every
search; counts follow from the two judgements, and only a search whose list of best candidates is touched is
matched anew. The result is the same to the bit as that of matching everything.
"""

from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np

from apps.matching.engine import reach
from apps.matching.engine.columns import SearchColumns
from apps.matching.engine.geometry import EARTH_RADIUS_KM, unit_vectors
from apps.matching.engine.kernel import key_of
from apps.matching.engine.matching import Standing, judge_everywhere, select_from
from apps.matching.engine.reasons import REASONS, Reason
from apps.matching.engine.sides import Therapists

MOST_CHANGED = 20  # therapists; above, matching everything is as quick
_LOCATION = np.uint32(Reason.LOCATION_UNKNOWN.bit | Reason.TOO_FAR.bit)


@dataclass(frozen=True)
class Judged:
    """Changed therapists against all searches: (searches, therapists)."""

    failures: np.ndarray  # uint32
    key: np.ndarray  # int64, -1 for who is no candidate


def after_therapists(
    standing: Standing, searches: SearchColumns, old: Therapists, new: Therapists, rows: np.ndarray
) -> Standing:
    """Return the standing after these rows of the therapists changed; both sides have the same therapists."""
    near = _near(searches, new, rows)
    around = searches.take(near)
    before, after = _judged(around, old, rows), _judged(around, new, rows)
    standing = _counted(standing, near, before, after)
    touched = near[_is_touched(standing.keys[near], before.key, after.key)]
    keys = standing.keys.copy()
    keys[touched] = select_from(searches.take(touched), new, keys.shape[1]).keys
    return replace(standing, keys=keys)


def after_searches(
    standing: Standing, source: np.ndarray, searches: SearchColumns, therapists: Therapists
) -> Standing:
    """Return the standing of other searches: row i is row source[i] of the old one, new where that is -1."""
    known = np.maximum(source, 0)
    kept = Standing.empty(len(source), standing.keys.shape[1])
    if len(standing.keys):
        kept = Standing(*(column[known] for column in standing.columns()))
    changed = np.flatnonzero(source < 0)
    fresh = select_from(searches.take(changed), therapists, standing.keys.shape[1])
    for column, values in zip(kept.columns(), fresh.columns(), strict=True):
        column[changed] = values
    return kept


def _near(searches: SearchColumns, therapists: Therapists, rows: np.ndarray) -> np.ndarray:
    """Return the searches that have any of these therapists in reach; nobody else can be concerned."""
    limit = reach.limits_of(searches, therapists.parameters).radius_km / EARTH_RADIUS_KM
    columns = therapists.columns
    is_near = np.zeros(len(searches), dtype=bool)
    for vector in unit_vectors(columns.latitude[rows], columns.longitude[rows]).T:
        difference = searches.vectors - vector[:, np.newaxis]
        is_near |= np.einsum("ij,ij->j", difference, difference) <= limit**2  # chord < arc
    measured = searches.measured  # a way may be quicker than the circle of the estimate allows for
    is_near[measured.row[np.isin(measured.values[:, 0], columns.points[rows])]] = True
    return np.flatnonzero(is_near)


def _judged(searches: SearchColumns, therapists: Therapists, rows: np.ndarray) -> Judged:
    failures, units = judge_everywhere(searches, therapists, rows)
    key = cast(Any, key_of).py_func(units, therapists.columns.id[rows])
    return Judged(failures, np.where(failures == 0, key, -1))


def _counted(standing: Standing, near: np.ndarray, before: Judged, after: Judged) -> Standing:
    """Take the pairs whose verdict changed out of the counts as they were, and put them in as they are."""
    pair, therapist = np.nonzero(before.failures != after.failures)
    if not len(pair):
        return standing
    search, keys = near[pair], standing.keys
    candidates, in_reach, rejected = (column.copy() for column in standing.columns()[1:])
    for judged, sign in ((before, -1), (after, 1)):
        masks = judged.failures[pair, therapist]
        is_in_reach = (masks & _LOCATION) == 0
        np.add.at(candidates, search[masks == 0], sign)
        np.add.at(in_reach, search[is_in_reach], sign)
        for place, reason in enumerate(REASONS):
            fails = is_in_reach & ((masks & np.uint32(reason.bit)) != 0)
            np.add.at(rejected[:, place], search[fails], sign)
    return Standing(keys, candidates, in_reach, rejected)


def _is_touched(keys: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Tell which lists change: one that held an old key, or one that a new key belongs into."""
    if not keys.shape[1]:
        return np.zeros(len(keys), dtype=bool)
    last = keys[:, -1:]
    is_changed = before != after
    was_listed = is_changed & (before >= 0) & (before >= last)
    belongs = is_changed & (after >= 0) & (after > last)
    return (was_listed | belongs).any(axis=1)

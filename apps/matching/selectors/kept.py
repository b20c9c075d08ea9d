"""All therapists and plannable searches, kept in the process: reading them for every page would cost more
than matching them.

Before each use the database is asked what has changed since (`core.changes`); only that is read again, and
only what depends on it is worked out again. What is seen inside a transaction may never be committed, so
nothing of it may come here: see `world.load`.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from threading import Lock
from typing import Any

import numpy as np
from django.db import connection

from apps.core.changes import changes_since, snapshot
from apps.core.parameters import Parameters
from apps.matching.engine import standing as standings
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.matching import Standing, select_from
from apps.matching.engine.sides import Therapists, prepare_therapists
from apps.matching.selectors import bulk, loading, therapist_columns
from apps.matching.selectors.bulk import Part
from apps.matching.selectors.search_columns import read_searches
from apps.matching.selectors.therapist_columns import read_therapists

THREADS = min(os.cpu_count() or 1, 4)  # for matching everything
READ_APART = ("hours", "approvals")  # parts of the therapists: both threads end at about the same time
MOST_CHANGED = 1_000  # above, everything is read again


@dataclass(frozen=True)
class Kept:
    snapshot: str
    operating: Parameters
    everybody: Therapists
    searches: SearchColumns
    standing: Standing | None = None


_lock = Lock()
_kept: Kept | None = None


def current(*, today: date, parameters: Parameters) -> Kept:
    """Everything as of now: one query when nothing has changed."""
    global _kept  # noqa: PLW0603  (one world per process is the point)
    with _lock:
        _kept = _brought_up(_kept, today, parameters)
        return _kept


def with_standing(*, today: date, parameters: Parameters, top: int) -> tuple[Kept, Standing]:
    """The same with the best candidates of all searches."""
    global _kept  # noqa: PLW0603
    with _lock:
        now = _brought_up(_kept, today, parameters)
        standing = now.standing or select_from(now.searches, now.everybody, top, THREADS)
        _kept = replace(now, standing=standing)
        return _kept, standing


def forget() -> None:
    global _kept  # noqa: PLW0603
    with _lock:
        _kept = None


def _brought_up(kept: Kept | None, today: date, parameters: Parameters) -> Kept:
    if kept is None or _decides_about_rows(kept.everybody.today, kept.operating) != _decides_about_rows(
        today, parameters
    ):
        return _read(today, parameters)
    changes = changes_since(kept.snapshot)
    if len(changes.therapists) + len(changes.patients) > MOST_CHANGED:
        return _read(today, parameters)
    if changes.has_new_model or kept.operating != parameters:
        engine = loading.engine_parameters(parameters)
        everybody = prepare_therapists(kept.everybody.columns, engine, today)
        kept = replace(kept, operating=parameters, everybody=everybody, standing=None)
    if changes.therapists:
        kept = _with_therapists(kept, np.array(sorted(changes.therapists)))
    if changes.patients:
        kept = _with_patients(kept, np.array(sorted(changes.patients)))
    return replace(kept, snapshot=changes.snapshot)


def _decides_about_rows(today: date, parameters: Parameters) -> tuple[date, str]:
    """What the rows themselves depend on, so that they must be read again."""
    return today, parameters.email_policy


def _read(today: date, parameters: Parameters) -> Kept:
    moment = snapshot()  # first: what is committed while reading is read once more
    engine = loading.engine_parameters(parameters)
    with ThreadPoolExecutor(1) as pool:
        parts = therapist_columns.parts(today, parameters.email_policy, False)
        there = pool.submit(_read_apart, today, {name: parts[name] for name in READ_APART})
        here = bulk.read({name: part for name, part in parts.items() if name not in READ_APART})
        searches, rest = there.result()
        therapists = therapist_columns.therapists_of(here | rest)
        return Kept(moment, parameters, prepare_therapists(therapists, engine, today), searches)


def _read_apart(today: date, parts: dict[str, Part]) -> tuple[SearchColumns, dict[str, Any]]:
    """On a connection of the thread's own, while the rest is read."""
    try:
        return read_searches(loading.plannable(today=today), today=today), bulk.read(parts)
    finally:
        connection.close()


def _with_therapists(kept: Kept, ids: np.ndarray) -> Kept:
    old = kept.everybody
    fresh = read_therapists(today=old.today, email_policy=kept.operating.email_policy, ids=ids.tolist())
    rows = old.columns.positions_of(ids)
    is_same = len(fresh) == len(ids) and (rows >= 0).all() and _at_same_place(old, rows, fresh)
    if not is_same:
        others = np.flatnonzero(~np.isin(old.columns.id, ids))
        columns = old.columns.take(others).joined(fresh)
        columns = columns.take(np.argsort(columns.id, kind="stable"))
        return replace(kept, everybody=prepare_therapists(columns, old.parameters, old.today), standing=None)
    columns = old.columns.replaced(rows, fresh)
    groups = np.concatenate([old.columns.contact_group[rows], fresh.contact_group])
    affected = np.flatnonzero(
        np.isin(columns.contact_group, groups) | np.isin(old.columns.contact_group, groups)
    )
    everybody = old.with_rows(columns, affected)
    standing = kept.standing and _standing_after(kept.standing, kept.searches, old, everybody, affected)
    return replace(kept, everybody=everybody, standing=standing)


def _standing_after(
    standing: Standing, searches: SearchColumns, old: Therapists, new: Therapists, rows: np.ndarray
) -> Standing | None:
    """None where matching everything is as quick."""
    if len(rows) > standings.MOST_CHANGED:
        return None
    return standings.after_therapists(standing, searches, old, new, rows)


def _at_same_place(old: Therapists, rows: np.ndarray, fresh: TherapistColumns) -> bool:
    pairs = (
        (old.columns.latitude[rows], fresh.latitude),
        (old.columns.longitude[rows], fresh.longitude),
    )
    return all(np.array_equal(before, after, equal_nan=True) for before, after in pairs)


def _with_patients(kept: Kept, ids: np.ndarray) -> Kept:
    today = kept.everybody.today
    fresh = read_searches(loading.plannable(today=today).filter(patient_id__in=ids.tolist()), today=today)
    others = np.flatnonzero(~np.isin(kept.searches.patient_id, ids))
    searches = kept.searches.take(others).joined(fresh)
    order = np.lexsort((searches.id, searches.started_on))
    searches = searches.take(order)
    source = np.concatenate([others, np.full(len(fresh), -1)])[order]
    standing = kept.standing and standings.after_searches(kept.standing, source, searches, kept.everybody)
    return replace(kept, searches=searches, standing=standing)

"""Weeks in a row: who is asked when answers come in and other therapists may be contacted each week.

Every week a random share of the therapists may be contacted. A request stays open for two weeks unless it is
accepted; then the search leaves.
"""

from dataclasses import dataclass

import numpy as np

from apps.matching.engine.planning import Edges, Plan, plan
from apps.matching.engine.records import Parameters
from benchmarks.plan_worlds import SEED, Week, large_week

OPEN_WEEKS = 2


@dataclass
class Life:
    """Of searches: what has happened so far."""

    had_option: np.ndarray  # bool
    was_asked: np.ndarray  # bool
    is_placed: np.ndarray  # bool
    unasked_days: np.ndarray  # int64


def starved_after(weeks: int, *, contactable: float, size: str = "mid", seed: int = SEED) -> int:
    """Return how many searches had an option in some week and were never asked."""
    week = large_week(size, contactable=1.0, parameters=Parameters(), seed=seed)
    life = live(week, weeks, contactable=contactable, seed=seed)
    return int((life.had_option & ~life.was_asked).sum())


def live(week: Week, weeks: int, *, contactable: float, seed: int = SEED) -> Life:
    numbers = np.random.default_rng(seed)
    searches = len(week.waiting_days)
    nobody = np.zeros(searches, dtype=bool)
    life = Life(nobody.copy(), nobody.copy(), nobody.copy(), week.waiting_days.copy())
    asked_in = np.zeros((weeks + OPEN_WEEKS, searches), dtype=np.int64)
    for number in range(weeks):
        may_contact = numbers.random(len(week.contact_groups)) < contactable
        edges = week.edges
        keep = may_contact[edges.therapist_index] & ~life.is_placed[edges.search_index]
        options = Edges(*(getattr(edges, name)[keep] for name in Edges.__dataclass_fields__))
        found = plan(
            options,
            week.contact_groups,
            week.waiting_days + 7 * number,
            asked_in[number : number + OPEN_WEEKS].sum(axis=0),
            week.parameters,
            unasked_days=life.unasked_days,
        )
        life.had_option[options.search_index] = True
        _answer(life, found, asked_in[number + OPEN_WEEKS], numbers)
    return life


def _answer(life: Life, found: Plan, asked: np.ndarray, numbers: np.random.Generator) -> None:
    search = np.array([line.search_index for line in found.lines], dtype=np.int64)
    chance = np.array([line.acceptance for line in found.lines])
    asked += np.bincount(search, minlength=len(asked))
    life.was_asked[search] = True
    life.unasked_days += 7
    life.unasked_days[search] = 7
    life.is_placed[search[numbers.random(len(search)) < chance]] = True

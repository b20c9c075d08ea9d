"""Made-up weeks for the planner: towns, people, top-50 lists. Pure numpy, the same for the same seed.

A large week has therapists and searches around towns weighted by population (therapists a little more in
large towns), a share of pairs in reach that pass the other rules, and an acceptance model:

    p = clip((0.02 + 0.25 rate (0.4 + 0.6 min(hours, 10) / 10) (1 - 0.3 distance / limit)) U(0.7, 1.3),
             0.005, 0.35)

The list of a search is its best 50 by score. `contactable` of the therapists may be contacted this week; the
others leave the lists without being replaced, as they would in a round after several busy weeks.
"""

from dataclasses import dataclass

import numpy as np

from apps.matching.engine.planning import Edges
from apps.matching.engine.records import Parameters

SEED = 7
TOWN_COUNT = 1_139
LARGEST_TOWN = 3_700_000
COUNTRY_KM = (640.0, 860.0)
TOP = 50
WORKING_SHARE = 0.63  # active and not in a contact pause
SIZES = {"small": (2_000, 500), "mid": (10_000, 2_000), "full": (40_000, 10_000)}


@dataclass(frozen=True)
class Week:
    """What the planner is asked."""

    edges: Edges
    contact_groups: np.ndarray
    waiting_days: np.ndarray
    open_requests: np.ndarray
    parameters: Parameters


@dataclass(frozen=True)
class _People:
    x_km: np.ndarray
    y_km: np.ndarray


def large_week(size: str, *, contactable: float, parameters: Parameters, seed: int = SEED) -> Week:
    """Make a week of 40,000 x 10,000 (full) or less. Nobody has open requests or shares a mailbox."""
    numbers = np.random.default_rng(seed)
    therapist_count, search_count = SIZES[size]
    towns = _towns(numbers)
    therapists = _settle(numbers, therapist_count, *towns, power=1.05)
    searches = _settle(numbers, search_count, *towns, power=1.0)
    waiting = np.minimum(numbers.exponential(70, search_count), 720).astype(np.int64)
    lists = _lists(numbers, therapists, searches)
    may_contact = numbers.random(therapist_count) < contactable
    keep = may_contact[lists.therapist_index]
    columns = (lists.search_index, lists.therapist_index, lists.acceptance, lists.score)
    return Week(
        Edges(*(column[keep] for column in columns)),
        np.arange(therapist_count),
        waiting,
        np.zeros(search_count, dtype=np.int64),
        parameters,
    )


def tiny_week(seed: int) -> Week:
    """Make a week small enough for an exact optimum, with shared mailboxes, open requests and odd limits."""
    numbers = np.random.default_rng(seed)
    search_count, therapist_count = int(numbers.integers(4, 13)), int(numbers.integers(3, 11))
    possible = np.argwhere(numbers.random((search_count, therapist_count)) < numbers.uniform(0.3, 0.8))
    chance = np.clip(numbers.uniform(0.02, numbers.choice([0.2, 0.35, 0.6]), len(possible)), 0.005, 0.6)
    return Week(
        Edges(possible[:, 0], possible[:, 1], chance, numbers.random(len(possible)).round(6)),
        numbers.integers(0, numbers.choice([therapist_count, 3 * therapist_count]), therapist_count),
        numbers.integers(0, 240, search_count),
        numbers.integers(0, 3, search_count) * (numbers.random(search_count) < 0.5),
        Parameters(
            max_requests_per_inquiry=int(numbers.integers(1, 7)),
            min_requests_per_inquiry=1 + int(numbers.random() < 0.25),
            open_requests_per_search=int(numbers.integers(2, 6)),
        ),
    )


def _towns(numbers: np.random.Generator) -> tuple[_People, np.ndarray]:
    population = LARGEST_TOWN / np.arange(1, TOWN_COUNT + 1) ** 0.95
    width, height = COUNTRY_KM
    return _People(numbers.uniform(0, width, TOWN_COUNT), numbers.uniform(0, height, TOWN_COUNT)), population


def _settle(
    numbers: np.random.Generator, count: int, towns: _People, population: np.ndarray, *, power: float
) -> _People:
    weight = population**power
    town = numbers.choice(TOWN_COUNT, count, p=weight / weight.sum())
    spread_km = 1 + 5 * np.clip(np.log10(population[town] / 15_000) / 2, 0, 1)
    east, north = numbers.standard_normal((2, count)) * spread_km
    return _People(towns.x_km[town] + east, towns.y_km[town] + north)


def _lists(numbers: np.random.Generator, therapists: _People, searches: _People) -> Edges:
    """Best TOP of each search by score; a search is easy or hard to satisfy (Beta), as wishes are."""
    order = np.argsort(therapists.y_km, kind="stable")
    order = order[numbers.random(len(order)) < WORKING_SHARE]
    therapist_y = therapists.y_km[order]
    answer_rate = numbers.beta(2, 5, len(therapists.x_km))
    limit_km = numbers.choice([10.0, 15.0, 20.0, 25.0, 30.0, 50.0], len(searches.x_km))
    pass_share = numbers.beta(1.3, 4.0, len(limit_km))
    found = []
    for search, (x, y, limit) in enumerate(zip(searches.x_km, searches.y_km, limit_km, strict=True)):
        band = order[slice(*np.searchsorted(therapist_y, (y - limit, y + limit)))]
        distance = np.hypot(therapists.x_km[band] - x, therapists.y_km[band] - y)
        passes = (distance <= limit) & (numbers.random(len(band)) < pass_share[search])
        near, far_share = band[passes], distance[passes] / limit
        hours = np.minimum(numbers.gamma(2, 3, len(near)), 10) / 10
        score = 0.35 * (1 - far_share) + 0.2 * answer_rate[near] + 0.15 * hours
        best = np.argsort(-score, kind="stable")[:TOP]
        chance = 0.02 + 0.25 * answer_rate[near] * (0.4 + 0.6 * hours) * (1 - 0.3 * far_share)
        chance = np.clip(chance * numbers.uniform(0.7, 1.3, len(near)), 0.005, 0.35)
        found.append((np.full(len(best), search), near[best], chance[best], score[best].round(6)))
    return Edges(*(np.concatenate(column) for column in zip(*found, strict=True)))

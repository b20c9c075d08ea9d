"""An invented agency's requests, week by week, from a truth richer than the model that is fitted to them.

Hidden: how willing a region, a practice and a therapist are; places that open and close and that the record
learns of late or never; weariness after contacts that fades smoothly; the mood of an inquiry; the fit of a
patient; a summer slump. The agency asks promising therapists more often, as a planner does.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np

from apps.matching.engine.acceptance import NEVER
from apps.matching.engine.acceptance_history import NO_PRACTICE, History

FIRST_MONDAY = date(2024, 1, 1).toordinal()
REGIONS = 95
LONGEST_WAIT = 14  # days until a request without an answer expires
PAUSE = 28  # days nobody is asked again after an answer


@dataclass(frozen=True)
class Truth:
    """Figures of the hidden world, on the scale of log odds unless said otherwise."""

    level: float = -3.0
    region_spread: float = 0.35
    practice_spread: float = 0.4
    therapist_spread: float = 0.8
    free_place: float = 1.6
    possibly_free: float = 0.4
    knows_agency: float = 0.4
    weariness: float = -0.9  # on the day of a contact, fading by half in thirty days
    inquiry_spread: float = 0.4
    patient_spread: float = 0.5
    summer: float = -0.3


class Therapists:
    """The hidden and the recorded side of everybody, and how both change from week to week."""

    def __init__(self, rng: np.random.Generator, count: int, truth: Truth) -> None:
        practices = max(count * 2 // 3, 1)
        region_of_practice = rng.integers(0, REGIONS, practices)
        self.practice = rng.integers(0, practices, count)
        self.region = region_of_practice[self.practice]
        self.has_no_practice = rng.random(count) < 0.05  # as far as the record knows
        self.possibly = rng.random(count) < 0.15
        self.knows = rng.random(count) < 0.2
        self.willing = (
            truth.level
            + rng.normal(0, truth.region_spread, REGIONS)[self.region]
            + rng.normal(0, truth.practice_spread, practices)[self.practice]
            + rng.normal(0, truth.therapist_spread, count)
            + truth.possibly_free * self.possibly
            + truth.knows_agency * self.knows
        )
        self.is_free = rng.random(count) < 0.1
        self.is_recorded_free = self.is_free & (rng.random(count) < 0.5)
        self.last_contact = np.full(count, NEVER)
        self.free_from = np.zeros(count, dtype=np.int64)  # day from which the agency may ask again

    def live(self, rng: np.random.Generator) -> None:
        """A week passes: places open and fill, and the record learns of some of it."""
        draw, learns = rng.random((2, len(self.is_free)))
        self.is_free = np.where(self.is_free, draw > 0.15, draw < 0.015)
        self.is_recorded_free = np.where(learns < 0.35, self.is_free, self.is_recorded_free)

    def choose(self, rng: np.random.Generator, day: int, contacts: int) -> np.ndarray:
        """Whom the agency asks this week: some chance, some preference for good signs."""
        liking = 0.8 * self.is_recorded_free + 0.3 * self.possibly + rng.gumbel(size=len(self.possibly))
        liking[self.free_from > day] = -np.inf
        chosen = np.argsort(-liking, kind="stable")[:contacts]
        return chosen[np.isfinite(liking[chosen])]

    def days_since_contact(self, who: np.ndarray, day: int) -> np.ndarray:
        return np.where(self.last_contact[who] == NEVER, NEVER, day - self.last_contact[who])


def simulate(
    seed: int, therapists: int = 3_000, weeks: int = 104, contacts: int = 120, truth: Truth | None = None
) -> tuple[History, np.ndarray]:
    """Return all requests of these weeks and their hidden chances; the same seed gives the same life."""
    rng, truth = np.random.default_rng(seed), truth or Truth()
    people = Therapists(rng, therapists, truth)
    parts = [_week(rng, people, FIRST_MONDAY + 7 * week, contacts, truth) for week in range(weeks)]
    chance, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return History(*columns), chance


def _week(
    rng: np.random.Generator, people: Therapists, day: int, contacts: int, truth: Truth
) -> tuple[np.ndarray, ...]:
    """Ask, hear the answers, and return the hidden chances and the columns of a history."""
    people.live(rng)
    asked = people.choose(rng, day, contacts)
    since = people.days_since_contact(asked, day)
    requests = rng.integers(1, 7, len(asked))
    mood = rng.normal(0, truth.inquiry_spread, len(asked))
    weary = np.where(since == NEVER, 0.0, truth.weariness * 0.5 ** (since / 30))
    summer = truth.summer if date.fromordinal(day).month in (7, 8) else 0.0
    line = people.willing[asked] + truth.free_place * people.is_free[asked] + mood + weary + summer
    who, place = np.repeat(asked, requests), np.repeat(np.arange(len(asked)), requests)
    chance = 1 / (1 + np.exp(-(line[place] + rng.normal(0, truth.patient_spread, len(who)))))
    accepted = rng.random(len(who)) < chance
    wait = np.where(rng.random(len(asked)) < 0.6, rng.integers(1, LONGEST_WAIT, len(asked)), LONGEST_WAIT)
    people.last_contact[asked] = day
    people.free_from[asked] = day + np.where(wait < LONGEST_WAIT, wait + PAUSE, LONGEST_WAIT)
    return (
        chance,
        *(who + 1, np.where(people.has_no_practice[who], NO_PRACTICE, people.practice[who] + 1)),
        *(people.region[who], np.full(len(who), day), day + wait[place], accepted),
        *(people.is_recorded_free[who], people.possibly[who], people.knows[who], since[place]),
    )

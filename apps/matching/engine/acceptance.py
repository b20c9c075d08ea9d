"""The chance that a therapist says yes to one request.

History first. With n asked requests, y of them accepted, and k = the model's strength (else the operating
parameter), a short history is not taken at its word but pulled towards the colleagues':

    rate = (y + k x base) / (n + k)      base = the rate of the practice, else region, else all

Then the odds p / (1 - p): the average's odds, times how far this history is above or below the average,
times one factor for each sign that is present:

    odds = level x average x (history / average) ^ power x free place x knows agency x recent contact

A known free place counts in a setting the patient takes; without one, "possibly has places" counts instead.
All figures but n and y belong to the model (acceptance_model.py, found by fitting.py), so between two fits
one therapist's answer moves the chance of that therapist only. Background and sources: docs/acceptance.md.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np

from apps.matching.engine.acceptance_model import FORMER_DAYS, RECENT_DAYS, AcceptanceModel
from apps.matching.engine.columns import TherapistColumns
from apps.matching.engine.records import Parameters

NEVER = -1
_LOWEST, _HIGHEST = 0.001, 0.99
_LEAST_STRENGTH = 1e-6  # keeps "nothing asked" defined where staff have set the smoothing to 0
_DECIMALS = 9  # beyond, processors differ


@dataclass(frozen=True, eq=False)
class Signs:
    """What is known besides the history: bool arrays that broadcast against the therapists."""

    has_free_place: np.ndarray  # in a setting the patient takes
    is_possibly_free: np.ndarray
    knows_agency: np.ndarray
    is_recent: np.ndarray  # last contact up to RECENT_DAYS days ago
    is_former: np.ndarray  # longer ago, up to FORMER_DAYS days

    @classmethod
    def of(
        cls, free: np.ndarray, possibly: np.ndarray, knows_agency: np.ndarray, days: np.ndarray
    ) -> "Signs":
        """`days` since the last contact, NEVER where there was none."""
        is_recent = (days >= 0) & (days <= RECENT_DAYS)
        is_former = (days > RECENT_DAYS) & (days <= FORMER_DAYS)
        return cls(free, possibly & ~free, knows_agency, is_recent, is_former)


@lru_cache(maxsize=2)
def expected_acceptance(
    therapists: TherapistColumns, parameters: Parameters, today: date | None = None
) -> np.ndarray:
    """Return float64 (3, therapists), one row for each of GROUP_WISHES; every value lies between 0 and 1.

    Without `today` the time since the last contact is not looked at.
    """
    model, prior = parameters.acceptance, parameters.prior_acceptance
    base = model.base_rate(therapists.practice, therapists.region, prior)
    strength = strength_of(model, parameters.smoothing_strength)
    rate = smoothed(therapists.asked_count, therapists.accepted_count, base, strength)
    individual, group = therapists.has_free_individual, therapists.has_free_group
    free = np.stack([individual, individual | group, group])
    days = _days_since_contact(therapists, today)
    signs = Signs.of(free, therapists.possibly_has_places, therapists.knows_agency, days)
    return chance(model, rate, model.overall(prior), signs)


def strength_of(model: AcceptanceModel, smoothing_strength: float) -> float:
    """How many asked requests the base rate weighs as; above 0."""
    strength = smoothing_strength if model.therapist_strength is None else model.therapist_strength
    return max(strength, _LEAST_STRENGTH)


def smoothed(asked: np.ndarray, accepted: np.ndarray, base: np.ndarray, strength: float) -> np.ndarray:
    """Return the rate of each history, float64 (n,)."""
    return (accepted + strength * base) / (asked + strength)


def chance(model: AcceptanceModel, rate: np.ndarray, overall: float | np.ndarray, signs: Signs) -> np.ndarray:
    """Return float64, as many rows as `signs` has, rounded so that it is the same on every machine."""
    average = odds_of(overall)
    odds = model.level_odds * average * (odds_of(rate) / average) ** model.history_power
    odds = odds * np.where(signs.knows_agency, model.knows_agency_odds, 1.0)
    odds = odds * np.where(signs.is_recent, model.recent_contact_odds, 1.0)
    odds = odds * np.where(signs.is_former, model.former_contact_odds, 1.0)
    possible = np.where(signs.is_possibly_free, model.possible_place_odds, 1.0)
    odds = odds * np.where(signs.has_free_place, model.free_place_odds, possible)
    return np.round(odds / (1.0 + odds), _DECIMALS)


def odds_of(rate: float | np.ndarray) -> np.ndarray:
    """Return p / (1 - p); nothing is taken for quite impossible or certain."""
    kept = np.clip(rate, _LOWEST, _HIGHEST)
    return kept / (1.0 - kept)


def _days_since_contact(therapists: TherapistColumns, today: date | None) -> np.ndarray:
    if today is None:
        return np.full(len(therapists), NEVER)
    days = np.maximum(today.toordinal() - therapists.last_contact_on.astype(np.int64), 0)
    return np.where(therapists.last_contact_on == 0, NEVER, days)

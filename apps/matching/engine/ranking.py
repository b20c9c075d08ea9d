"""The order of candidates: a weighted sum of four parts, each between 0 and 1.

- acceptance: the expected acceptance (acceptance.py)
- distance: how much of the patient's tighter limit is left, 1 next door and 0 at the limit
- hours: common time in the week up to ten hours; 0 where a schedule is unknown, so below every known overlap
- email: 1 if the therapist can be written to
"""

from dataclasses import dataclass

import numpy as np

from apps.matching.engine.records import Parameters

ENOUGH_COMMON_MINUTES = 600
SCORE_DECIMALS = 6  # beyond, differences are noise and must not decide an order


@dataclass(frozen=True)
class ScoreParts:
    """Of pairs, float64."""

    acceptance: np.ndarray
    distance: np.ndarray
    hours: np.ndarray
    email: np.ndarray


def hours_part(common_minutes: np.ndarray) -> np.ndarray:
    return np.minimum(common_minutes, ENOUGH_COMMON_MINUTES) / ENOUGH_COMMON_MINUTES


def score(parts: ScoreParts, parameters: Parameters) -> np.ndarray:
    total = (
        parameters.weight_acceptance * parts.acceptance
        + parameters.weight_distance * parts.distance
        + parameters.weight_hours * parts.hours
        + parameters.weight_email * parts.email
    )
    return np.round(total, SCORE_DECIMALS)

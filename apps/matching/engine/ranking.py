"""The order of candidates: a weighted sum of four parts, each between 0 and 1.

- acceptance: the expected acceptance (acceptance.py)
- distance: how much of the patient's tighter limit is left, 1 next door and 0 at the limit
- hours: common time in the week up to ten hours; 0 where a schedule is unknown, so below every known overlap
- email: 1 if the therapist can be written to

The sum is rounded to six decimals; of equal scores the therapist with the lower id comes first.
"""

from dataclasses import dataclass

import numpy as np

PART_NAMES = ("acceptance", "distance", "hours", "email")


@dataclass(frozen=True)
class ScoreParts:
    """Of pairs, float64."""

    acceptance: np.ndarray
    distance: np.ndarray
    hours: np.ndarray
    email: np.ndarray

"""What is known about past requests, as columns: the input of a fit."""

from dataclasses import dataclass, fields

import numpy as np

from apps.matching.engine.acceptance import Signs

NO_REGION, NO_PRACTICE = -1, 0


@dataclass(frozen=True, eq=False)
class History:
    """Requests that were answered or expired, in any order. Days are ordinals (date.toordinal)."""

    therapist: np.ndarray  # int64
    practice: np.ndarray  # int64, NO_PRACTICE where there is none
    region: np.ndarray  # int64, NO_REGION where it is unknown
    asked_on: np.ndarray  # int64 day
    known_on: np.ndarray  # int64 day on which the outcome was known
    is_accepted: np.ndarray  # bool
    has_free_place: np.ndarray  # bool, in a setting the patient takes
    is_possibly_free: np.ndarray  # bool
    knows_agency: np.ndarray  # bool
    days_since_contact: np.ndarray  # int64, NEVER where there was none

    def __len__(self) -> int:
        return len(self.therapist)

    def where(self, keep: np.ndarray) -> "History":
        return History(*(getattr(self, field.name)[keep] for field in fields(self)))

    @property
    def signs(self) -> Signs:
        return Signs.of(
            self.has_free_place, self.is_possibly_free, self.knows_agency, self.days_since_contact
        )

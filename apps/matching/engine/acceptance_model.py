"""What a fit of the expected acceptance leaves behind: a handful of figures anybody can read.

The formula that uses them stands in acceptance.py, how they are found in fitting.py.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

Rates = tuple[tuple[int, float], ...]
RATES = ("region_rates", "practice_rates")
RECENT_DAYS = 30
FORMER_DAYS = 90


@dataclass(frozen=True)
class AcceptanceModel:
    """Rates and factors of the odds p / (1 - p). The defaults stand for "no fit yet": nothing but counts.

    Equal models are interchangeable; the long tuples are left out of the hash, which is asked for often.
    """

    overall_rate: float | None = None  # between 0 and 1; None: Parameters.prior_acceptance
    therapist_strength: float | None = None  # in asked requests; None: Parameters.smoothing_strength
    region_rates: Rates = field(default=(), hash=False)  # (region, rate), sorted by region
    practice_rates: Rates = field(default=(), hash=False)  # (practice, rate), sorted by practice
    level_odds: float = 1.0
    history_power: float = 1.0  # how far the odds of the history are believed
    free_place_odds: float = 3.0  # free place known in a setting the patient takes
    possible_place_odds: float = 1.5  # no such free place, but places are possible
    knows_agency_odds: float = 1.5
    recent_contact_odds: float = 1.0  # last contact up to RECENT_DAYS days ago
    former_contact_odds: float = 1.0  # after that, up to FORMER_DAYS days ago

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "AcceptanceModel":
        """Build the model of `dataclasses.asdict`, also after a journey through JSON."""
        rates = {name: tuple((int(key), float(rate)) for key, rate in values[name]) for name in RATES}
        return cls(**{**values, **rates})

    def overall(self, prior: float) -> float:
        return prior if self.overall_rate is None else self.overall_rate

    def base_rate(self, practice: np.ndarray, region: np.ndarray, prior: float) -> np.ndarray:
        """Return what a therapist without history is expected to accept, float64 (n,).

        The rate of the practice, else of the region, else the overall one, else `prior`.
        """
        regional = _looked_up(self._regions, region, np.full(len(region), self.overall(prior)))
        return _looked_up(self._practices, practice, regional)

    @cached_property
    def _regions(self) -> tuple[np.ndarray, np.ndarray]:
        return _columns(self.region_rates)

    @cached_property
    def _practices(self) -> tuple[np.ndarray, np.ndarray]:
        return _columns(self.practice_rates)


NO_FIT = AcceptanceModel()


def _columns(rates: Rates) -> tuple[np.ndarray, np.ndarray]:
    ids = np.array([number for number, _rate in rates], dtype=np.int64)
    return ids, np.array([rate for _number, rate in rates], dtype=np.float64)


def _looked_up(known: tuple[np.ndarray, np.ndarray], wanted: np.ndarray, default: np.ndarray) -> np.ndarray:
    """Return the rate of each wanted id, or the default beside it."""
    ids, rates = known
    if not len(ids):
        return default
    place = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[place] == wanted, rates[place], default)

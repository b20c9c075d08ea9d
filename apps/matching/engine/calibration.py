"""How good were the predicted chances? Scores of predictions against what came.

The Brier score is the mean squared difference between a predicted chance and 1 (yes) or 0 (no); 0 is perfect
(Brier 1950). The skill is the share of the plain average's score that a prediction takes away.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

BINS = 10
_RANGE = 1.96  # standard errors to both sides: nineteen of twenty


@dataclass(frozen=True)
class Bin:
    """One tenth of the predictions, from the lowest chances to the highest."""

    predicted: float  # mean chance
    observed: float  # share of yes
    low: float  # the range chance alone allows around `observed`
    high: float
    count: int


@dataclass(frozen=True)
class Evaluation:
    """Predictions for requests that the fit had not seen."""

    count: int
    brier: float
    brier_plain_average: float  # everybody gets the average of the past
    brier_therapist_rate: float  # everybody gets the raw rate of the own past, the average without any
    brier_defaults: float  # the formula with nothing fitted
    log_loss: float
    calibration_error: float  # mean distance of predicted and observed over the bins
    bins: tuple[Bin, ...]

    @property
    def skill(self) -> float:
        """1 is perfect, 0 no better than the plain average."""
        return 1.0 - self.brier / self.brier_plain_average if self.brier_plain_average else 0.0

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Evaluation":
        """Build the evaluation of `dataclasses.asdict`, also after a journey through JSON."""
        return cls(**{**values, "bins": tuple(Bin(**row) for row in values["bins"])})


def evaluate(
    outcome: np.ndarray,
    predicted: np.ndarray,
    plain_average: np.ndarray,
    therapist_rate: np.ndarray,
    defaults: np.ndarray,
) -> Evaluation:
    """Score four predictions (each float64 (n,), n above 0) of the same outcomes (bool (n,))."""
    bins = reliability(outcome, predicted)
    return Evaluation(
        count=len(outcome),
        brier=brier(outcome, predicted),
        brier_plain_average=brier(outcome, plain_average),
        brier_therapist_rate=brier(outcome, therapist_rate),
        brier_defaults=brier(outcome, defaults),
        log_loss=log_loss(outcome, predicted),
        calibration_error=calibration_error(bins),
        bins=bins,
    )


def brier(outcome: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.mean((predicted - outcome) ** 2))


def log_loss(outcome: np.ndarray, predicted: np.ndarray) -> float:
    """Mean of -log of the chance given to what came; predictions lie strictly between 0 and 1."""
    return float(-np.mean(np.log(np.where(outcome, predicted, 1.0 - predicted))))


def reliability(outcome: np.ndarray, predicted: np.ndarray) -> tuple[Bin, ...]:
    """Sort by predicted chance, cut into BINS parts of equal size, and compare; fewer where there are few."""
    order = np.argsort(predicted, kind="stable")
    parts = [part for part in np.array_split(order, BINS) if len(part)]
    return tuple(_bin(float(np.mean(predicted[part])), outcome[part]) for part in parts)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    total = sum(row.count for row in bins)
    return sum(row.count * abs(row.predicted - row.observed) for row in bins) / total if total else 0.0


def _bin(predicted: float, outcome: np.ndarray) -> Bin:
    """The range around a share is Wilson's: it stays between 0 and 1 also for few cases."""
    count, share = len(outcome), float(np.mean(outcome))
    spread = _RANGE**2 / count
    centre = (share + spread / 2) / (1 + spread)
    half = _RANGE / (1 + spread) * float(np.sqrt(share * (1 - share) / count + spread / (4 * count)))
    return Bin(predicted, share, max(centre - half, 0.0), min(centre + half, 1.0), count)

"""Learn the figures of the expected acceptance from answered requests (numpy only, always the same result).

1. Strengths. Two answers of one therapist are more alike than two of colleagues in a practice, and those
   more than two from one region. How much more tells how strongly a rate must be pulled towards the level
   above (intraclass correlation, method of moments). Pairs of answers to one inquiry are left out: what
   counts is how well one inquiry foretells the next.
2. Rates. From the top down: all, region, practice, each smoothed towards the one above (empirical Bayes).
3. Factors. Logistic regression of the outcome on the history's odds and the signs, the history as it was
   known in the week of asking. A penalty pulls the factors towards the documented defaults, so that little
   data changes little (ridge; maximum a posteriori with a normal prior).

Below MINIMUM answers strengths and factors stay at their defaults; only the rates are the agency's own.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from apps.matching.engine.acceptance import chance, odds_of, smoothed, strength_of
from apps.matching.engine.acceptance_history import NO_PRACTICE, NO_REGION, History
from apps.matching.engine.acceptance_model import AcceptanceModel, Rates
from apps.matching.engine.calibration import Evaluation, evaluate
from apps.matching.engine.shrinkage import Levels, Strengths, Tree, estimate_strengths

MINIMUM = 200
LEAST_TO_EVALUATE = 50
HELD_OUT_SHARE = 0.25  # of the answers, the latest

TERMS = (
    "level_odds",
    "history_power",
    "free_place_odds",
    "possible_place_odds",
    "knows_agency_odds",
    "recent_contact_odds",
    "former_contact_odds",
)
PRIOR_SPREAD = np.array([0.5, 0.3, 0.5, 0.5, 0.5, 0.3, 0.3])  # of the logarithms; of the power itself
FACTOR_LIMIT = 20.0
POWER_LIMITS = (0.05, 2.0)
_STEPS = 50
_TOLERANCE = 1e-10


@dataclass(frozen=True, eq=False)
class Known:
    """What was known about the therapist of each request in the week of asking, each float64 (n,)."""

    asked: np.ndarray
    accepted: np.ndarray
    rate: np.ndarray  # smoothed
    overall: np.ndarray  # rate of everybody


@dataclass(frozen=True)
class Fit:
    model: AcceptanceModel
    is_estimated: bool  # False: too few answers, only the rates are the agency's own
    evaluation: Evaluation | None  # None: too few answers to hold some back


def fit(history: History, prior: float, smoothing: float) -> Fit:
    """Fit the model and judge it on the latest answers, which a first fit has not seen.

    `prior` is the rate before any history, `smoothing` the operating parameter acceptance_smoothing.
    """
    smoothing = strength_of(AcceptanceModel(), smoothing)
    evaluation = _evaluation(history, prior, smoothing)
    return Fit(fit_model(history, prior, smoothing), len(history) >= MINIMUM, evaluation)


def fit_model(history: History, prior: float, smoothing: float) -> AcceptanceModel:
    if not len(history):
        return AcceptanceModel()
    tree, is_enough = Tree(history), len(history) >= MINIMUM
    default = Strengths(smoothing, smoothing, smoothing)
    strengths = estimate_strengths(history, tree, default) if is_enough else default
    asked, accepted = tree.count(np.ones(len(history), dtype=bool)), tree.count(history.is_accepted)
    model = _with_rates(tree, tree.levels(asked, accepted, strengths, prior, smoothing))
    if not is_enough:
        return model
    known = _known_when_asked(history, tree, strengths, prior, smoothing)
    return replace(model, therapist_strength=round(strengths.therapist, 3), **_factors(history, known))


def logistic_regression(
    signs: np.ndarray, offset: np.ndarray, outcome: np.ndarray, prior: np.ndarray, spread: np.ndarray
) -> np.ndarray:
    """Return the penalised coefficients, float64 (k,), of signs float64 (n, k) by Newton's method (IRLS).

    Each coefficient is expected at `prior`, give or take `spread`. A step that overshoots is halved.
    """
    weight, found = 1.0 / spread**2, prior.copy()
    loss = _loss(found, signs, offset, outcome, prior, weight)
    for _step in range(_STEPS):
        chances = 1.0 / (1.0 + np.exp(-(offset + signs @ found)))
        slope = signs.T @ (chances - outcome) + weight * (found - prior)
        curve = (signs * (chances * (1.0 - chances))[:, None]).T @ signs + np.diag(weight)
        step = np.linalg.solve(curve, slope)
        while (lower := _loss(found - step, signs, offset, outcome, prior, weight)) > loss + _TOLERANCE:
            step = step / 2
        found, loss = found - step, lower
        if np.max(np.abs(step)) < _TOLERANCE:
            break
    return found


def _loss(
    found: np.ndarray,
    signs: np.ndarray,
    offset: np.ndarray,
    outcome: np.ndarray,
    prior: np.ndarray,
    weight: np.ndarray,
) -> float:
    line = offset + signs @ found
    return float(np.sum(np.logaddexp(0.0, line) - outcome * line) + np.sum(weight * (found - prior) ** 2) / 2)


def _with_rates(tree: Tree, levels: Levels) -> AcceptanceModel:
    return AcceptanceModel(
        overall_rate=round(levels.overall, 6),
        region_rates=_rates(tree.regions, levels.region, tree.regions != NO_REGION),
        practice_rates=_rates(tree.practices, levels.practice, tree.practices > NO_PRACTICE),
    )


def _rates(ids: np.ndarray, rates: np.ndarray, keep: np.ndarray) -> Rates:
    return tuple(zip(ids[keep].tolist(), np.round(rates[keep], 6).tolist(), strict=True))


def _known_when_asked(
    history: History, tree: Tree, strengths: Strengths, prior: float, smoothing: float
) -> Known:
    found = Known(*np.empty((4, len(history))))
    week = history.asked_on // 7
    for number in np.unique(week):
        known, rows = history.known_on < number * 7, np.flatnonzero(week == number)
        asked, accepted = tree.count(known), tree.count(known & history.is_accepted)
        levels = tree.levels(asked, accepted, strengths, prior, smoothing)
        who = tree.therapist[rows]
        found.asked[rows], found.accepted[rows] = asked[who], accepted[who]
        base = levels.practice[tree.practice[rows]]
        found.rate[rows] = smoothed(asked[who], accepted[who], base, strengths.therapist)
        found.overall[rows] = levels.overall
    return found


def _factors(history: History, known: Known) -> dict[str, Any]:
    signs, average = history.signs, np.log(odds_of(known.overall))
    columns = (
        *(np.ones(len(history)), np.log(odds_of(known.rate)) - average),
        *(signs.has_free_place, signs.is_possibly_free, signs.knows_agency),
        *(signs.is_recent, signs.is_former),
    )
    matrix = np.stack([column.astype(np.float64) for column in columns], axis=1)
    defaults = np.array([getattr(AcceptanceModel(), name) for name in TERMS])
    prior = np.where([name == "history_power" for name in TERMS], defaults, np.log(defaults))
    found = logistic_regression(matrix, average, history.is_accepted.astype(np.float64), prior, PRIOR_SPREAD)
    return {name: _limited(name, value) for name, value in zip(TERMS, found.tolist(), strict=True)}


def _limited(name: str, value: float) -> float:
    low, high = POWER_LIMITS if name == "history_power" else (1.0 / FACTOR_LIMIT, FACTOR_LIMIT)
    value = value if name == "history_power" else float(np.exp(value))
    return round(min(max(value, low), high), 4)


def _evaluation(history: History, prior: float, smoothing: float) -> Evaluation | None:
    """Fit on what was known before the last quarter was asked, then predict that quarter week by week."""
    if len(history) * HELD_OUT_SHARE < LEAST_TO_EVALUATE:
        return None
    cut = int(np.quantile(history.asked_on, 1.0 - HELD_OUT_SHARE, method="nearest"))
    return evaluate_from(history, cut, prior, smoothing)


def evaluate_from(history: History, cut: int, prior: float, smoothing: float) -> Evaluation | None:
    """Judge a fit on the answers known before day `cut` by the requests asked from then on."""
    earlier, later = history.where(history.known_on < cut), history.asked_on >= cut
    if not len(earlier) or np.count_nonzero(later) < LEAST_TO_EVALUATE:
        return None
    default = Strengths(smoothing, smoothing, smoothing)
    known = _known_when_asked(history, Tree(history), default, prior, smoothing)
    seen, asked, accepted = history.where(later), known.asked[later], known.accepted[later]
    average = np.full(len(seen), earlier.is_accepted.mean())
    raw = np.where(asked > 0, accepted / np.maximum(asked, 1), average)

    def predicted(model: AcceptanceModel) -> np.ndarray:
        base = model.base_rate(seen.practice, seen.region, prior)
        rate = smoothed(asked, accepted, base, strength_of(model, smoothing))
        return chance(model, rate, model.overall(prior), seen.signs)

    fitted = predicted(fit_model(earlier, prior, smoothing))
    return evaluate(seen.is_accepted, fitted, average, raw, predicted(AcceptanceModel()))

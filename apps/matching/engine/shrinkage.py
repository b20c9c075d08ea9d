"""Rates of therapists, practices and regions, each pulled towards the level above (empirical Bayes).

How strongly is learnt from how alike answers are: those of one therapist, of colleagues in one practice, of
one region (intraclass correlation by the method of moments). Pairs of answers to one inquiry are left out:
what counts is how well one inquiry foretells the next.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from apps.matching.engine.acceptance_history import NO_PRACTICE, NO_REGION, History

SMALLEST_SHARE, LARGEST_SHARE = 1 / 401, 1 / 2  # strengths between 400 and 1


@dataclass(frozen=True)
class Strengths:
    """In asked requests: what the level above weighs as."""

    therapist: float
    practice: float
    region: float


@dataclass(frozen=True)
class Alikeness:
    """Mean product of the deviations of two answers; ordered pairs and (effective) groups that tell it."""

    product: float
    pairs: float
    groups: float


@dataclass(frozen=True, eq=False)
class Levels:
    """Rates of one moment, in the order of a tree's numbers."""

    overall: float
    region: np.ndarray
    practice: np.ndarray


class Tree:
    """Therapists, practices and regions numbered from 0; one without practice is a practice of its own,
    with the rate of the region."""

    def __init__(self, history: History) -> None:
        own = np.where(history.practice == NO_PRACTICE, -history.therapist, history.practice)
        therapists, first, self.therapist = _numbered(history.therapist)
        self.practices, place, self.practice_of = _numbered(own[first])
        regions = history.region[first][place]
        self.regions, self.region_of = np.unique(regions, return_inverse=True)
        self.size = len(therapists)
        self.practice = self.practice_of[self.therapist]  # of each row
        self.region = self.region_of[self.practice]

    def count(self, keep: np.ndarray) -> np.ndarray:
        """Count the kept rows of each therapist, float64."""
        return np.bincount(self.therapist[keep], minlength=self.size).astype(np.float64)

    def levels(
        self, asked: np.ndarray, accepted: np.ndarray, strengths: Strengths, prior: float, smoothing: float
    ) -> Levels:
        """Smooth from the top down, given the counts of each therapist.

        A hundred answers of one therapist say less about the region than one each of a hundred: on the way
        up the n of one group weigh as n (k + 1) / (n + k), at most k + 1.
        """
        n, y = _passed_up(asked, accepted, strengths.therapist, self.practice_of, len(self.practices))
        n_region, y_region = _passed_up(n, y, strengths.practice, self.region_of, len(self.regions))
        everybody = np.zeros(len(self.regions), dtype=np.int64)
        (n_all,), (y_all,) = _passed_up(n_region, y_region, strengths.region, everybody, 1)
        overall = float((y_all + smoothing * prior) / (n_all + smoothing))
        of_region = (y_region + strengths.region * overall) / (n_region + strengths.region)
        of_region = np.where(self.regions == NO_REGION, overall, of_region)
        above = of_region[self.region_of]
        of_practice = (y + strengths.practice * above) / (n + strengths.practice)
        return Levels(overall, of_region, np.where(self.practices > NO_PRACTICE, of_practice, above))


def estimate_strengths(history: History, tree: Tree, default: Strengths) -> Strengths:
    """Estimate how alike answers within each level are, by pairs from different days, and turn it round."""
    rest = history.is_accepted - history.is_accepted.mean()
    variance = float(np.mean(rest**2))
    if variance == 0.0:
        return default
    day = np.unique(np.stack([tree.therapist, history.asked_on]), axis=1, return_inverse=True)[1].reshape(-1)
    chain = (day, tree.therapist, tree.practice, tree.region)
    therapist, practice, region = (_alikeness(rest, inner, outer) for inner, outer in pairwise(chain))
    explained, found = 0.0, []
    for level, usual in (
        (region, default.region),
        (practice, default.practice),
        (therapist, default.therapist),
    ):
        added = (level.product / variance - explained) / (1.0 - explained)
        found.append(_strength(added, level, usual))
        explained += (1.0 - explained) * min(max(added, 0.0), LARGEST_SHARE)
    return Strengths(therapist=found[2], practice=found[1], region=found[0])


def _passed_up(
    n: np.ndarray, y: np.ndarray, strength: float, above: np.ndarray, size: int
) -> tuple[np.ndarray, np.ndarray]:
    """Sum counts into the groups above, each group worth at most strength + 1."""
    weight = (strength + 1) / (n + strength)
    return (
        np.bincount(above, weights=n * weight, minlength=size),
        np.bincount(above, weights=y * weight, minlength=size),
    )


def _numbered(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct ids, where each comes first, and for each row its place among them."""
    return np.unique(ids, return_index=True, return_inverse=True)


def _alikeness(rest: np.ndarray, inner: np.ndarray, outer: np.ndarray) -> Alikeness:
    """Multiply the deviations of every pair in one outer group that is not in one inner group."""
    products, pairs = _pair_sums(rest, outer)
    products_inside, pairs_inside = _pair_sums(rest, inner)
    first = np.unique(inner, return_index=True)[1]
    each = pairs - np.bincount(outer[first], weights=pairs_inside, minlength=len(pairs))
    total = float(each.sum())
    if total <= 0.0:
        return Alikeness(0.0, 0.0, 0.0)
    product = float(products.sum() - products_inside.sum()) / total
    return Alikeness(product, total, total**2 / float(np.sum(each**2)))


def _pair_sums(rest: np.ndarray, group: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each group: the sum of products over all its ordered pairs, and their number."""
    return np.bincount(group, weights=rest) ** 2, np.bincount(group).astype(np.float64) ** 2


def _strength(measured: float, level: Alikeness, usual: float) -> float:
    """Weigh the measured share of variance against the usual one by their precision; 1 / share - 1.

    Pairs of independent answers scatter by 2 / pairs, the groups' own rates by 2 share² / groups; the usual
    share is taken to be right give or take half of itself.
    """
    expected = min(max(1.0 / (usual + 1.0), SMALLEST_SHARE), LARGEST_SHARE)
    weight = 0.0
    if level.pairs:
        weight = 1.0 / (2.0 / level.pairs + 2.0 * expected**2 / level.groups)
    own_weight = 1.0 / (expected / 2.0) ** 2
    share = (weight * measured + own_weight * expected) / (weight + own_weight)
    return 1.0 / min(max(share, SMALLEST_SHARE), LARGEST_SHARE) - 1.0

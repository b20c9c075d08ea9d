import numpy as np
import pytest

from apps.matching.engine.acceptance_history import History
from apps.matching.engine.shrinkage import Strengths, Tree, estimate_strengths
from tests.matching.engine.histories import history

USUAL = Strengths(10.0, 10.0, 10.0)
FAR = 1e9  # a strength at which nothing of a level's own rate is left


def levels(past: History, strengths: Strengths, prior: float = 0.1, smoothing: float = 10.0) -> tuple:
    tree = Tree(past)
    everything = np.ones(len(past), dtype=bool)
    found = tree.levels(tree.count(everything), tree.count(past.is_accepted), strengths, prior, smoothing)
    return found.overall, found.region.tolist(), found.practice.tolist()


def alike(
    spread: float, level: str, seed: int = 3, groups: int = 300, answers: int = 40
) -> tuple[History, float]:
    """Groups of one level differ by a beta of mean 0.3, everything else is the same; and their strength."""
    rng = np.random.default_rng(seed)
    strength = 1 / spread - 1
    rates = rng.beta(0.3 * strength, 0.7 * strength, groups)
    group = np.repeat(np.arange(groups), answers)
    ids = {
        "therapist": np.arange(len(group)) // 4,  # ten in each practice or region
        "practice": np.arange(len(group)) // 8 + 1,
        "region": np.zeros(len(group), dtype=np.int64),
        level: group + 1,
    }
    if level == "therapist":
        ids["practice"] = group + 1
    return history((rng.random(len(group)) < rates[group]).astype(int).tolist(), **ids), strength


def test_rates_come_down_from_all_to_region_to_practice() -> None:
    past = history([1, 0, 0, 0], therapist=[1, 2, 3, 4], practice=[1, 1, 2, 3], region=[10, 10, 10, 80])
    overall, region, practice = levels(past, Strengths(FAR, FAR, FAR))
    assert overall == pytest.approx((1 + 10 * 0.1) / (4 + 10))
    assert region == pytest.approx([overall, overall])
    overall, region, practice = levels(past, Strengths(FAR, 10.0, FAR))
    assert practice == pytest.approx([(1 + 10 * overall) / 12, 10 * overall / 11, 10 * overall / 11])


def test_many_answers_of_one_therapist_weigh_little_in_the_region() -> None:
    """A hundred refusals of one and one acceptance each of two others: weights 100 x 11 / 110, 1 and 1."""
    past = history([0] * 100 + [1, 1], therapist=[1] * 100 + [2, 3], practice=[1] * 100 + [2, 3])
    _overall, region, _practice = levels(past, Strengths(10.0, FAR, 1e-6))
    assert region == pytest.approx([2 / (10 + 1 + 1)], abs=1e-4)


def test_therapists_without_practice_have_the_rate_of_the_region_and_unknown_regions_that_of_all() -> None:
    past = history([1, 1, 0], therapist=[1, 2, 3], practice=[0, 0, 5], region=[10, -1, -1])
    overall, region, practice = levels(past, USUAL)
    assert overall > 0.1
    assert region[0] == overall  # -1 comes first
    assert sorted(practice[:2]) == sorted([region[1], overall])
    assert practice[2] == pytest.approx(10 * overall / 11)


@pytest.mark.parametrize("level", ["therapist", "practice", "region"])
def test_strength_of_a_level_is_found(level: str) -> None:
    past, strength = alike(0.1, level)
    found = estimate_strengths(past, Tree(past), USUAL)
    assert getattr(found, level) == pytest.approx(strength, rel=0.35)


def test_colleagues_who_are_all_the_same_are_not_told_apart() -> None:
    past, strength = alike(0.1, "practice")
    assert estimate_strengths(past, Tree(past), USUAL).therapist > 3 * strength


def test_answers_that_are_no_more_alike_than_others_give_great_strength() -> None:
    rng = np.random.default_rng(5)
    past = history((rng.random(12_000) < 0.3).astype(int).tolist(), therapist=np.arange(12_000) % 600)
    assert estimate_strengths(past, Tree(past), USUAL).therapist > 60


def test_pairs_of_one_day_do_not_count() -> None:
    """Six equal answers to one inquiry are no sign of character."""
    rng = np.random.default_rng(7)
    inquiries = (rng.random(2_000) < 0.3).astype(int)
    past = history(
        np.repeat(inquiries, 6).tolist(),
        therapist=np.repeat(np.arange(2_000) % 500, 6),
        asked_on=np.repeat(np.arange(2_000), 6),
    )
    assert estimate_strengths(past, Tree(past), USUAL).therapist > 60


def test_little_data_stays_near_the_usual_strength() -> None:
    found = estimate_strengths(past := history([1, 0, 0, 1], therapist=[1, 1, 2, 2]), Tree(past), USUAL)
    assert found.therapist == pytest.approx(10.0, rel=0.1)


@pytest.mark.parametrize("outcome", [0, 1])
def test_answers_that_are_all_the_same_leave_the_usual_strength(outcome: int) -> None:
    past = history([outcome] * 30)
    assert estimate_strengths(past, Tree(past), USUAL) == USUAL

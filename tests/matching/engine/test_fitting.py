from dataclasses import replace

import numpy as np
import pytest

from apps.matching.engine.acceptance_model import NO_FIT, AcceptanceModel
from apps.matching.engine.fitting import MINIMUM, TERMS, fit, fit_model, logistic_regression
from benchmarks.acceptance_life import Truth, simulate
from tests.matching.engine.histories import history

PRIOR, SMOOTHING = 0.08, 10.0


def weights(model: AcceptanceModel) -> list[float]:
    return [getattr(model, name) for name in TERMS]


def test_nothing_known_gives_the_model_without_fit() -> None:
    result = fit(history([]), PRIOR, SMOOTHING)
    assert (result.model, result.is_estimated, result.evaluation) == (NO_FIT, False, None)


def test_few_answers_give_rates_but_no_factors() -> None:
    result = fit(history([1, 0, 0, 0, 0, 0]), PRIOR, SMOOTHING)
    assert not result.is_estimated
    assert result.model.overall_rate is not None
    assert [region for region, _rate in result.model.region_rates] == [10]
    assert [practice for practice, _rate in result.model.practice_rates] == [1]
    assert result.model.therapist_strength is None
    assert weights(result.model) == weights(NO_FIT)


@pytest.mark.parametrize(("count", "is_estimated"), [(MINIMUM - 1, False), (MINIMUM, True)])
def test_factors_are_learnt_from_the_minimum_on(count: int, is_estimated: bool) -> None:
    past = history([1, 0, 0, 0] * (count // 4) + [0] * (count % 4), therapist=np.arange(count) % 40)
    result = fit(past, PRIOR, SMOOTHING)
    assert result.is_estimated == is_estimated
    assert (result.model.therapist_strength is not None) == is_estimated
    assert (weights(result.model) != weights(NO_FIT)) == is_estimated


def test_unknown_practices_and_regions_are_not_named() -> None:
    model = fit_model(
        history([1, 0, 0], therapist=[1, 2, 2], practice=[0, 3, 3], region=-1), PRIOR, SMOOTHING
    )
    assert model.region_rates == ()
    assert [practice for practice, _rate in model.practice_rates] == [3]


def test_order_of_the_rows_does_not_matter() -> None:
    past, _chance = simulate(1, therapists=60, weeks=20, contacts=20)
    mixed = past.where(np.random.default_rng(0).permutation(len(past)))
    first, second = (fit_model(each, PRIOR, SMOOTHING) for each in (past, mixed))
    assert weights(first) == pytest.approx(weights(second), abs=1e-3)
    assert replace(first, therapist_strength=None, **dict.fromkeys(TERMS, 1.0)) == replace(
        second, therapist_strength=None, **dict.fromkeys(TERMS, 1.0)
    )


def test_same_history_gives_the_same_fit() -> None:
    past = [simulate(4, therapists=100, weeks=30, contacts=20)[0] for _repetition in range(2)]
    assert fit(past[0], PRIOR, SMOOTHING) == fit(past[1], PRIOR, SMOOTHING)


def test_factor_of_a_sign_is_found() -> None:
    """Half of the requests have the sign: 40 % against 20 %, odds 2/3 against 1/4."""
    rng = np.random.default_rng(2)
    sign = np.arange(20_000) % 2 == 1
    outcome = rng.random(20_000) < np.where(sign, 0.4, 0.2)
    common = {"therapist": np.arange(20_000) % 4_000, "asked_on": np.arange(20_000) // 100}
    for column, name in (
        ("has_free_place", "free_place_odds"),
        ("is_possibly_free", "possible_place_odds"),
        ("knows_agency", "knows_agency_odds"),
    ):
        past = history(outcome.astype(int).tolist(), **common, **{column: sign})
        assert getattr(fit_model(past, PRIOR, SMOOTHING), name) == pytest.approx(8 / 3, rel=0.1)


def test_sign_that_never_occurred_keeps_its_usual_factor() -> None:
    model = fit_model(history([1, 0, 0, 0] * 100, therapist=np.arange(400) % 50), PRIOR, SMOOTHING)
    assert model.free_place_odds == 3.0
    assert model.former_contact_odds == 1.0


def test_few_answers_with_a_sign_move_its_factor_little() -> None:
    sign = np.arange(400) < 4
    past = history([0] * 4 + [1, 0, 0] * 132, therapist=np.arange(400) % 50, has_free_place=sign)
    assert 2.0 < fit_model(past, PRIOR, SMOOTHING).free_place_odds < 3.0


def test_therapists_who_differ_wildly_are_believed_sooner_than_equal_ones() -> None:
    equal = Truth(region_spread=0, practice_spread=0, therapist_spread=0, inquiry_spread=0)
    wild = Truth(region_spread=0, practice_spread=0, therapist_spread=1.5, inquiry_spread=0)
    strengths = [
        fit_model(simulate(3, 400, 52, 60, truth)[0], PRIOR, SMOOTHING).therapist_strength
        for truth in (equal, wild)
    ]
    assert strengths[0] > 3 * strengths[1]


def test_regression_without_data_is_the_prior() -> None:
    prior = np.array([0.3, -0.2])
    found = logistic_regression(np.zeros((0, 2)), np.zeros(0), np.zeros(0), prior, np.ones(2))
    assert found.tolist() == prior.tolist()


def test_regression_meets_the_condition_of_the_optimum() -> None:
    """There the slope of the likelihood and the pull of the prior cancel out."""
    rng = np.random.default_rng(9)
    signs, offset = rng.normal(size=(300, 3)), rng.normal(size=300)
    outcome = (rng.random(300) < 0.3).astype(float)
    prior, spread = np.array([1.0, 0.0, -1.0]), np.array([0.5, 1.0, 2.0])
    found = logistic_regression(signs, offset, outcome, prior, spread)
    chances = 1 / (1 + np.exp(-(offset + signs @ found)))
    slope = signs.T @ (outcome - chances) - (found - prior) / spread**2
    assert slope.tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-6)


def test_regression_survives_signs_that_divide_perfectly() -> None:
    signs = np.array([[1.0], [1.0], [-1.0], [-1.0]]) * 50
    found = logistic_regression(signs, np.zeros(4), np.array([1.0, 1, 0, 0]), np.zeros(1), np.ones(1))
    assert 0 < found[0] < 5


@pytest.mark.parametrize("outcome", [0, 1])
def test_smoothing_of_zero_and_equal_answers_do_no_harm(outcome: int) -> None:
    past = history([outcome] * 240, therapist=np.arange(240) % 30)
    result = fit(past, PRIOR, 0.0)
    assert result.evaluation is not None
    assert np.all(np.isfinite(weights(result.model)))

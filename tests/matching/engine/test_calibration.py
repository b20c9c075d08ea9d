import json
from dataclasses import asdict

import numpy as np
import pytest

from apps.matching.engine.calibration import (
    Bin,
    Evaluation,
    brier,
    calibration_error,
    evaluate,
    log_loss,
    reliability,
)


def test_brier_is_the_mean_squared_difference() -> None:
    assert brier(np.array([True, False]), np.array([0.8, 0.4])) == pytest.approx((0.04 + 0.16) / 2)


def test_log_loss_looks_at_the_chance_given_to_what_came() -> None:
    found = log_loss(np.array([True, False]), np.array([0.8, 0.4]))
    assert found == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)


def test_reliability_sorts_and_cuts_into_ten_equal_parts() -> None:
    predicted = np.arange(20)[::-1] / 20
    bins = reliability(predicted >= 0.5, predicted)
    assert [row.count for row in bins] == [2] * 10
    assert [row.predicted for row in bins] == pytest.approx([0.025 + 0.1 * place for place in range(10)])
    assert [row.observed for row in bins] == [0.0] * 5 + [1.0] * 5


def test_reliability_of_few_has_fewer_parts() -> None:
    assert [row.count for row in reliability(np.array([True] * 3), np.array([0.1, 0.2, 0.3]))] == [1, 1, 1]


def test_range_is_wilsons_and_stays_between_0_and_1() -> None:
    (row, *_rest) = reliability(np.zeros(100, dtype=bool), np.full(100, 0.1))
    assert (row.low, row.high) == (0.0, pytest.approx(0.2775, abs=1e-3))  # nothing out of ten


def test_calibration_error_weighs_bins_by_their_size() -> None:
    bins = (Bin(0.1, 0.2, 0, 1, 30), Bin(0.5, 0.4, 0, 1, 10), Bin(0.3, 0.3, 0, 1, 60))
    assert calibration_error(bins) == pytest.approx(0.04)
    assert calibration_error(()) == 0.0


def test_skill_is_the_share_of_the_plain_averages_score_taken_away() -> None:
    outcome = np.array([True, False, False, False])
    average = np.full(4, 0.25)
    perfect = evaluate(outcome, np.array([0.999, 0.001, 0.001, 0.001]), average, average, average)
    same = evaluate(outcome, average, average, average, average)
    assert perfect.skill == pytest.approx(1.0, abs=1e-5)
    assert same.skill == 0.0
    assert same.brier_plain_average == pytest.approx(0.1875)


def test_evaluation_survives_json() -> None:
    third = np.full(3, 1 / 3)
    found = evaluate(np.array([True, False, True]), third, third, third, third)
    assert Evaluation.from_dict(json.loads(json.dumps(asdict(found)))) == found

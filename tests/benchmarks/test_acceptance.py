"""A small life: the fitted model beats the averages on weeks it has not seen, and its chances are right."""

from statistics import mean
from xml.etree import ElementTree

import numpy as np
import pytest

from apps.matching.engine.calibration import Evaluation
from benchmarks import acceptance
from benchmarks.acceptance_life import Truth, simulate

SEEDS = (11, 12, 13)


@pytest.fixture(scope="module")
def judged() -> list[Evaluation]:
    """Three lives of 400 therapists, 40 inquiries in each of 104 weeks."""
    return [acceptance.judged(simulate(seed, therapists=400, contacts=40)[0]) for seed in SEEDS]


def test_same_seed_gives_the_same_life() -> None:
    first, second, other = (simulate(seed, 50, 10, 10)[0].is_accepted.tolist() for seed in (1, 1, 2))
    assert first == second != other


def test_fitted_model_beats_the_averages(judged: list[Evaluation]) -> None:
    assert mean(each.skill for each in judged) > 0.04
    for each in judged:
        assert each.skill > 0.02
        assert each.brier < min(each.brier_therapist_rate, each.brier_defaults)


def test_chances_are_right_on_average(judged: list[Evaluation]) -> None:
    """Ten bins of some 350 requests scatter by about 1.4 points where every chance is exactly right."""
    assert mean(each.calibration_error for each in judged) < 0.025


def test_nobody_can_foretell_what_depends_on_nothing() -> None:
    """Everybody alike and no signs at work: the model must not see patterns, nor do harm."""
    nothing = Truth(*([-2.0] + [0.0] * 10))
    found = acceptance.judged(simulate(5, therapists=400, contacts=40, truth=nothing)[0])
    assert abs(found.skill) < 0.01


def test_hidden_chances_are_beyond_the_model(judged: list[Evaluation]) -> None:
    past, chance = simulate(SEEDS[0], therapists=400, contacts=40)
    late = past.asked_on >= acceptance.first_held_out_day()
    best = float(np.mean((chance[late] - past.is_accepted[late]) ** 2))
    assert best < judged[0].brier


def test_picture_is_well_formed_and_has_every_dot(judged: list[Evaluation]) -> None:
    root = ElementTree.fromstring(acceptance.picture(judged[0].bins))
    assert len(root.findall(".//{http://www.w3.org/2000/svg}circle")) == 10


def test_tables_name_every_prediction(judged: list[Evaluation]) -> None:
    figures = {f"acceptance.{name}": 0.1 for name in (*acceptance.FACTS, "calibration_error")}
    text = acceptance.table(figures | {"acceptance.brier_hidden_chance": 0.05})
    assert [line.split("  ")[0] for line in text.splitlines()[1:6]] == [
        "plain average",
        "raw rate of the therapist",
        "formula, nothing fitted",
        "fitted model",
        "hidden chance itself",
    ]
    assert len(acceptance.bins_table(judged[0].bins).splitlines()) == 11

import json
from dataclasses import asdict, replace

import numpy as np

from apps.matching.engine.acceptance_model import AcceptanceModel

MODEL = AcceptanceModel(overall_rate=0.1, region_rates=((4, 0.2), (10, 0.3)), practice_rates=((7, 0.5),))


def base_rates(model: AcceptanceModel, practice: list[int], region: list[int]) -> list[float]:
    return model.base_rate(np.array(practice), np.array(region, dtype=np.int16), 0.08).tolist()


def test_base_rate_is_that_of_the_practice_else_region_else_all() -> None:
    assert base_rates(MODEL, [7, 8, 0, 6, 9], [4, 10, 4, 99, -1]) == [0.5, 0.3, 0.2, 0.1, 0.1]


def test_base_rate_without_fit_is_the_prior() -> None:
    assert base_rates(AcceptanceModel(), [7, 0], [10, -1]) == [0.08, 0.08]


def test_base_rate_of_nobody_is_empty() -> None:
    assert base_rates(MODEL, [], []) == []


def test_model_survives_json() -> None:
    assert AcceptanceModel.from_dict(json.loads(json.dumps(asdict(MODEL)))) == MODEL


def test_models_compare_by_all_their_figures() -> None:
    other = replace(MODEL, practice_rates=((7, 0.6),))
    assert other != MODEL
    assert hash(other) == hash(MODEL)  # cheap: the long tables are left out
    assert len({MODEL, other, replace(MODEL)}) == 2

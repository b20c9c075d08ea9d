import numpy as np
import pytest

from apps.matching.engine.acceptance import expected_acceptance
from apps.matching.engine.columns import GROUP_WISHES, pack_therapists
from apps.matching.engine.records import Parameters, TherapistRecord
from tests.matching.engine.builders import TODAY, therapist

PARAMETERS = Parameters(smoothing_strength=10, prior_acceptance=0.1)


def chances(*people: TherapistRecord) -> np.ndarray:
    return expected_acceptance(pack_therapists(people), PARAMETERS)


def odds(chance: float) -> float:
    return chance / (1 - chance)


def test_without_history_the_prior_holds() -> None:
    assert chances(therapist()).tolist() == [[pytest.approx(0.1)]] * 3


def test_history_is_smoothed_towards_region_and_the_whole() -> None:
    busy, quiet = therapist(id=1, asked_count=30, accepted_count=9), therapist(id=2)
    elsewhere, nowhere = therapist(id=3, region="80"), therapist(id=4, region="")
    overall = (9 + 10 * 0.1) / (30 + 10)
    region = (9 + 10 * overall) / (30 + 10)
    expected = [(9 + 10 * region) / 40, region, overall, overall]
    assert chances(busy, quiet, elsewhere, nowhere)[0].tolist() == pytest.approx(expected)


def test_free_place_counts_in_the_settings_the_patient_takes() -> None:
    individual, group = therapist(free_individual_from=TODAY), therapist(id=2, free_group_from=TODAY)
    factors = np.array([[odds(chance) / odds(0.1) for chance in row] for row in chances(individual, group)])
    assert GROUP_WISHES == ("no", "also", "only")
    assert factors.round(9).tolist() == [[3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"possibly_has_places": True}, 1.5),
        ({"knows_agency": True}, 1.5),
        ({"possibly_has_places": True, "knows_agency": True}, 2.25),
        ({"possibly_has_places": True, "free_individual_from": TODAY}, 3.0),
    ],
)
def test_signs_multiply_the_odds(changes: dict[str, object], factor: float) -> None:
    assert odds(chances(therapist(**changes))[0, 0]) == pytest.approx(odds(0.1) * factor)


@pytest.mark.parametrize(("asked", "accepted"), [(10_000, 10_000), (10_000, 0), (5, 9)])
def test_chance_stays_between_0_and_1(asked: int, accepted: int) -> None:
    result = chances(therapist(asked_count=asked, accepted_count=accepted, free_individual_from=TODAY))
    assert np.all((result > 0) & (result < 1))

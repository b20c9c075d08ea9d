from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.matching.engine.acceptance import expected_acceptance
from apps.matching.engine.acceptance_model import NO_FIT, AcceptanceModel
from apps.matching.engine.columns import GROUP_WISHES, pack_therapists
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from tests.matching import oracle
from tests.matching.engine.builders import TODAY, search, therapist
from tests.matching.strategies import of_worlds, worlds

PARAMETERS = Parameters(smoothing_strength=10, prior_acceptance=0.1)
FITTED = AcceptanceModel(
    overall_rate=0.12,
    therapist_strength=4.0,
    region_rates=((10, 0.15), (80, 0.06)),
    practice_rates=((7, 0.3), (9, 0.02)),
    level_odds=0.9,
    history_power=0.8,
    free_place_odds=2.5,
    possible_place_odds=1.2,
    knows_agency_odds=1.4,
    recent_contact_odds=0.5,
    former_contact_odds=0.8,
)


def chances(
    *people: TherapistRecord, model: AcceptanceModel = NO_FIT, today: date | None = None
) -> np.ndarray:
    parameters = replace(PARAMETERS, acceptance=model)
    return expected_acceptance(pack_therapists(people), parameters, today=today)


def odds(chance: float) -> float:
    return chance / (1 - chance)


def rates(*people: TherapistRecord, model: AcceptanceModel) -> list[float]:
    """What is left of the formula when nothing but the history counts."""
    plain = AcceptanceModel(
        model.overall_rate, model.therapist_strength, model.region_rates, model.practice_rates
    )
    return chances(*people, model=plain)[0].tolist()


def test_without_history_the_prior_holds() -> None:
    assert chances(therapist()).tolist() == [[0.1]] * 3


def test_without_fit_counts_are_smoothed_towards_the_prior() -> None:
    busy = therapist(asked_count=30, accepted_count=9)
    assert chances(busy)[0, 0] == pytest.approx((9 + 10 * 0.1) / (30 + 10), abs=1e-9)


def test_history_is_smoothed_towards_practice_else_region_else_the_whole() -> None:
    people = [
        therapist(id=1, practice=7, region="80", asked_count=6, accepted_count=3),
        therapist(id=2, practice=8, region="80"),
        therapist(id=3, practice=8, region="33", asked_count=6),
        therapist(id=4, practice=0, region=""),
    ]
    expected = [(3 + 4 * 0.3) / 10, 0.06, 4 * 0.12 / 10, 0.12]
    assert rates(*people, model=FITTED) == pytest.approx(expected, abs=1e-9)


def test_fitted_strength_replaces_the_parameter() -> None:
    someone = therapist(asked_count=10, accepted_count=10, region="")
    assert rates(someone, model=AcceptanceModel(therapist_strength=2.0)) == [
        pytest.approx((10 + 2 * 0.1) / 12, abs=1e-9)
    ]


def test_power_says_how_far_the_history_is_believed() -> None:
    someone = therapist(asked_count=40, accepted_count=20)
    found = chances(someone, model=AcceptanceModel(overall_rate=0.2, history_power=0.5))[0, 0]
    history = odds((20 + 10 * 0.2) / 50)
    assert odds(found) == pytest.approx(0.25 * (history / 0.25) ** 0.5)


def test_free_place_counts_in_the_settings_the_patient_takes() -> None:
    individual, group = therapist(free_individual_from=TODAY), therapist(id=2, free_group_from=TODAY)
    factors = np.array([[odds(chance) / odds(0.1) for chance in row] for row in chances(individual, group)])
    assert GROUP_WISHES == ("no", "also", "only")
    assert factors.round(6).tolist() == [[3.0, 1.0], [3.0, 3.0], [1.0, 3.0]]


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


@pytest.mark.parametrize(
    ("days", "factor"), [(0, 0.5), (30, 0.5), (31, 0.8), (90, 0.8), (91, 1.0), (-3, 0.5), (None, 1.0)]
)
def test_contact_a_while_ago_counts_less(days: int | None, factor: float) -> None:
    model = AcceptanceModel(recent_contact_odds=0.5, former_contact_odds=0.8)
    last = None if days is None else TODAY - timedelta(days=days)
    found = chances(therapist(last_contact_on=last), model=model, today=TODAY)[0, 0]
    assert odds(found) == pytest.approx(odds(0.1) * factor)


def test_without_a_day_the_last_contact_is_not_looked_at() -> None:
    asked_today = therapist(last_contact_on=TODAY)
    assert chances(asked_today, model=AcceptanceModel(recent_contact_odds=0.5))[0, 0] == 0.1


@pytest.mark.parametrize(("asked", "accepted"), [(10_000, 10_000), (10_000, 0), (5, 9)])
def test_chance_stays_between_0_and_1(asked: int, accepted: int) -> None:
    extreme = AcceptanceModel(history_power=2.0, free_place_odds=20.0, level_odds=20.0)
    for model in (AcceptanceModel(), extreme):
        someone = therapist(asked_count=asked, accepted_count=accepted, free_individual_from=TODAY)
        result = chances(someone, model=model)
        assert np.all((result > 0) & (result < 1))


def test_smoothing_of_zero_still_has_a_chance_for_who_was_never_asked() -> None:
    parameters = Parameters(smoothing_strength=0.0, prior_acceptance=0.1)
    people = pack_therapists([therapist(), therapist(id=2, asked_count=8, accepted_count=2)])
    assert expected_acceptance(people, parameters)[0].round(6).tolist() == [0.1, 0.25]


def test_answer_of_one_therapist_moves_nobody_else() -> None:
    people = [therapist(id=number, practice=7, asked_count=5) for number in (1, 2, 3)]
    before = chances(*people, model=FITTED)
    people[1] = replace(people[1], asked_count=6, accepted_count=1)
    changed = np.any(chances(*people, model=FITTED) != before, axis=0)
    assert changed.tolist() == [False, True, False]


def models() -> st.SearchStrategy[AcceptanceModel]:
    rate, factor = st.floats(0.005, 0.6), st.floats(0.1, 6.0)
    regions = st.lists(rate, min_size=2, max_size=2).map(lambda r: ((1, r[0]), (10, r[1])))
    practices = st.lists(rate, min_size=2, max_size=2).map(lambda r: ((2, r[0]), (5, r[1])))
    fitted = st.builds(
        AcceptanceModel,
        overall_rate=st.one_of(st.none(), rate),
        therapist_strength=st.one_of(st.none(), st.floats(1.0, 50.0)),
        region_rates=st.one_of(st.just(()), regions),
        practice_rates=st.one_of(st.just(()), practices),
        level_odds=factor,
        history_power=st.floats(0.1, 2.0),
        free_place_odds=factor,
        possible_place_odds=factor,
        knows_agency_odds=factor,
        recent_contact_odds=factor,
        former_contact_odds=factor,
    )
    return st.one_of(st.just(AcceptanceModel()), fitted)


@of_worlds(40)
@given(worlds(), models(), st.booleans())
def test_chances_are_those_of_the_oracle(
    world: tuple[list[SearchRecord], list[TherapistRecord], Parameters, date],
    model: AcceptanceModel,
    is_dated: bool,
) -> None:
    _searches, people, parameters, today = world
    people = [replace(person, practice=person.id % 7) for person in people]
    parameters, day = replace(parameters, acceptance=model), today if is_dated else None
    found = expected_acceptance(pack_therapists(people), parameters, today=day)
    for place, wish in enumerate(GROUP_WISHES):
        expected = [oracle.acceptance(search(group_wish=wish), person, parameters, day) for person in people]
        assert found[place].tolist() == pytest.approx(expected, abs=2e-9)

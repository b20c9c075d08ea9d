import numpy as np
import pytest

from apps.matching.simulation import figures as module
from apps.matching.simulation.compare import compare, summary
from apps.matching.simulation.figures import figures, survival
from apps.matching.simulation.run import Run
from apps.matching.simulation.settings import Settings
from tests.matching.simulation.worlds import TINY, certain, small_world


def days(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.fixture
def anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    """One person at risk is enough, so that an example can be worked out by hand."""
    monkeypatch.setattr(module, "LEAST_AT_RISK", 1)


@pytest.mark.usefixtures("anybody")
def test_survival_without_censoring_is_the_share_left() -> None:
    estimate = survival(days(0, 0, 0, 0), days(1, 2, 3, 4), np.ones(4, dtype=bool))
    assert estimate.share.tolist() == pytest.approx([0.75, 0.5, 0.25, 0.0])
    assert estimate.median_days() == 2
    assert [estimate.at(0), estimate.at(2), estimate.at(5)] == [1.0, pytest.approx(0.5), None]


@pytest.mark.usefixtures("anybody")
def test_survival_counts_the_censored_while_they_are_there() -> None:
    """By hand: day 1 one of four; day 2 one leaves without event; day 3 one of two."""
    estimate = survival(days(0, 0, 0, 0), days(1, 2, 3, 5), np.array([True, False, True, False]))
    assert estimate.at(1) == pytest.approx(3 / 4)
    assert estimate.at(3) == pytest.approx(3 / 4 * 1 / 2)
    assert estimate.median_days() == 3


@pytest.mark.usefixtures("anybody")
def test_survival_leaves_out_those_who_were_not_there_yet() -> None:
    """The third is seen only from day 2 on: day 1 one of two, day 3 one of two."""
    estimate = survival(days(0, 0, 2), days(1, 3, 4), np.array([True, True, False]))
    assert estimate.at(1) == pytest.approx(1 / 2)
    assert estimate.at(3) == pytest.approx(1 / 4)


def test_survival_says_nothing_where_too_few_are_left() -> None:
    estimate = survival(days(0, 0, 0, 0, 0, 0), days(2, 2, 9, 9, 9, 9), np.ones(6, dtype=bool))
    assert estimate.last_day == 2
    assert estimate.at(2) == pytest.approx(4 / 6)
    assert (estimate.at(3), estimate.median_days()) == (None, None)


def test_survival_of_nobody_is_empty() -> None:
    estimate = survival(days(), days(), np.zeros(0, dtype=bool))
    assert (estimate.median_days(), estimate.at(0), estimate.at(1)) == (None, 1.0, None)


def test_starved_is_who_could_be_asked_for_and_never_was() -> None:
    """One contact a week with one request: the oldest search is asked for again and again."""
    settings = certain(follow_up_answer_share=0.0)
    settings = Settings(weeks=12, contacts_per_week=1, life=settings.life, policies=("oldest_first",))
    world = small_world(1, 8, places=[0], answering=0.0)
    run = Run(world, settings, "oldest_first", seed=1)
    run.live()
    result = figures(run)
    assert result.starved == result.never_asked == 2  # six go into the one inquiry
    assert result.waiting_at_end == 8
    assert result.waiting_by_week == [8] * 13
    assert result.requests_per_therapist["never_asked_share"] == 0.0


def test_summary_takes_the_middle_and_not_reached_is_the_longest() -> None:
    settings = Settings(weeks=26, policies=("planner", "oldest_first_two_digit"), seeds=(1, 2, 3))
    seeds = [
        {"planner": _figures(10.0, 20.0), "oldest_first_two_digit": _figures(20.0, None)},
        {"planner": _figures(12.0, 20.0), "oldest_first_two_digit": _figures(16.0, 25.0)},
        {"planner": _figures(8.0, None), "oldest_first_two_digit": _figures(20.0, None)},
    ]
    result = summary(settings, seeds)
    ours = result["policies"]["planner"]["figures"]
    assert (ours["weeks_to_acceptance"], ours["weeks_to_place"]) == (10.0, 20.0)
    assert result["policies"]["oldest_first_two_digit"]["figures"]["weeks_to_place"] is None
    gains = result["sooner"]["oldest_first_two_digit"]
    assert gains["weeks_to_acceptance"] == {
        "seeds": pytest.approx([0.5, 0.25, 0.6]),
        "median": pytest.approx(0.5),
        "is_lower_bound": False,
    }
    assert gains["weeks_to_place"]["seeds"] == [pytest.approx(1 - 20 / 26), pytest.approx(0.2), None]
    assert (gains["weeks_to_place"]["median"], gains["weeks_to_place"]["is_lower_bound"]) == (None, True)


def test_figures_of_a_comparison_are_complete_and_plain() -> None:
    result = compare(TINY)
    for one in result["policies"].values():
        values = one["figures"]
        assert 0 < values["contacts"] <= TINY.weeks * TINY.contacts_per_week
        assert len(values["accepted_curve"]) == len(values["placed_curve"]) == 27
        assert values["accepted_curve"][0] == 0.0
        known = [value for value in values["accepted_curve"] if value is not None]
        assert known == sorted(known)
    assert set(result["sooner"]) == set(TINY.policies) - {"planner"}


def _figures(acceptance: float | None, place: float | None) -> dict[str, float | None]:
    return {"weeks_to_acceptance": acceptance, "weeks_to_place": place}

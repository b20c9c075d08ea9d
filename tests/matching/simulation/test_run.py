from dataclasses import replace

import numpy as np
import pytest

from apps.matching.simulation.agency import NEVER, State
from apps.matching.simulation.compare import compare
from apps.matching.simulation.run import Run
from apps.matching.simulation.settings import POLICIES, Rules, Settings
from apps.matching.simulation.world import invent
from tests.matching.simulation.worlds import TINY, certain, small_world

# CERTAIN answers after 1 + 3 days
ANSWER_DAY = 4


def lived(settings: Settings, therapists: int, searches: int, places: list[int], **more: float) -> Run:
    run = Run(small_world(therapists, searches, places=places, **more), settings, "oldest_first", seed=1)
    run.live()
    return run


def test_free_place_is_accepted_after_the_answer_and_confirmed_after_the_trial() -> None:
    agency = lived(certain(trial_weeks=(2, 2)), 1, 1, [1]).agency
    assert agency.first_yes.tolist() == [ANSWER_DAY]
    assert agency.placed.tolist() == [ANSWER_DAY + 14]
    assert (agency.contacts, agency.conflicts, agency.places.tolist()) == (1, 0, [0])


def test_one_place_is_given_once_and_the_others_are_declined() -> None:
    agency = lived(replace(certain(), weeks=4), 1, 3, [1]).agency
    assert np.count_nonzero(agency.first_yes != NEVER) == 1
    assert (agency.answers, agency.yeses) == (3, 1)
    assert sorted(len(locks) for locks in agency.locks) == [0, 1, 1]


def test_pause_and_pair_lock_keep_a_therapist_from_being_asked_again() -> None:
    """Six weeks: asked on day 0, answered on day 4, paused until day 32, asked again on the Monday after."""
    assert lived(certain(), 1, 1, [0]).agency.contacts == 2
    rules = Rules(contact_pause_days=0, pair_lock_days=0)
    assert lived(replace(certain(), rules=rules), 1, 1, [0]).agency.contacts == 6
    assert lived(replace(certain(), rules=replace(rules, pair_lock_days=60)), 1, 1, [0]).agency.contacts == 1


def test_silence_expires_after_the_follow_up_and_counts_as_asked() -> None:
    """Follow-up on day 7, expired on day 21; asked again on day 21 the earliest, a Monday: the answers of a
    day come after its round, so on day 28."""
    run = lived(certain(follow_up_answer_share=0.0), 1, 1, [1], answering=0.0)
    assert run.agency.contacts == 2
    assert run.agency.asked.tolist() == [1]
    assert run.agency.open_requests.tolist() == [1]


def test_follow_up_call_brings_the_answer() -> None:
    run = lived(certain(follow_up_answer_share=1.0), 1, 1, [1], answering=0.0)
    assert run.agency.first_yes.tolist() == [7]


def test_first_acceptance_withdraws_the_others_and_a_crossing_yes_is_a_conflict() -> None:
    agency = lived(certain(), 3, 1, [1, 1, 1]).agency
    assert agency.contacts == 3
    assert agency.yeses == 1
    assert agency.conflicts == 2  # all answer on the same day
    assert agency.places.sum() == 2
    assert agency.open_requests.tolist() == [0]
    assert not agency.is_asked.any()


def test_trial_that_does_not_fit_leads_back_and_excludes_the_therapist() -> None:
    run = lived(certain(confirmed_share=0.0, trial_weeks=(2, 2)), 1, 1, [1])
    assert State(run.agency.state[0]) == State.WAITING
    assert run.agency.excluded == [{1}]
    assert run.agency.places.tolist() == [1]
    assert run.agency.contacts == 1


def test_waiting_list_may_become_a_place() -> None:
    life = {"waitlist_share": 1.0, "waitlist_weeks": 3, "waitlist_place_share": 1.0}
    agency = lived(certain(**life), 1, 1, [0]).agency
    assert agency.first_yes.tolist() == [ANSWER_DAY + 21]


def test_impatient_patient_gives_up_and_requests_are_withdrawn() -> None:
    world = small_world(1, 1, places=[0], answering=0.0)
    world = replace(world, truth=replace(world.truth, patience_days=np.array([10.0])))
    run = Run(world, certain(follow_up_answer_share=0.0), "oldest_first", seed=1)
    run.live()
    assert State(run.agency.state[0]) == State.GAVE_UP
    assert run.agency.gave_up.tolist() == [14]
    assert (run.agency.open_requests.tolist(), run.agency.is_asked.tolist()) == ([0], [False])


@pytest.mark.parametrize("policy", POLICIES)
def test_books_balance_after_a_run(policy: str) -> None:
    world = invent(TINY, 1)
    run = Run(world, TINY, policy, seed=1)
    agency = run.live()
    is_open = np.zeros(len(world.searches), dtype=np.int64)
    for search, inquiries in agency.asked_by.items():
        is_open[search] = len(inquiries)
    assert np.array_equal(agency.open_requests, is_open)
    assert agency.contacts <= TINY.contacts_per_week * TINY.weeks
    assert agency.requests_of_therapist.sum() == agency.requests_of_search.sum()
    assert (agency.open_requests <= TINY.rules.engine.open_requests_per_search).all()
    assert ((agency.placed == NEVER) | (agency.placed >= agency.first_yes)).all()
    assert np.array_equal(agency.state == State.PLACED, agency.placed != NEVER)
    assert len(run.waiting_by_week) == TINY.weeks


def test_same_seed_gives_the_same_result_and_another_seed_another() -> None:
    first = compare(TINY)
    assert first == compare(TINY)
    assert first != compare(replace(TINY, seeds=(2,)))


def test_policy_does_not_depend_on_which_others_run() -> None:
    alone = compare(replace(TINY, policies=("oldest_first",)))
    assert alone["policies"]["oldest_first"] == compare(TINY)["policies"]["oldest_first"]


def test_progress_is_told_every_week_and_may_stop_the_run() -> None:
    weeks: list[tuple[str, int, int]] = []
    compare(replace(TINY, policies=("planner",), weeks=3), lambda *told: weeks.append(told))
    assert weeks == [("planner", 1, 1), ("planner", 2, 1), ("planner", 3, 1)]

    def stop(policy: str, week: int, seed: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare(TINY, stop)


def test_planner_beats_the_two_digit_habit_in_a_busy_small_world() -> None:
    settings = Settings(
        weeks=16,
        arrivals_per_week=10.0,
        contacts_per_week=24,
        therapists=800,
        waiting_at_start=60,
        policies=("planner", "oldest_first_two_digit"),
        seeds=(1, 2),
    )
    policies = compare(settings)["policies"]
    ours, theirs = (policies[name]["figures"] for name in settings.policies)
    assert ours["first_acceptances"] > 1.2 * theirs["first_acceptances"]
    assert ours["contacts"] == theirs["contacts"]
    assert ours["starved"] == 0

from dataclasses import replace

import numpy as np
import pytest

from apps.matching.engine.matching import match
from apps.matching.engine.records import Parameters
from apps.matching.simulation.agency import Agency
from apps.matching.simulation.policies import OVERDUE_DAYS, Inquiries, Week, choose
from apps.matching.simulation.settings import POLICIES, Rules
from apps.matching.simulation.world import World, invent
from tests.matching.simulation.worlds import TINY, small_world


def week_of(world: World, contacts: int = 10, parameters: Parameters | None = None) -> Week:
    parameters = parameters or Parameters()
    agency = Agency(world, Rules(engine=parameters))
    agency.state[world.enters == 0] = 1
    rows = agency.waiting(0)
    searches, therapists = agency.searches(rows, 0), agency.therapists()
    return Week(
        matches=match(searches, therapists, parameters, world.first_day, top=len(therapists)),
        therapists=therapists,
        waiting_days=world.first_day.toordinal() - searches.started_on,
        open_requests=searches.open_requests,
        was_asked=np.zeros(len(rows), dtype=bool),
        search_region=world.search_region[rows],
        parameters=parameters,
        contacts=contacts,
    )


def pairs(inquiries: Inquiries) -> set[tuple[int, int]]:
    return {(search, therapist) for therapist, asked in inquiries.items() for search in asked}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("contacts", [1, 7, 40])
@pytest.mark.parametrize(
    "parameters", [Parameters(), Parameters(max_requests_per_inquiry=2, open_requests_per_search=3)]
)
def test_every_policy_keeps_the_limits_and_the_hard_rules(
    policy: str, contacts: int, parameters: Parameters
) -> None:
    week = week_of(invent(TINY, 1), contacts, parameters)
    inquiries = choose(policy, week)
    matches = week.matches
    fitting = set(zip(matches.search_index.tolist(), matches.therapist_index.tolist(), strict=True))
    asked = [search for searches in inquiries.values() for search in searches]
    groups = [int(week.therapists.contact_group[therapist]) for therapist in inquiries]
    assert 0 < len(inquiries) <= contacts
    assert pairs(inquiries) <= fitting
    assert all(0 < len(found) <= parameters.max_requests_per_inquiry for found in inquiries.values())
    assert all(len(found) == len(set(found)) for found in inquiries.values())
    assert max(np.bincount(asked)) <= parameters.open_requests_per_search
    assert len(groups) == len(set(groups))


@pytest.mark.parametrize("policy", ["greedy_by_value", "oldest_first", "oldest_first_two_digit"])
def test_inquiries_below_the_least_size_are_not_sent(policy: str) -> None:
    week = week_of(small_world(2, 4, places=[0, 0]), 2, Parameters(min_requests_per_inquiry=5))
    assert choose(policy, week) == {}


def test_oldest_first_asks_for_the_search_that_waits_longest() -> None:
    parameters = Parameters(max_requests_per_inquiry=1)
    week = week_of(small_world(3, 3, places=[0, 0, 0]), 2, parameters)
    assert choose("oldest_first", week) == {0: [0], 1: [0]}
    assert choose("oldest_first_two_digit", week) == {0: [0], 1: [0]}


def test_two_digits_leave_out_therapists_behind_the_border() -> None:
    world = small_world(2, 1, places=[0, 0])
    world = replace(world, therapists=replace(world.therapists, region=np.array([12, 10], dtype=np.int16)))
    week = week_of(world)
    assert choose("oldest_first_two_digit", week) == {1: [0]}
    assert choose("oldest_first", week) == {0: [0], 1: [0]}
    assert choose("oldest_first_two_digit", replace(week, search_region=np.array([-1]))) == {}


def test_greedy_takes_the_most_promising_therapist() -> None:
    world = small_world(3, 2, places=[0, 0, 0])
    free = np.array([False, False, True])
    world = replace(world, therapists=replace(world.therapists, has_free_individual=free))
    assert choose("greedy_by_value", week_of(world, contacts=1)) == {2: [0, 1]}
    assert choose("planner", week_of(world, contacts=1)) == {2: [0, 1]}


def test_planner_first_sends_to_those_who_were_never_asked_for_too_long() -> None:
    """One search has only a poor option; it waits longest, and gets its contact before better ones."""
    world = small_world(3, 2, places=[0, 0, 0])
    columns = world.therapists
    far = columns.latitude.copy()
    far[0] += 0.4
    near = world.searches.latitude.copy()
    near[0] += 0.4
    free = np.array([False, True, True])
    world = replace(
        world,
        therapists=replace(columns, latitude=far, has_free_individual=free),
        searches=replace(world.searches, latitude=near),
    )
    week = week_of(world, contacts=2)
    late = replace(week, waiting_days=np.array([OVERDUE_DAYS + 1, 7]))
    early = replace(week, waiting_days=np.array([OVERDUE_DAYS, 7]))
    assert set(choose("planner", early)) == {1, 2}
    assert set(choose("planner", late)) == {0, 1}
    assert set(choose("planner", replace(late, was_asked=np.array([True, False])))) == {1, 2}

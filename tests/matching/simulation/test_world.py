from datetime import date

import numpy as np

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.simulation.places import AREAS, scatter
from apps.matching.simulation.settings import Settings
from apps.matching.simulation.world import arrival_days, continue_agency, invent
from tests.matching.engine import builders
from tests.matching.simulation.worlds import TINY


def test_invented_world_is_the_same_for_the_same_seed_and_another_for_another() -> None:
    first, again, other = invent(TINY, 1), invent(TINY, 1), invent(TINY, 2)
    for name in ("latitude", "asked_count", "accepted_count", "has_free_individual"):
        assert np.array_equal(getattr(first.therapists, name), getattr(again.therapists, name))
    assert np.array_equal(first.truth.leaning, again.truth.leaning)
    assert np.array_equal(first.searches.started_on, again.searches.started_on)
    assert not np.array_equal(first.truth.leaning, other.truth.leaning)


def test_backlog_waits_already_and_arrivals_begin_when_they_enter() -> None:
    world = invent(TINY, 1)
    began = world.searches.started_on - world.first_day.toordinal()
    assert (began[:20] <= 0).all() and (world.enters[:20] == 0).all()
    assert (began[:20] == np.sort(began[:20])).all()
    assert np.array_equal(began[20:], world.enters[20:])


def test_arrivals_are_poisson_with_the_wished_mean() -> None:
    days = arrival_days(Settings(weeks=100, arrivals_per_week=25.0), seed=3)
    per_week = np.bincount(days // 7, minlength=100)
    assert (days % 7 == 0).all()
    assert 24 < per_week.mean() < 26
    assert 3.5 < per_week.std() < 6.5


def test_places_lie_in_the_area_whose_centre_is_nearest() -> None:
    points = scatter(np.random.default_rng(5), 3000)
    assert set(points.region.tolist()) <= set(AREAS[:, 0].astype(int).tolist())
    berlin = np.isin(points.region, [10, 12, 13])
    assert 52.2 < points.latitude[berlin].mean() < 52.8
    leipzig = points.region == 4
    assert abs(points.latitude[leipzig].mean() - 51.33) < 0.2


def test_truth_has_more_yes_with_a_place_than_without() -> None:
    world = invent(TINY, 1)
    with_place, without = (world.truth.chance(TINY.life, flag) for flag in (True, False))
    assert (with_place > 5 * without).all()


def test_agency_goes_on_with_its_own_records_and_patients_like_them() -> None:
    therapists = pack_therapists([builders.therapist(id=7, has_open_inquiry=True)])
    waiting = pack_searches(
        [
            builders.search(id=70, started_on=date(2025, 1, 1), excluded_therapists=frozenset({7})),
            builders.search(id=80, started_on=date(2025, 2, 1), max_distance_km=5.0, open_requests=3),
        ]
    )
    region = np.array([10, 4])
    world = continue_agency(therapists, waiting, region, date(2025, 3, 3), TINY, seed=1)
    arrivals = arrival_days(TINY, 1)
    assert len(world.searches) == 2 + len(arrivals)
    assert world.searches.started_on[:2].tolist() == [
        date(2025, 1, 1).toordinal(),
        date(2025, 2, 1).toordinal(),
    ]
    assert world.searches.open_requests.tolist() == [0] * len(world.searches)
    assert world.searches.turned_down.counts.tolist() == [1] + [0] * (1 + len(arrivals))
    assert len(set(world.searches.id.tolist())) == len(world.searches)
    assert not world.therapists.has_open_inquiry.any()
    is_near = world.searches.max_distance_km == 5.0
    assert np.array_equal(world.search_region, np.where(is_near, 4, 10))

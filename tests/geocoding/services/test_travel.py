"""Asking, keeping, estimating; the servers are stand-ins that speak the real protocols over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.geocoding.clients import routing
from apps.geocoding.models import OutsideServer, PostalCode, TravelTime
from apps.geocoding.services import servers, travel
from apps.geocoding.services.travel import Prefetched, Travel, forget_expired, prefetch, travel_minutes
from apps.geocoding.travel import point_key
from apps.geocoding.travel_times import Origin
from tests.geocoding.routers import Point, StandIn, osrm, otp

pytestmark = pytest.mark.django_db

HOME = Origin(51.33974, 12.37306, "04103")
ROUNDED = (51.3397, 12.3731)
CENTRE = (51.3413, 12.3942)
PLACES = [(51.3, 12.5), (51.31, 12.5), (51.32, 12.5), (51.33, 12.5), (51.34, 12.5), (51.35, 12.5)]
DEAD = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "PAUSES_SECONDS", (0.0, 0.0))
    monkeypatch.setattr(travel, "FOREIGN_INTERVAL_SECONDS", 0.01)


@pytest.fixture
def car(settings: Any) -> Iterator[StandIn]:
    """An own OSRM for cars."""
    with osrm() as (server, url):
        settings.OSRM_CAR_URL, settings.OSRM_IS_OWN = url, True
        yield server


@pytest.fixture
def timetable(settings: Any) -> Iterator[StandIn]:
    with otp() as (server, url):
        settings.TRANSIT_URL, settings.TRANSIT_IS_OWN = url, True
        yield server


def ask(at: datetime, mode: str = "car", places: list[Point] = PLACES, home: Origin = HOME) -> Prefetched:
    return prefetch(origin=home, destinations=places, mode=mode, at=at)


def ways(at: datetime, mode: str = "car", places: list[Point] = PLACES) -> list[Travel]:
    return travel_minutes(origin=HOME, destinations=places, mode=mode, at=at)


# asking and keeping


def test_minutes_are_those_of_the_router_with_parking(car: StandIn, at: datetime) -> None:
    seconds = [car.seconds(ROUNDED, place) for place in PLACES]
    assert [way.minutes for way in ways(at)] == [5 + -(-(value or 0) // 60) for value in seconds]
    assert {way.is_estimated for way in ways(at)} == {False}


def test_cache_hit_costs_no_request(car: StandIn, at: datetime) -> None:
    first = ways(at)
    assert car.requests == 1
    assert ways(at + timedelta(days=89)) == first
    assert car.requests == 1
    assert ask(at) == Prefetched(known=6)


def test_only_what_is_missing_is_asked(car: StandIn, at: datetime) -> None:
    ask(at, places=PLACES[:4])
    assert ask(at, places=[*PLACES, PLACES[0]]) == Prefetched(known=4, fetched=2)
    assert car.asked[1] == [ROUNDED, *PLACES[4:]]


def test_batches_are_no_larger_than_set(car: StandIn, at: datetime, settings: Any) -> None:
    settings.OSRM_COORDINATES = 3
    assert ask(at) == Prefetched(fetched=6)
    assert [len(points) for points in car.asked] == [3, 3, 3]


def test_size_a_server_refuses_is_tried_once(car: StandIn, at: datetime) -> None:
    car.most_coordinates = 4
    ask(at)
    ask(at, places=[(51.5, 12.0 + number / 100) for number in range(6)])
    assert [len(points) for points in car.asked] == [7, 4, 4, 4, 4]


def test_row_keeps_what_was_told(car: StandIn, at: datetime) -> None:
    ask(at, places=PLACES[:1])
    row = TravelTime.objects.get()
    seconds = car.seconds(ROUNDED, PLACES[0])
    assert seconds is not None
    assert (row.origin, row.destination) == (point_key(*ROUNDED), point_key(*PLACES[0]))
    assert (row.mode, row.source, row.seconds, row.metres) == ("car", "router", seconds, seconds * 20)
    assert (row.fetched_at, row.expires_on) == (at, date(2027, 2, 21))


def test_expired_row_is_asked_again_in_place(car: StandIn, at: datetime) -> None:
    ask(at, places=PLACES[:1])
    later = at + timedelta(days=91)
    assert ask(later, places=PLACES[:1]) == Prefetched(fetched=1)
    assert TravelTime.objects.get().fetched_at == later


def test_no_way_is_told_as_such_and_asked_again_after_a_week(car: StandIn, at: datetime) -> None:
    car.cut_off = {PLACES[1]}
    assert ways(at)[1] == Travel(minutes=None, is_estimated=False, km=9.42)
    assert TravelTime.objects.get(seconds=None).expires_on == date(2026, 11, 30)


def test_place_the_router_does_not_know_is_estimated_and_not_asked_again(car: StandIn, at: datetime) -> None:
    car.unplaced = {PLACES[1]}
    found = ways(at)
    assert [way.is_estimated for way in found] == [False, True, False, False, False, False]
    assert found[1].minutes == 24  # 5 + 1.95 x 9.42
    requests = car.requests
    assert ask(at) == Prefetched(known=6, unplaced=1)
    assert ask(at).measured == 5
    assert car.requests == requests


def test_public_transport_asks_the_timetable(timetable: StandIn, at: datetime) -> None:
    places = [(51.3, round(12.0 + number / 100, 4)) for number in range(12)]
    found = ways(at, "public_transport", places)
    seconds = [timetable.seconds(ROUNDED, place) or 0 for place in places]
    assert [way.minutes for way in found] == [-(-value * 2 // 60) for value in seconds]
    assert [len(points) - 1 for points in timetable.asked] == [10, 2]
    assert set(TravelTime.objects.values_list("source", "metres")) == {("timetable", None)}


# nobody to ask


def test_without_a_router_everything_is_estimated_and_says_so(at: datetime) -> None:
    (way,) = ways(at, places=PLACES[:1])
    assert way == Travel(minutes=25, is_estimated=True, km=9.866)
    assert (ask(at), TravelTime.objects.count()) == (Prefetched(), 0)


def test_dead_server_degrades_to_the_estimate_and_says_so(at: datetime, settings: Any) -> None:
    settings.OSRM_CAR_URL, settings.OSRM_IS_OWN = DEAD, True
    assert [(way.minutes, way.is_estimated) for way in ways(at, places=PLACES[:1])] == [(25, True)]
    row = OutsideServer.objects.get(name="osrm-car")
    assert (row.failures, row.open_until, row.reply) == (
        1,
        at + timedelta(minutes=1),
        "not reached (URLError)",
    )


def test_server_that_fails_rests_and_is_asked_again_afterwards(car: StandIn, at: datetime) -> None:
    car.failures = [503] * 3
    assert ask(at) == Prefetched(is_complete=False)
    assert car.requests == 3
    assert ask(at + timedelta(seconds=59)) == Prefetched(is_complete=False)
    assert car.requests == 3
    assert ask(at + timedelta(minutes=1)) == Prefetched(fetched=6)
    assert servers.resting(name="osrm-car", at=at + timedelta(minutes=1)) is None


def test_rest_is_that_of_one_server_only(car: StandIn, timetable: StandIn, at: datetime) -> None:
    timetable.failures = [503] * 3
    assert ask(at, "public_transport") == Prefetched(is_complete=False)
    assert ask(at) == Prefetched(fetched=6)


def test_what_came_before_the_failure_is_kept(car: StandIn, at: datetime, settings: Any) -> None:
    settings.OSRM_COORDINATES = 3
    ask(at, places=PLACES[:2])
    car.failures = [503] * 3
    assert ask(at, places=PLACES) == Prefetched(known=2, is_complete=False)
    assert [way.is_estimated for way in ways(at)] == [False, False, True, True, True, True]


@pytest.mark.django_db(transaction=True)
def test_nothing_is_asked_inside_a_transaction(car: StandIn, at: datetime) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        ask(at)
    assert car.requests == 0


# what leaves the house


@pytest.fixture
def foreign(car: StandIn, settings: Any) -> StandIn:
    settings.OSRM_IS_OWN = False
    latitude, longitude = CENTRE
    PostalCode.objects.create(
        plz="04103", place_name="Leipzig", state="SN", latitude=latitude, longitude=longitude
    )
    return car


def test_server_of_others_never_learns_more_than_the_postal_code(foreign: StandIn, at: datetime) -> None:
    ask(at)
    assert ask(at, places=[(52.0, 13.0)], home=replace(HOME, latitude=51.3501)) == Prefetched(fetched=1)
    assert [points[0] for points in foreign.asked] == [CENTRE, CENTRE]
    assert set(TravelTime.objects.values_list("origin", flat=True)) == {point_key(*CENTRE)}


def test_without_a_known_postal_code_nothing_is_asked_of_others(foreign: StandIn, at: datetime) -> None:
    assert ask(at, home=replace(HOME, plz="99999")) == Prefetched()
    assert foreign.requests == 0


def test_server_of_others_is_asked_in_turn(foreign: StandIn, at: datetime, monkeypatch: Any) -> None:
    taken: list[tuple[str, float]] = []

    def slot(*, name: str, interval_seconds: float, patience_seconds: float) -> None:
        taken.append((name, interval_seconds))

    monkeypatch.setattr(servers, "wait_for_slot", slot)
    monkeypatch.setattr(travel, "FOREIGN_INTERVAL_SECONDS", 1.0)
    ask(at)
    assert taken == [("osrm-car", 1.0)]


def test_shared_postal_code_has_one_middle(foreign: StandIn, at: datetime) -> None:
    PostalCode.objects.create(plz="04103", place_name="Aaa", state="SN", latitude=51.5, longitude=12.6)
    ask(at)
    assert foreign.asked[0][0] == (51.5, 12.6)


# tidiness


def test_expired_rows_are_forgotten(car: StandIn, at: datetime) -> None:
    ask(at)
    assert forget_expired(at=at + timedelta(days=90)) == 0
    assert forget_expired(at=at + timedelta(days=91)) == 6


def test_known_ways_need_one_query(car: StandIn, at: datetime) -> None:
    ask(at)
    with CaptureQueriesContext(connection) as captured:
        ask(at)
    assert len(captured) == 1

"""Measuring the ways of open searches, from the task to the page; the router is a stand-in over HTTP."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.db import transaction
from django.test import Client
from django.urls import reverse

from apps.core.models import RowChange
from apps.geocoding.clients import routing
from apps.geocoding.models import TravelTime
from apps.matching.models import PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.candidates import Judgement, explain, look_at
from apps.matching.services import travel
from apps.matching.services.travel import Measured, measure
from apps.matching.tasks import measure_travel
from apps.therapists.models import Practice, Therapist
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.geocoding.routers import StandIn, osrm
from tests.matching.acts import AT, TODAY, current

pytestmark = pytest.mark.django_db(transaction=True)

HOME = (51.3397, 12.3913)
ENGLISH = {"Accept-Language": "en"}


def clock() -> datetime:
    return AT


@pytest.fixture
def car(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    monkeypatch.setattr(routing, "PAUSES_SECONDS", (0.0, 0.0))
    with osrm() as (server, url):
        settings.OSRM_CAR_URL, settings.OSRM_IS_OWN = url, True
        yield server


def by_minutes(minutes: int = 30, **fields: Any) -> PlacementSearch:
    limits = {"patient__max_travel_minutes": minutes, "patient__max_distance_km": None}
    return SearchFactory(**limits | fields)


def at_latitude(latitude: float, **fields: Any) -> Therapist:
    return TherapistFactory(practice__latitude=latitude, **fields)


def best(search: PlacementSearch) -> list[Judgement]:
    return look_at(search=search, today=TODAY, parameters=current()).candidates


def ids(judgements: list[Judgement]) -> list[int]:
    return [judgement.therapist.pk for judgement in judgements]


def test_measured_minutes_decide_who_is_a_candidate(car: StandIn) -> None:
    """Forty kilometres are 83 minutes as estimated, and 39 at 72 km/h with parking."""
    far, near = at_latitude(51.70), at_latitude(51.35)
    search = by_minutes(40)
    assert ids(best(search)) == [near.pk]
    assert measure(clock=clock) == Measured(searches=1, times=2)
    found = {judgement.therapist.pk: judgement for judgement in best(search)}
    assert {pk: (one.travel_minutes, one.is_travel_measured) for pk, one in found.items()} == {
        near.pk: (7.0, True),
        far.pk: (39.0, True),
    }
    assert car.asked == [[HOME, (51.35, 12.3747), (51.7, 12.3747)]]


def test_one_search_is_explained_with_the_same_minutes(car: StandIn) -> None:
    car.cut_off = {(51.35, 12.3747)}
    near = at_latitude(51.35)
    search = by_minutes()
    measure(clock=clock)
    (one,) = explain(search=search, therapist_ids=[near.pk], today=TODAY, parameters=current())
    assert (one.reasons, one.travel_minutes, one.has_no_way) == (("too_far",), None, True)


def test_second_run_asks_nothing(car: StandIn) -> None:
    at_latitude(51.35)
    by_minutes()
    measure(clock=clock)
    changes = RowChange.objects.count()
    assert measure(clock=clock) == Measured()
    assert (car.requests, RowChange.objects.count()) == (1, changes)


def test_neighbours_cost_one_request(car: StandIn) -> None:
    at_latitude(51.35)
    searches = [by_minutes(), by_minutes()]
    assert measure(clock=clock) == Measured(searches=2, times=1)
    assert car.requests == 1
    assert [best(search)[0].is_travel_measured for search in searches] == [True, True]


def test_practice_that_moves_is_measured_anew(car: StandIn) -> None:
    person = at_latitude(51.35)
    search = by_minutes()
    measure(clock=clock)
    Practice.objects.filter(workplaces__therapist=person).update(latitude=51.36)
    assert best(search)[0].is_travel_measured is False
    assert measure(clock=clock) == Measured(searches=1, times=1)
    assert best(search)[0].is_travel_measured is True


@pytest.mark.parametrize(
    "fields",
    [
        {"patient__max_travel_minutes": None, "patient__max_distance_km": 25},
        {"patient__travel_mode": "bicycle"},  # no router for it
        {"patient__latitude": None, "patient__longitude": None, "patient__precision": "none"},
        {"status": "cancelled", "ended_on": TODAY},
    ],
)
def test_only_open_searches_with_minutes_and_a_router_are_measured(
    car: StandIn, fields: dict[str, Any]
) -> None:
    at_latitude(51.35)
    by_minutes(**fields)
    assert measure(clock=clock) == Measured()
    assert car.requests == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"practice__latitude": 52.0},  # 73 km in 25 minutes: nobody drives so fast
        {"practice": False},
        {"review_status": "unreviewed"},
        {"do_not_contact_since": TODAY},
        {"status": "inactive"},
    ],
)
def test_only_who_might_be_asked_and_reached_is_measured(car: StandIn, fields: dict[str, Any]) -> None:
    TherapistFactory(**fields)
    by_minutes()
    assert measure(clock=clock) == Measured()


def test_limit_in_kilometres_saves_questions(car: StandIn) -> None:
    at_latitude(51.36)
    at_latitude(51.60)
    by_minutes(60, patient__max_distance_km=20)
    assert measure(clock=clock) == Measured(searches=1, times=1)


def test_place_unknown_to_the_router_is_no_news(car: StandIn) -> None:
    car.unplaced = {(51.35, 12.3747)}
    at_latitude(51.35)
    by_minutes()
    assert [measure(clock=clock) for _run in range(2)] == [Measured(searches=0, times=1), Measured()]
    assert car.requests == 1


def test_dead_server_leaves_the_estimates_and_is_asked_once(settings: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(routing, "PAUSES_SECONDS", (0.0, 0.0))
    settings.OSRM_CAR_URL, settings.OSRM_IS_OWN = "http://127.0.0.1:9", True
    at_latitude(51.35)
    searches = [by_minutes(), by_minutes(patient__latitude=51.34)]
    assert measure(clock=clock) == Measured(is_complete=False)
    assert [best(search)[0].is_travel_measured for search in searches] == [False, False]
    assert [best(search)[0].travel_minutes for search in searches] == [9.0, 9.0]


def test_run_ends_when_the_time_is_up(car: StandIn) -> None:
    at_latitude(51.35)
    by_minutes()
    by_minutes(patient__latitude=51.34)
    ticks = iter([AT, AT, AT, AT + travel.LONGEST_RUN])
    assert measure(clock=lambda: next(ticks)) == Measured(searches=1, times=1, is_complete=False)
    assert measure(clock=clock) == Measured(searches=1, times=1)


def test_neighbourhoods_come_before_surroundings(car: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(travel, "TURNS", ((0, 1), (1, 9)))
    for latitude in (51.40, 51.35, 51.45):
        at_latitude(latitude)
    by_minutes()
    by_minutes(patient__latitude=51.34)
    measure(clock=clock)
    assert [[place[0] for place in points[1:]] for points in car.asked] == [
        [51.35],
        [51.35],
        [51.40, 51.45],
        [51.40, 51.45],
    ]


def test_expired_times_are_forgotten_and_asked_again(car: StandIn) -> None:
    at_latitude(51.35)
    by_minutes()
    measure(clock=clock)
    later = AT + timedelta(days=91)
    assert measure(clock=lambda: later) == Measured(searches=1, times=1)
    assert TravelTime.objects.get().fetched_at == later


def test_measuring_inside_a_transaction_is_refused(car: StandIn) -> None:
    at_latitude(51.35)
    by_minutes()
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        measure(clock=clock)
    assert car.requests == 0


def test_kept_world_with_measured_ways_equals_reading_anew(car: StandIn) -> None:
    at_latitude(51.35)
    at_latitude(51.70)
    by_minutes(40)
    worlds.outlook(today=TODAY, parameters=current())
    measure(clock=clock)
    _world, kept_standing = worlds.outlook(today=TODAY, parameters=current())
    with transaction.atomic():
        _world, fresh = worlds.outlook(today=TODAY, parameters=current())
    assert kept_standing.candidate_count.tolist() == [2]
    for column, expected in zip(kept_standing.columns(), fresh.columns(), strict=True):
        assert column.tolist() == expected.tolist()


def test_task_without_a_router_does_nothing() -> None:
    at_latitude(51.35)
    by_minutes()
    measure_travel()
    assert TravelTime.objects.count() == 0


def test_bell_rings_only_with_a_router(car: StandIn, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda task, **kwargs: rung.append(task))
    settings.CELERY_BROKER_URL = "memory://"
    travel.ring()
    settings.OSRM_CAR_URL = ""
    travel.ring()
    assert rung == ["matching.measure_travel"]


# the pages


def cell(client: Client, search: PlacementSearch) -> str:
    text = client.get(search.get_absolute_url(), headers=ENGLISH).text
    row = text[text.index('id="candidate-1"') :]
    return " ".join(row[row.index('<td class="num">', row.index("</td>")) :].split("</td>")[0].split())


def test_page_marks_what_is_estimated(viewer_client: Client, car: StandIn) -> None:
    at_latitude(51.35)
    search = by_minutes()
    assert "about 9 min" in cell(viewer_client, search)
    assert "(estimated)" in cell(viewer_client, search)
    measure(clock=clock)
    assert ">7 min<" in cell(viewer_client, search)
    assert "estimated" not in cell(viewer_client, search)


def test_page_says_where_there_is_no_way(viewer_client: Client, car: StandIn) -> None:
    car.cut_off = {(51.35, 12.3747)}
    person = at_latitude(51.35)
    search = by_minutes()
    measure(clock=clock)
    text = viewer_client.get(
        reverse("matching:why_not", args=[search.pk]), {"q": person.last_name}, headers=ENGLISH
    ).text
    assert "1.6 km, but the route planner finds no way" in text

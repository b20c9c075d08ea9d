"""Kept travel times as the engine's column: of the right searches, in a fixed number of statements."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.geocoding.models import PostalCode, TravelTime
from apps.geocoding.travel import point_key
from apps.matching.engine.travel import NO_ROUTE_MINUTES
from apps.matching.models import PlacementSearch
from apps.matching.selectors import loading
from apps.matching.selectors.search_columns import read_searches
from tests.factories.matching import SearchFactory
from tests.matching.acts import AT, TODAY
from tests.matching.unpacked import search_records

pytestmark = pytest.mark.django_db

HOME = point_key(51.3397, 12.3913)  # of the patients' factory
PRACTICE, OTHER = point_key(51.3406, 12.3747), point_key(51.4, 12.4)
Pairs = tuple[tuple[int, int], ...]


@pytest.fixture(autouse=True)
def own_router(settings: Any) -> None:
    settings.OSRM_CAR_URL, settings.OSRM_IS_OWN = "http://127.0.0.1:9", True


def by_minutes(**patient: Any) -> PlacementSearch:
    limits = {"max_travel_minutes": 30, "max_distance_km": None} | patient
    return SearchFactory(**{f"patient__{name}": value for name, value in limits.items()})


def kept(seconds: int | None = 600, **fields: Any) -> TravelTime:
    values = {"origin": HOME, "destination": PRACTICE, "mode": "car", "source": "router"} | fields
    return TravelTime.objects.create(**{"fetched_at": AT, "expires_on": TODAY, "seconds": seconds} | values)


def measured() -> dict[int, Pairs]:
    records = search_records(read_searches(loading.plannable(today=TODAY), today=TODAY))
    return {record.id: record.measured for record in records}


def test_search_gets_the_ways_from_its_place_by_its_means() -> None:
    search = by_minutes()
    other_means, other_place = by_minutes(travel_mode="foot"), by_minutes(latitude=51.34)
    kept(601)
    kept(None, destination=OTHER)
    kept(60, mode="foot")
    assert measured() == {
        search.pk: ((PRACTICE, 16), (OTHER, NO_ROUTE_MINUTES)),
        other_means.pk: (),  # no router for walkers
        other_place.pk: (),
    }


def test_two_from_one_house_share_the_ways() -> None:
    both = [by_minutes(), by_minutes()]
    SearchFactory(patient__max_travel_minutes=None)
    kept()
    assert [pairs for pk, pairs in sorted(measured().items())] == [((PRACTICE, 15),), ((PRACTICE, 15),), ()]
    assert sorted(measured())[:2] == [search.pk for search in both]


@pytest.mark.parametrize(
    "fields",
    [
        {"expires_on": date(2026, 11, 22)},
        {"source": "unplaced", "seconds": None},
        {"origin": OTHER},
    ],
)
def test_what_no_longer_counts_is_left_out(fields: dict[str, Any]) -> None:
    search = by_minutes()
    kept(**fields)
    assert measured() == {search.pk: ()}


def test_without_a_limit_in_minutes_nothing_is_read() -> None:
    SearchFactory()
    kept()
    with CaptureQueriesContext(connection) as captured:
        assert list(measured().values()) == [()]
    assert not any("traveltime" in query["sql"] for query in captured)


def test_without_a_router_nothing_is_read(settings: Any) -> None:
    settings.OSRM_CAR_URL = ""
    by_minutes()
    kept()
    with CaptureQueriesContext(connection) as captured:
        assert list(measured().values()) == [()]
    assert not any("traveltime" in query["sql"] for query in captured)


@pytest.mark.parametrize("count", [1, 3])
def test_one_statement_reads_all(count: int) -> None:
    for number in range(count):
        by_minutes(latitude=51.3 + number / 10)
    with CaptureQueriesContext(connection) as captured:
        measured()
    assert sum("traveltime" in query["sql"] for query in captured) == 1


def test_server_of_others_measured_from_the_middle_of_the_postal_code(settings: Any) -> None:
    settings.OSRM_IS_OWN = False
    search, lost = by_minutes(), by_minutes(plz="99999")
    PostalCode.objects.create(plz="04103", place_name="Leipzig", state="SN", latitude=51.35, longitude=12.39)
    kept(0, origin=point_key(51.35, 12.39))
    kept(60, destination=OTHER)  # from the place itself, as an own server was asked
    assert measured() == {search.pk: ((PRACTICE, 5),), lost.pk: ()}


def test_tomorrow_it_may_no_longer_count() -> None:
    search = by_minutes()
    kept()
    tomorrow = TODAY + timedelta(days=1)
    records = search_records(read_searches(PlacementSearch.objects.filter(pk=search.pk), today=tomorrow))
    assert [record.measured for record in records] == [()]

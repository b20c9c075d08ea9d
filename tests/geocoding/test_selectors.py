import pytest
from pytest_django import DjangoAssertNumQueries

from apps.geocoding.enums import Precision, State
from apps.geocoding.models import Place, PostalCode
from apps.geocoding.selectors import UNKNOWN, Location, locate

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def places() -> None:
    PostalCode.objects.create(plz="04103", place_name="Leipzig", state="SN", latitude=51.34, longitude=12.38)
    PostalCode.objects.create(plz="06766", place_name="Thalheim", state="ST", latitude=51.65, longitude=12.23)
    PostalCode.objects.create(
        plz="06766", place_name="Wolfen (Stadt)", state="ST", latitude=51.66, longitude=12.27
    )
    for name, state, latitude, longitude, population in [
        ("Leipzig", "SN", 51.34, 12.37, 500_000),
        ("Frankfurt am Main", "HE", 50.12, 8.68, 650_000),
        ("Frankfurt (Oder)", "BB", 52.35, 14.55, 57_000),
        ("München", "BY", 48.14, 11.58, 1_500_000),
        ("Coswig", "SN", 51.13, 13.58, 22_000),
        ("Coswig (Anhalt)", "ST", 51.88, 12.45, 12_000),
    ]:
        Place.objects.create(
            name=name, state=state, latitude=latitude, longitude=longitude, population=population
        )


def test_locate_known_plz_wins_even_over_another_town() -> None:
    leipzig = Location(51.34, 12.38, Precision.PLZ, State.SN)
    assert locate(plz="04103", city="Leipzig") == leipzig
    assert locate(plz=" D-04103 ", city="München") == leipzig


@pytest.mark.parametrize(("city", "longitude"), [("Wolfen", 12.27), ("Thalheim", 12.23), ("Bobbau", 12.23)])
def test_locate_plz_of_several_towns_prefers_the_named_one(city: str, longitude: float) -> None:
    assert locate(plz="06766", city=city).longitude == longitude


def test_locate_unknown_plz_falls_back_to_the_town() -> None:
    assert locate(plz="04109", city="Leipzig") == Location(51.34, 12.37, Precision.TOWN, State.SN)
    assert locate(plz="04109", city="Leipzig-Zentrum").precision == Precision.TOWN


def test_locate_refuses_a_town_far_from_the_first_two_digits() -> None:
    assert locate(plz="04109", city="München") == UNKNOWN
    assert locate(plz="00109", city="Leipzig") == UNKNOWN


@pytest.mark.parametrize(
    ("plz", "city", "state"),
    [
        ("60311", "Frankfurt", State.HE),
        ("15230", "Frankfurt", State.BB),
        ("15230", "Frankfurt/Oder", State.BB),
        ("01640", "Coswig", State.SN),
        ("06869", "Coswig", State.ST),
    ],
)
def test_locate_tells_namesakes_apart_by_the_plz(plz: str, city: str, state: State) -> None:
    assert locate(plz=plz, city=city).state == state


def test_locate_without_plz_takes_only_an_unambiguous_name() -> None:
    assert locate(plz="", city="münchen").state == State.BY
    assert locate(plz="", city="Frankfurt") == UNKNOWN
    assert locate(plz="", city="Frankfurt am Main").state == State.HE


@pytest.mark.parametrize(("plz", "city"), [("", ""), ("04109", ""), ("abc", "Nirgendwo"), ("041099", " ")])
def test_locate_nothing_known_is_unknown(plz: str, city: str) -> None:
    location = locate(plz=plz, city=city)
    assert location == UNKNOWN
    assert not location.is_known
    assert location.precision == Precision.NONE


def test_locate_takes_one_query_by_plz(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert locate(plz="04103", city="Leipzig").is_known

from collections.abc import Iterator

import pytest

from apps.geocoding.clients import routing
from apps.geocoding.clients.osrm import OsrmRouter
from apps.geocoding.clients.routing import UNPLACED, Leg, RouterError
from tests.geocoding.routers import Point, StandIn, osrm

LEIPZIG = (51.3397, 12.3731)
PLACES = [(round(51.34 + number / 1000, 4), 12.4) for number in range(10)]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "PAUSES_SECONDS", (0.0, 0.0))


@pytest.fixture
def served() -> Iterator[tuple[StandIn, str]]:
    with osrm() as both:
        yield both


def client(url: str, *, mode: str = "car", most: int = 100) -> OsrmRouter:
    return OsrmRouter(url=url, mode=mode, most_coordinates=most)


def expected(server: StandIn, places: list[Point]) -> list[Leg]:
    seconds = [server.seconds(LEIPZIG, place) for place in places]
    return [Leg(value, None if value is None else value * 20) for value in seconds]


@pytest.mark.parametrize(("mode", "profile"), [("car", "car"), ("bicycle", "bike"), ("foot", "foot")])
def test_ways_come_in_the_order_of_the_destinations(
    served: tuple[StandIn, str], mode: str, profile: str
) -> None:
    server, url = served
    assert client(url + "/", mode=mode).ask(LEIPZIG, PLACES) == expected(server, PLACES)
    assert server.asked == [[LEIPZIG, *PLACES]]
    assert server.paths[0].startswith(f"/table/v1/{profile}/12.3731,51.3397;12.4000,51.3400;")


def test_coordinates_leave_with_four_digits(served: tuple[StandIn, str]) -> None:
    server, url = served
    client(url).ask((51.33974999, 12.37312222), [(51.40000001, 12.2)])
    assert server.asked == [[(51.3397, 12.3731), (51.4, 12.2)]]


def test_no_way_is_no_duration(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.cut_off = {PLACES[3]}
    legs = client(url).ask(LEIPZIG, PLACES)
    assert legs[3] == Leg(None, None)
    assert legs == expected(server, PLACES)


def test_place_without_a_road_is_left_out(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.unplaced = {PLACES[0], PLACES[4], PLACES[9]}
    legs = client(url).ask(LEIPZIG, PLACES)
    assert [number for number, leg in enumerate(legs) if leg == UNPLACED] == [0, 4, 9]
    assert legs[1] == expected(server, PLACES)[1]
    assert server.requests == 4


def test_origin_without_a_road_leaves_everything_open(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.unplaced = {LEIPZIG}
    assert client(url).ask(LEIPZIG, PLACES) == [UNPLACED] * 10
    assert server.requests == 1


def test_too_big_table_is_asked_in_halves_and_later_ones_are_smaller(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.most_coordinates = 6
    router = client(url)
    assert router.ask(LEIPZIG, PLACES) == expected(server, PLACES)
    assert [len(points) for points in server.asked] == [11, 6, 6]
    assert router.most_destinations == 5


def test_most_destinations_leave_room_for_the_origin() -> None:
    assert client("http://127.0.0.1:9", most=100).most_destinations == 99


def test_server_that_stumbles_is_asked_again(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.failures = [503, 500]
    assert client(url).ask(LEIPZIG, PLACES) == expected(server, PLACES)
    assert server.requests == 3


@pytest.mark.parametrize(
    ("failures", "requests", "reply", "permanent"),
    [
        ([503, 502, 500], 3, "HTTP 500", False),
        ([429], 1, "HTTP 429", False),
        ([404], 1, "HTTP 404", True),
        ([302], 1, "HTTP 302", True),  # a redirect is not followed
    ],
)
def test_refusal_is_an_error_that_tells_whether_to_try_again(
    served: tuple[StandIn, str], failures: list[int], requests: int, reply: str, permanent: bool
) -> None:
    server, url = served
    server.failures = failures
    with pytest.raises(RouterError) as caught:
        client(url).ask(LEIPZIG, PLACES)
    assert (caught.value.reply, caught.value.permanent) == (reply, permanent)
    assert server.requests == requests


def test_dead_server_is_an_error_without_coordinates() -> None:
    with pytest.raises(RouterError) as caught:
        client("http://127.0.0.1:9").ask(LEIPZIG, PLACES)
    assert (caught.value.reply, caught.value.permanent) == ("not reached (URLError)", False)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ({"code": "Ok"}, "answer not understood (KeyError)"),
        ({"code": "Ok", "durations": [["a"]], "distances": [[1]]}, "answer not understood (TypeError)"),
        ({"code": "Ok", "durations": [[1, 2]]}, "answer not understood (ValueError)"),
        ({"code": "InvalidQuery"}, "HTTP 200 InvalidQuery"),
        (["what"], "HTTP 200"),
    ],
)
def test_answer_of_another_kind_is_a_permanent_error(
    served: tuple[StandIn, str], answer: object, reply: str
) -> None:
    server, url = served
    server.says = answer
    with pytest.raises(RouterError) as caught:
        client(url).ask(LEIPZIG, PLACES[:1])
    assert (caught.value.reply, caught.value.permanent) == (reply, True)

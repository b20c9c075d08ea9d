from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from apps.geocoding.clients import routing
from apps.geocoding.clients.routing import UNPLACED, Leg, RouterError
from apps.geocoding.clients.transit import TransitRouter, usual_arrival
from tests.geocoding.routers import StandIn, otp

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)
LEIPZIG = (51.3397, 12.3731)
PLACES = [(51.34, 12.4), (51.35, 12.5), (51.36, 12.6)]


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "PAUSES_SECONDS", (0.0, 0.0))


@pytest.fixture
def served() -> Iterator[tuple[StandIn, str]]:
    with otp() as both:
        yield both


def client(url: str) -> TransitRouter:
    return TransitRouter(url=url, at=AT, most_destinations=10)


def test_quickest_connection_counts_and_one_request_plans_several(served: tuple[StandIn, str]) -> None:
    server, url = served
    ways = [Leg((server.seconds(LEIPZIG, place) or 0) * 2, None) for place in PLACES]
    assert client(url).ask(LEIPZIG, PLACES) == ways
    assert (server.paths, server.asked) == (["/otp/gtfs/v1"], [[LEIPZIG, *PLACES]])


def test_no_connection_and_no_place_are_two_things(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.cut_off, server.unplaced = {PLACES[0]}, {PLACES[2]}
    legs = client(url).ask(LEIPZIG, PLACES)
    assert (legs[0], legs[2]) == (Leg(None, None), UNPLACED)
    assert legs[1].seconds == 2 * (server.seconds(LEIPZIG, PLACES[1]) or 0)


def test_what_is_not_understood_is_left_to_the_estimate(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.routing_error = "WALKING_BETTER_THAN_TRANSIT"
    assert client(url).ask(LEIPZIG, PLACES[:1]) == [UNPLACED]


def test_outdated_timetable_is_no_statement_about_the_way(served: tuple[StandIn, str]) -> None:
    server, url = served
    server.routing_error = "OUTSIDE_SERVICE_PERIOD"
    with pytest.raises(RouterError, match="no data for the day") as caught:
        client(url).ask(LEIPZIG, PLACES)
    assert caught.value.permanent is True


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ({"errors": [{"message": "Validation error"}]}, "the query was refused"),
        ({"data": {}}, "answer not understood (KeyError)"),
        (
            {"data": {"to0": {"edges": [{"node": None}], "routingErrors": []}}},
            "answer not understood (TypeError)",
        ),
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


@pytest.mark.parametrize(
    ("at", "arrival"),
    [
        (AT, "2026-11-24T10:00:00+01:00"),  # a Monday
        (AT.replace(day=24), "2026-12-01T10:00:00+01:00"),  # a Tuesday: the next one
        (AT.replace(day=25), "2026-12-01T10:00:00+01:00"),
        (datetime(2026, 3, 24, 12, 0, tzinfo=BERLIN), "2026-03-31T10:00:00+02:00"),  # summer time has begun
    ],
)
def test_usual_arrival_is_ten_o_clock_on_the_next_tuesday(at: datetime, arrival: str) -> None:
    assert usual_arrival(at).isoformat() == arrival

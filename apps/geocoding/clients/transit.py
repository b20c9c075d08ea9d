"""Public transport: OpenTripPlanner 2 (2.7 or newer), GTFS GraphQL API, query `planConnection`.

TRANSIT_URL is the address of the API, usually ending in /otp/gtfs/v1. The API plans one connection at a time;
GraphQL aliases put several into one request. See docs/travel.md.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apps.geocoding.clients.routing import (
    UNPLACED,
    Leg,
    Point,
    RouterError,
    Turn,
    at_once,
    coordinate,
    fetch,
)

BERLIN = ZoneInfo("Europe/Berlin")
TUESDAY = 1
ARRIVAL_HOUR = 10  # a session begins then; earlier the timetable is that of the rush hour
CONNECTIONS = 3  # the quickest of these counts
OUTDATED = "OUTSIDE_SERVICE_PERIOD"
NO_WAY = frozenset({"NO_TRANSIT_CONNECTION", "NO_TRANSIT_CONNECTION_IN_SEARCH_WINDOW", "NO_STOPS_IN_RANGE"})


class TransitRouter:
    def __init__(self, *, url: str, at: datetime, most_destinations: int, turn: Turn = at_once) -> None:
        self._url = url
        self._arrival = usual_arrival(at).isoformat()
        self._turn = turn
        self.most_destinations = most_destinations

    def ask(self, origin: Point, destinations: Sequence[Point]) -> list[Leg]:
        plans = [_plan(f"to{number}", origin, place) for number, place in enumerate(destinations)]
        query = f"query Ways($arrival: OffsetDateTime!) {{ {' '.join(plans)} }}"
        body = {"query": query, "variables": {"arrival": self._arrival}}
        self._turn()
        answer = fetch(self._url, body=body)
        if not answer.is_ok:
            raise RouterError(f"HTTP {answer.status}", permanent=True)
        if answer.body.get("errors"):
            raise RouterError("the query was refused", permanent=True)
        return [_leg(answer.body, f"to{number}") for number in range(len(destinations))]


def usual_arrival(at: datetime) -> datetime:
    """Ten o'clock on the next Tuesday but not today: an ordinary working day, the same for a whole week."""
    local = at.astimezone(BERLIN)
    day = local.date() + timedelta(days=(TUESDAY - local.weekday() - 1) % 7 + 1)
    return datetime(day.year, day.month, day.day, ARRIVAL_HOUR, tzinfo=BERLIN)


def _plan(alias: str, origin: Point, destination: Point) -> str:
    return (
        f"{alias}: planConnection(origin: {_place(origin)}, destination: {_place(destination)}, "
        f"dateTime: {{latestArrival: $arrival}}, first: {CONNECTIONS}) "
        "{ edges { node { duration } } routingErrors { code } }"
    )


def _place(point: Point) -> str:
    latitude, longitude = (coordinate(value) for value in point)
    return f"{{location: {{coordinate: {{latitude: {latitude}, longitude: {longitude}}}}}}}"


def _leg(body: dict[str, Any], alias: str) -> Leg:
    """The quickest connection; raises RouterError where the service itself is not up to the question."""
    try:
        plan = body["data"][alias]
        seconds = [int(edge["node"]["duration"]) for edge in plan["edges"] or ()]
        codes = {error["code"] for error in plan["routingErrors"] or ()}
    except (KeyError, TypeError, ValueError) as error:
        raise RouterError(f"answer not understood ({type(error).__name__})", permanent=True) from None
    if seconds:
        return Leg(min(seconds), None)
    return _without_connection(codes)


def _without_connection(codes: set[str]) -> Leg:
    """An outdated timetable must not be taken for "there is no way"; what is not understood is left open."""
    if OUTDATED in codes:
        raise RouterError("the timetable has no data for the day asked", permanent=True)
    return Leg(None, None) if codes <= NO_WAY else UNPLACED

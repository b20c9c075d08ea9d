"""OSRM (HTTP API v1, service `table`): ways by car, by bicycle and on foot from one origin to many places.

A server is prepared for one profile, so each way of travelling has an address of its own
(OSRM_CAR_URL, OSRM_BICYCLE_URL, OSRM_FOOT_URL). See docs/travel.md.
"""

import re
from collections.abc import Sequence
from typing import Any

from apps.geocoding.clients.routing import (
    UNPLACED,
    Answer,
    Leg,
    Point,
    RouterError,
    Turn,
    at_once,
    coordinate,
    fetch,
)

PROFILES = {"car": "car", "bicycle": "bike", "foot": "foot"}
TOO_BIG, NO_SEGMENT = "TooBig", "NoSegment"


class OsrmRouter:
    """`most_coordinates` of one request, the origin included; halved when the server finds it too big."""

    def __init__(self, *, url: str, mode: str, most_coordinates: int, turn: Turn = at_once) -> None:
        self._url = f"{url.rstrip('/')}/table/v1/{PROFILES[mode]}"
        self._turn = turn
        self.most_destinations = max(most_coordinates - 1, 1)

    def ask(self, origin: Point, destinations: Sequence[Point]) -> list[Leg]:
        try:
            return self._table(origin, destinations)
        except RouterError as error:
            if error.code == NO_SEGMENT:
                return self._without_unplaced(origin, destinations, error.reply)
            if error.code == TOO_BIG and len(destinations) > 1:
                self.most_destinations = max(len(destinations) // 2, 1)
                return self._in_halves(origin, destinations)
            raise

    def _table(self, origin: Point, destinations: Sequence[Point]) -> list[Leg]:
        points = ";".join(f"{coordinate(lon)},{coordinate(lat)}" for lat, lon in (origin, *destinations))
        wanted = ";".join(str(number) for number in range(1, len(destinations) + 1))
        options = f"sources=0&destinations={wanted}&annotations=duration,distance"
        self._turn()
        answer = fetch(f"{self._url}/{points}?{options}")
        if not answer.is_ok or answer.text("code") != "Ok":
            raise _refusal(answer)
        return _legs(answer.body, len(destinations))

    def _without_unplaced(self, origin: Point, destinations: Sequence[Point], reply: str) -> list[Leg]:
        """One place that lies on no road spoils the whole table: leave out the one that is named."""
        number = _named(reply)
        if number == 0 or len(destinations) == 1:
            return [UNPLACED] * len(destinations)
        if number is None or number > len(destinations):
            return self._in_halves(origin, destinations)
        others = [*destinations[: number - 1], *destinations[number:]]
        legs = self.ask(origin, others)
        return [*legs[: number - 1], UNPLACED, *legs[number - 1 :]]

    def _in_halves(self, origin: Point, destinations: Sequence[Point]) -> list[Leg]:
        middle = len(destinations) // 2
        return self.ask(origin, destinations[:middle]) + self.ask(origin, destinations[middle:])


def _refusal(answer: Answer) -> RouterError:
    """Of a message only the number of a coordinate is kept: it may quote coordinates."""
    code = answer.text("code")
    if code == NO_SEGMENT:
        number = re.search(r"coordinate (\d+)", answer.text("message"))
        return RouterError(f"{NO_SEGMENT} {number.group(1) if number else ''}", permanent=True, code=code)
    return RouterError(f"HTTP {answer.status} {code}".strip(), permanent=True, code=code)


def _named(reply: str) -> int | None:
    number = reply.removeprefix(NO_SEGMENT).strip()
    return int(number) if number else None


def _legs(body: dict[str, Any], count: int) -> list[Leg]:
    """The only row of the matrices. Null means: no way. Raises RouterError for anything else than numbers."""
    try:
        (durations,) = body["durations"]
        (distances,) = body.get("distances") or [[None] * count]
        legs = [
            Leg(_whole(seconds), _whole(metres)) for seconds, metres in zip(durations, distances, strict=True)
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise RouterError(f"answer not understood ({type(error).__name__})", permanent=True) from None
    if len(legs) != count:
        raise RouterError("answer of another length", permanent=True)
    return legs


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)

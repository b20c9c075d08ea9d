"""Travel times: asked of route planners in batches, kept, and estimated where nobody can be asked.

The only door to OSRM and to the timetable. Never inside a transaction: nobody waits for a network with rows
locked. A server that fails rests (`servers`), and meanwhile the estimate counts and says that it is one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.geocoding.clients.osrm import OsrmRouter
from apps.geocoding.clients.routing import BUSY, Leg, Router, RouterError, Turn, at_once
from apps.geocoding.clients.transit import TransitRouter
from apps.geocoding.distance import haversine_km
from apps.geocoding.enums import TravelSource
from apps.geocoding.models import TravelTime
from apps.geocoding.services import servers
from apps.geocoding.travel import measured_minutes, point_key, point_of
from apps.geocoding.travel import travel_minutes as estimated_minutes
from apps.geocoding.travel_times import (
    Origin,
    Point,
    RouterAddress,
    asked_point,
    known_times,
    router_for,
)

TRANSIT_DESTINATIONS = 10  # connections planned by one request
FOREIGN_INTERVAL_SECONDS = 1.0  # between two requests to a server that is not our own
PATIENCE_SECONDS = 30.0
KEPT_DAYS = {TravelSource.ROUTER: 90, TravelSource.TIMETABLE: 30, TravelSource.UNPLACED: 7}
KEPT_DAYS_WITHOUT_WAY = 7  # a closed bridge, a gap in the map


@dataclass(frozen=True, slots=True)
class Travel:
    """One way. `minutes` from door to door, None where there is no way; `km` as the crow flies."""

    minutes: int | None
    is_estimated: bool
    km: float


@dataclass(frozen=True, slots=True)
class Prefetched:
    """How many destinations were known before, and what came of asking for the others."""

    known: int = 0
    fetched: int = 0
    unplaced: int = 0  # among both: the server does not know the place
    is_complete: bool = True  # False: the server rests or has just failed

    @property
    def measured(self) -> int:
        return self.known + self.fetched - self.unplaced


def travel_minutes(*, origin: Origin, destinations: Sequence[Point], mode: str, at: datetime) -> list[Travel]:
    """The ways in the order of the destinations: from the cache, else asked, else estimated. Never raises
    for a server that does not answer."""
    prefetch(origin=origin, destinations=destinations, mode=mode, at=at)
    router = router_for(mode)
    point = asked_point(origin, router) if router else None
    keys = [point_key(*place) for place in destinations]
    today = timezone.localdate(at)
    known = known_times(origin=point, mode=mode, destinations=keys, today=today) if point else {}
    return [
        _travel(origin, place, mode, known.get(key)) for place, key in zip(destinations, keys, strict=True)
    ]


def prefetch(*, origin: Origin, destinations: Sequence[Point], mode: str, at: datetime) -> Prefetched:
    """Ask for what the cache does not hold, as many as possible at once, and keep every answer at once.

    Nothing is asked without a route planner, of one that rests, or from an origin that may not be named.
    """
    router = router_for(mode)
    point = asked_point(origin, router) if router else None
    if router is None or point is None:
        return Prefetched()
    keys = list(dict.fromkeys(point_key(*place) for place in destinations))
    known = known_times(origin=point, mode=mode, destinations=keys, today=timezone.localdate(at))
    rows, is_complete = _ask(router, point, [key for key in keys if key not in known], at)
    unplaced = sum(row.source == TravelSource.UNPLACED for row in (*known.values(), *rows))
    return Prefetched(len(known), len(rows), unplaced, is_complete)


def forget_expired(*, at: datetime) -> int:
    """Where somebody lived is not kept longer than it is of use."""
    return TravelTime.objects.filter(expires_on__lt=timezone.localdate(at)).delete()[0]


def _ask(
    router: RouterAddress, origin: Point, missing: list[int], at: datetime
) -> tuple[list[TravelTime], bool]:
    """Return what was kept, and whether everything was told."""
    rows: list[TravelTime] = []
    if not missing:
        return rows, True
    with transaction.atomic(durable=True):  # refuses to go on inside a transaction, before anybody is asked
        is_resting = servers.resting(name=router.server, at=at) is not None
    if is_resting:
        return rows, False
    client = _client(router, at)
    while missing:
        batch = missing[: client.most_destinations]
        try:
            legs = client.ask(origin, [point_of(key) for key in batch])
        except RouterError as error:
            servers.note_failure(name=router.server, reply=error.reply, at=at)
            return rows, False
        rows += _keep(router, origin, dict(zip(batch, legs, strict=True)), at)
        missing = missing[len(batch) :]
    servers.note_success(name=router.server)
    return rows, True


def _keep(router: RouterAddress, origin: Point, legs: dict[int, Leg], at: datetime) -> list[TravelTime]:
    blank = TravelTime(origin=point_key(*origin), mode=router.mode, fetched_at=at)
    rows = [_row(blank, destination, leg, router) for destination, leg in legs.items()]
    with transaction.atomic(durable=True):
        TravelTime.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["origin", "mode", "destination"],
            update_fields=["seconds", "metres", "source", "fetched_at", "expires_on"],
        )
    return rows


def _row(blank: TravelTime, destination: int, leg: Leg, router: RouterAddress) -> TravelTime:
    told = TravelSource.TIMETABLE if router.is_transit else TravelSource.ROUTER
    source = told if leg.is_placed else TravelSource.UNPLACED
    days = KEPT_DAYS_WITHOUT_WAY if leg.seconds is None else KEPT_DAYS[source]
    return TravelTime(
        origin=blank.origin,
        destination=destination,
        mode=blank.mode,
        seconds=leg.seconds,
        metres=leg.metres,
        source=source,
        fetched_at=blank.fetched_at,
        expires_on=timezone.localdate(blank.fetched_at) + timedelta(days=days),
    )


def _travel(origin: Origin, destination: Point, mode: str, row: TravelTime | None) -> Travel:
    km = round(haversine_km(origin.latitude, origin.longitude, *destination), 3)
    if row is None or row.source == TravelSource.UNPLACED:
        return Travel(estimated_minutes(mode, km), is_estimated=True, km=km)
    minutes = None if row.seconds is None else measured_minutes(mode, row.seconds)
    return Travel(minutes, is_estimated=False, km=km)


def _client(router: RouterAddress, at: datetime) -> Router:
    if router.is_transit:
        return TransitRouter(
            url=router.url, at=at, most_destinations=TRANSIT_DESTINATIONS, turn=_turn(router)
        )
    return _osrm(router, settings.OSRM_COORDINATES)


@lru_cache(maxsize=8)
def _osrm(router: RouterAddress, most_coordinates: int) -> OsrmRouter:
    """Kept, so that the size a server puts up with is found out once per process."""
    return OsrmRouter(url=router.url, mode=router.mode, most_coordinates=most_coordinates, turn=_turn(router))


def _turn(router: RouterAddress) -> Turn:
    """A server of others is asked once a second, by all workers together."""
    if router.is_own:
        return at_once

    def wait() -> None:
        try:
            servers.wait_for_slot(
                name=router.server,
                interval_seconds=FOREIGN_INTERVAL_SECONDS,
                patience_seconds=PATIENCE_SECONDS,
            )
        except servers.Busy:
            raise RouterError("its next free moment is too far away", code=BUSY) from None

    return wait

"""Measuring how long patients travel: for searches with a limit in minutes, to everybody they might reach.

Asked is what the engine has no measured minutes for yet, nearest first, in batches and outside of
transactions. It may run at any time, more than once and side by side: what one has kept the other finds.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import structlog
from django.utils import timezone

from apps.core import changes
from apps.core import parameters as operating
from apps.events import bell
from apps.geocoding.services import travel
from apps.geocoding.travel import TRAVEL_MODES, farthest_km, point_of
from apps.geocoding.travel_times import Origin, routed_modes
from apps.matching.engine.geometry import distance_km
from apps.matching.models import PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World

log = structlog.get_logger(__name__)

TASK = "matching.measure_travel"
LONGEST_RUN = timedelta(minutes=4)  # the rest waits for the next beat
MOST_DESTINATIONS = 1_000  # of one search in one run
TURNS = ((0, 200), (200, MOST_DESTINATIONS))  # everybody's neighbourhood before anybody's surroundings
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Wanted:
    """One search and the points of practices it has no minutes to, nearest first."""

    search_id: int
    patient_id: int
    mode: str
    latitude: float
    longitude: float
    points: list[int]


@dataclass(frozen=True)
class Measured:
    """What a run has done."""

    searches: int = 0  # whose minutes have changed
    times: int = 0  # told by a server in this run
    is_complete: bool = True


def ring() -> None:
    """Measure soon: somebody is new or has moved. Nothing happens without a route planner."""
    if routed_modes():
        bell.ring(TASK)


def measure(*, clock: Clock) -> Measured:
    """Ask the route planners for all open searches until nothing is missing or the time is up."""
    travel.forget_expired(at=clock())
    modes = routed_modes()
    if not modes:
        return Measured()
    start = clock()
    today = timezone.localdate(start)
    world = worlds.load(today=today, parameters=operating.current(at=start))
    found = _measured_of(list(_wanted(world, modes)), clock, until=start + LONGEST_RUN)
    log.info("travel_measured", searches=found.searches, times=found.times, is_complete=found.is_complete)
    return found


def _measured_of(wanted: list[Wanted], clock: Clock, *, until: datetime) -> Measured:
    changed, times, resting = set[int](), 0, set[str]()
    plz = _postal_codes([one.search_id for one in wanted])
    for one, points in _in_turns(wanted):
        now = clock()
        if now >= until:
            return Measured(len(changed), times, is_complete=False)
        if one.mode in resting:
            continue
        origin = Origin(one.latitude, one.longitude, plz.get(one.search_id, ""))
        places = [point_of(point) for point in points]
        told = travel.prefetch(origin=origin, destinations=places, mode=one.mode, at=now)
        times += told.fetched
        if not told.is_complete:
            resting.add(one.mode)
        if told.measured:  # also what another search from there has asked before
            changes.note(kind="patient", ids=[one.patient_id])
            changed.add(one.search_id)
    return Measured(len(changed), times, is_complete=not resting)


def _in_turns(wanted: list[Wanted]) -> Iterator[tuple[Wanted, list[int]]]:
    for first, last in TURNS:
        for one in wanted:
            if points := one.points[first:last]:
                yield one, points


def _postal_codes(ids: list[int]) -> dict[int, str]:
    return dict(PlacementSearch.objects.filter(pk__in=ids).values_list("pk", "patient__plz"))


def _wanted(world: World, modes: list[str]) -> Iterator[Wanted]:
    """Longest waiting first, as the searches stand in the columns."""
    columns = world.search_columns
    codes = [TRAVEL_MODES.index(mode) for mode in modes]
    is_asked = ~np.isnan(columns.max_travel_minutes) & ~np.isnan(columns.vectors[0])
    for row in np.flatnonzero(is_asked & np.isin(columns.travel_mode, codes)).tolist():
        points = _missing_points(world, row)
        if points:
            yield Wanted(
                search_id=int(columns.id[row]),
                patient_id=int(columns.patient_id[row]),
                mode=TRAVEL_MODES[columns.travel_mode[row]],
                latitude=float(columns.latitude[row]),
                longitude=float(columns.longitude[row]),
                points=points,
            )


def _missing_points(world: World, row: int) -> list[int]:
    """Where contactable therapists work whom the fastest could reach within the limits, not yet measured."""
    one, everybody = world.search_columns.one(row), world.everybody
    mode = TRAVEL_MODES[one.travel_mode[0]]
    radius = _radius_km(mode, float(one.max_travel_minutes[0]), float(one.max_distance_km[0]))
    ranges = everybody.index.ranges(one.latitude, one.longitude, np.array([radius + 0.001]))
    _centre, near = everybody.index.points(ranges)
    near = near[_is_contactable(world)[near]]
    away = distance_km(one.vectors, _vectors(world, near))
    order = np.argsort(away[away <= radius], kind="stable")
    points = world.therapist_columns.points[near[away <= radius][order]]
    known = set(one.measured.values[:, 0].tolist())
    missing = [point for point in dict.fromkeys(points.tolist()) if point not in known]
    return missing[:MOST_DESTINATIONS]


def _radius_km(mode: str, minutes: float, kilometres: float) -> float:
    """As far as the fastest gets in the minutes, but not beyond a limit in kilometres."""
    farthest = farthest_km(mode, minutes)
    return farthest if np.isnan(kilometres) else min(farthest, kilometres)


def _is_contactable(world: World) -> np.ndarray:
    """Nobody else becomes a candidate as the records stand. A pause passes, so it does not count."""
    columns = world.therapist_columns
    return columns.is_active & columns.is_verified & ~columns.is_blocked & ~columns.do_not_contact


def _vectors(world: World, rows: np.ndarray) -> np.ndarray:
    side, place = world.everybody.side, world.everybody.place_of_row[rows]
    return np.stack([side.x[place], side.y[place], side.z[place]])

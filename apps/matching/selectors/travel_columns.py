"""Measured travel times as a column of the searches: only of those with a limit in minutes.

Two statements at most, none where no route planner is set up. What counts is what stands in the cache
(`geocoding.models.TravelTime`); whether it was asked for the patient's place or, of a server that is not our
own, for the middle of the postal code, `geocoding.travel_times` decides for both sides.
"""

from datetime import date
from functools import lru_cache

import numpy as np
from django.db.models import F, IntegerField, Value
from django.db.models.functions import Coalesce

from apps.geocoding.enums import TravelSource
from apps.geocoding.models import TravelTime
from apps.geocoding.travel import UNKNOWN_POINT, measured_minutes, point_key, point_keys
from apps.geocoding.travel_times import plz_centres, routed_modes, router_for
from apps.matching.engine.geometry import expand
from apps.matching.engine.ragged import Ragged
from apps.matching.engine.travel import NO_ROUTE_MINUTES, TRAVEL_MODES
from apps.matching.models import PlacementSearch
from apps.matching.selectors import bulk
from apps.matching.selectors.bulk import BIGINT, INTEGER, Initial, Part, part

MOST_NAMED = 1_000  # origins; above, all travel times are read
_NO_WAY = -1


def read_measured(own: dict[str, np.ndarray], *, today: date) -> Ragged:
    """The pairs of `SearchColumns.measured`, in the order of the searches' own columns."""
    count = len(own["id"])
    rows = np.flatnonzero(_is_asked(own))
    if not len(rows):
        return Ragged.group(count, np.empty(0, np.int64), np.empty((0, 2), np.int64))
    mode, origin = own["travel_mode"][rows], _origins(own, rows)
    found = _read(origin, today)
    place, times = _joined(origin, mode, found)
    minutes = _minutes(mode[place], found["seconds"][times])
    pairs = np.stack([found["destination"][times], minutes], axis=1)
    return Ragged.group(count, rows[place], pairs)


def _is_asked(own: dict[str, np.ndarray]) -> np.ndarray:
    codes = [TRAVEL_MODES.index(mode) for mode in routed_modes()]
    is_located = ~np.isnan(own["latitude"]) & ~np.isnan(own["longitude"])
    return ~np.isnan(own["max_travel_minutes"]) & is_located & np.isin(own["travel_mode"], codes)


def _origins(own: dict[str, np.ndarray], rows: np.ndarray) -> np.ndarray:
    """The points that stand for these searches in the cache; UNKNOWN_POINT where nothing may be asked."""
    points = point_keys(own["latitude"][rows], own["longitude"][rows])
    foreign = [code for code, mode in enumerate(TRAVEL_MODES) if _is_foreign(mode)]
    places = np.flatnonzero(np.isin(own["travel_mode"][rows], foreign))
    if len(places):
        points[places] = _centres(own["id"][rows[places]].tolist())
    return points


def _is_foreign(mode: str) -> bool:
    router = router_for(mode)
    return router is not None and not router.is_own


def _centres(ids: list[int]) -> list[int]:
    plz = dict(PlacementSearch.objects.filter(pk__in=ids).values_list("pk", "patient__plz"))
    centres = plz_centres(plz.values())
    return [point_key(*centres[plz[pk]]) if plz.get(pk) in centres else UNKNOWN_POINT for pk in ids]


def _read(origin: np.ndarray, today: date) -> dict[str, np.ndarray]:
    named = np.unique(origin)
    is_subset = len(named) <= MOST_NAMED
    parts = {"times": _part(today, is_subset)}
    return bulk.read(parts, named.tolist() if is_subset else ())["times"]


@lru_cache(maxsize=4)
def _part(today: date, is_subset: bool) -> Part:
    rows = TravelTime.objects.filter(expires_on__gte=today).exclude(source=TravelSource.UNPLACED)
    if is_subset:
        rows = rows.filter(bulk.Among(F("origin"), bulk.IDS))
    return part(
        rows,
        origin=("origin", BIGINT),
        destination=("destination", BIGINT),
        mode=(Initial("mode"), INTEGER),
        seconds=(Coalesce("seconds", Value(_NO_WAY), output_field=IntegerField()), INTEGER),
    )


def _joined(
    origin: np.ndarray, mode: np.ndarray, found: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Return (place among the searches, place among the times) of all that belong together."""
    codes = len(TRAVEL_MODES)
    wanted = origin * codes + mode
    there = found["origin"] * codes + bulk.coded(found["mode"], TRAVEL_MODES)
    order = np.lexsort((found["destination"], there))
    begin = np.searchsorted(there[order], wanted, side="left")
    end = np.searchsorted(there[order], wanted, side="right")
    place, step = expand(end - begin)
    return place, order[begin[place] + step]


def _minutes(mode: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """As `geocoding.travel.measured_minutes`, for arrays."""
    overhead = np.array([measured_minutes(name, 0) for name in TRAVEL_MODES])
    minutes = overhead[mode] + -(-seconds.astype(np.int64) // 60)
    return np.where(seconds == _NO_WAY, NO_ROUTE_MINUTES, minutes)

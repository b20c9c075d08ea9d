"""Where an address lies, from the project's own tables: no network, no third party learns it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians

from apps.geocoding.distance import haversine_km
from apps.geocoding.enums import Precision, State
from apps.geocoding.models import Place, PostalCode
from apps.geocoding.names import town_key, town_keys
from apps.geocoding.regions import is_plausible

KM_PER_DEGREE = 111.2
NEARBY_KM = 30.0


@dataclass(frozen=True, slots=True)
class Location:
    """Degrees WGS 84, or no coordinates with `Precision.NONE`. An unknown place never counts as near."""

    latitude: float | None = None
    longitude: float | None = None
    precision: Precision = Precision.NONE
    state: State | None = None

    @property
    def is_known(self) -> bool:
        return self.latitude is not None and self.longitude is not None


UNKNOWN = Location()


def locate(*, plz: str, city: str) -> Location:
    """The middle of the PLZ, else of the town, else `UNKNOWN`; never raises.

    The PLZ wins over a town that contradicts it: people misspell towns more often than they mistype a PLZ
    that exists. A town is taken only where it fits the first two digits of the PLZ (`regions.is_plausible`);
    without a PLZ only a name that no other town shares is taken.
    """
    digits = _five_digits(plz)
    return _by_plz(digits, city) or _by_town(digits, city) or UNKNOWN


def _five_digits(text: str) -> str:
    """The PLZ in "04103", "D-04103" or " 04103 "; "" if there is none."""
    match = re.search(r"(?<!\d)\d{5}(?!\d)", text)
    return match.group() if match else ""


def _by_plz(plz: str, city: str) -> Location | None:
    rows = list(PostalCode.objects.filter(plz=plz)) if plz else []
    if not rows:
        return None
    keys = town_keys(city)
    named = [row for row in rows if town_key(row.place_name) in keys]
    return _location((named or rows)[0], Precision.PLZ)


def _by_town(plz: str, city: str) -> Location | None:
    for key in town_keys(city):
        places = [place for place in Place.objects.filter(sort_key=key) if _fits(place, plz)]
        if place := _choose(places, city=city, is_plz_known=bool(plz)):
            return _location(place, Precision.TOWN)
    return None


def _fits(place: Place, plz: str) -> bool:
    return not plz or is_plausible(plz, latitude=place.latitude, longitude=place.longitude)


def _choose(places: Sequence[Place], *, city: str, is_plz_known: bool) -> Place | None:
    """The town written exactly so; else the only one; else, where the PLZ has spoken, the largest."""
    exact = [place for place in places if place.name.casefold() == city.strip().casefold()]
    candidates = exact or places
    if not candidates or (len(candidates) > 1 and not is_plz_known):
        return None
    return max(candidates, key=lambda place: place.population)


def _location(row: Place | PostalCode, precision: Precision) -> Location:
    return Location(row.latitude, row.longitude, precision, State(row.state))


def nearest_postal_code(*, latitude: float, longitude: float) -> tuple[PostalCode, float] | None:
    """The postal code whose middle is nearest, and its km; None where none is within `NEARBY_KM`."""
    near = postal_codes_around(latitude=latitude, longitude=longitude, km=NEARBY_KM)
    return near[0] if near else None


def postal_codes_around(*, latitude: float, longitude: float, km: float) -> list[tuple[PostalCode, float]]:
    """Postal codes within so many km with their distance, nearest first; equally near ones by PLZ."""
    lines, columns = km / KM_PER_DEGREE, km / (KM_PER_DEGREE * cos(radians(latitude)))
    rows = PostalCode.objects.filter(
        latitude__range=(latitude - lines, latitude + lines),
        longitude__range=(longitude - columns, longitude + columns),
    )
    measured = [(row, haversine_km(latitude, longitude, row.latitude, row.longitude)) for row in rows]
    return sorted((pair for pair in measured if pair[1] <= km), key=lambda pair: (pair[1], pair[0].plz))

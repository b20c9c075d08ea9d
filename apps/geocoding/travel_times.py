"""What was measured, and which route planner could be asked. Reading only; `services.travel` asks.

Here stands the one rule about what of an origin may leave the house: `asked_point`.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.conf import settings

from apps.geocoding.models import PostalCode, TravelTime
from apps.geocoding.travel import TRAVEL_MODES, point_key, point_of

Point = tuple[float, float]  # latitude, longitude
OSRM_SETTINGS = {"car": "OSRM_CAR_URL", "bicycle": "OSRM_BICYCLE_URL", "foot": "OSRM_FOOT_URL"}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where somebody lives. The PLZ stands in for the place where the server is not our own."""

    latitude: float
    longitude: float
    plz: str


@dataclass(frozen=True, slots=True)
class RouterAddress:
    mode: str
    url: str
    is_own: bool

    @property
    def server(self) -> str:
        """Its name among the servers outside."""
        return "transit" if self.is_transit else f"osrm-{self.mode}"

    @property
    def is_transit(self) -> bool:
        return self.mode not in OSRM_SETTINGS


def router_for(mode: str) -> RouterAddress | None:
    """None: nobody can be asked, the estimate counts."""
    name = OSRM_SETTINGS.get(mode)
    url = getattr(settings, name) if name else settings.TRANSIT_URL
    is_own = settings.OSRM_IS_OWN if name else settings.TRANSIT_IS_OWN
    return RouterAddress(mode, url, is_own) if url else None


def routed_modes() -> list[str]:
    return [mode for mode in TRAVEL_MODES if router_for(mode) is not None]


def asked_point(origin: Origin, router: RouterAddress) -> Point | None:
    """The point that stands for an origin in questions and in the cache; None: nothing may be asked.

    Our own server gets the place to four digits. Anybody else gets the middle of the postal code, whoever
    lives there and however exactly the place is known.
    """
    if router.is_own:
        return point_of(point_key(origin.latitude, origin.longitude))
    return plz_centres([origin.plz]).get(origin.plz)


def plz_centres(codes: Iterable[str]) -> dict[str, Point]:
    """The middle of each postal code to four digits; of a shared one that of the first town by name."""
    rows = PostalCode.objects.filter(plz__in=set(codes)).order_by("-place_name")
    found = rows.values_list("plz", "latitude", "longitude")
    return {plz: point_of(point_key(latitude, longitude)) for plz, latitude, longitude in found}


def known_times(
    *, origin: Point, mode: str, destinations: Collection[int], today: date
) -> dict[int, TravelTime]:
    """What was told and still counts, by the key of the destination; also places the server does not know."""
    rows = TravelTime.objects.filter(
        origin=point_key(*origin), mode=mode, destination__in=destinations, expires_on__gte=today
    )
    return {row.destination: row for row in rows}

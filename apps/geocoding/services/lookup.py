"""Addresses to points and back, each with where it comes from and why it is no finer.

Order: the kept answer, the address server (if there is one), the own tables of postal codes and towns. A
server that fails costs precision, never the point.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _

from apps.geocoding import regions
from apps.geocoding.addresses import Address
from apps.geocoding.clients import nominatim
from apps.geocoding.clients.nominatim import GeocoderError, Hit
from apps.geocoding.distance import haversine_km
from apps.geocoding.enums import Outcome, Precision, Provenance, Reason, State
from apps.geocoding.models import CachedLookup
from apps.geocoding.selectors import UNKNOWN, Location, locate, nearest_postal_code
from apps.geocoding.services.asking import PATIENCE_SECONDS, ask

KEPT = timedelta(days=365)
KEPT_NOT_FOUND = timedelta(days=14)  # maps grow
MOST_KM_FROM_PLZ = 50.0
GERMANY_LATITUDES, GERMANY_LONGITUDES = (47.0, 55.2), (5.5, 15.3)
FINENESS = {
    Precision.NONE: 0,
    Precision.TOWN: 1,
    Precision.PLZ: 2,
    Precision.STREET: 3,
    Precision.HOUSE: 4,
    Precision.MANUAL: 5,
}


@dataclass(frozen=True, slots=True)
class Found:
    """Degrees WGS 84, or none with `Precision.NONE`. `reason`: why it is no finer, None if it need not be.

    `refused_km` is how far from the postal code the refused hit lay.
    """

    latitude: float | None
    longitude: float | None
    precision: Precision
    state: State | None
    provenance: Provenance
    reason: Reason | None = None
    refused_km: int | None = None

    @property
    def outcome(self) -> Outcome:
        if self.reason == Reason.IMPLAUSIBLE:
            return Outcome.REFUSED
        if self.precision == Precision.NONE:
            return Outcome.UNKNOWN
        is_fine = FINENESS[self.precision] >= FINENESS[Precision.STREET]
        return Outcome.PLACED if is_fine else Outcome.COARSE

    @property
    def is_to_be_repeated(self) -> bool:
        return self.reason == Reason.UNREACHABLE

    @property
    def note(self) -> str:
        return sentence(self.reason, self.refused_km)


@dataclass(frozen=True, slots=True)
class Nearby:
    """What lies at a point, `km` away. Without an own address server the nearest postal code is all."""

    plz: str
    city: str
    state: State | None
    street: str
    km: float
    provenance: Provenance
    note: str = ""


def sentence(reason: Reason | str | None, refused_km: int | None = None) -> str:
    """The reason for people, with the distance of a refused hit."""
    if not reason:
        return ""
    text = str(Reason(reason).label)
    return f"{text} ({_('%(km)s km off') % {'km': refused_km}})" if refused_km is not None else text


def geocode(*, address: Address, at: datetime, patience_seconds: float = PATIENCE_SECONDS) -> Found:
    """The best point to be had. Never raises for a server that fails: `note` says so instead.

    May wait for the server; not to be called inside a transaction (RuntimeError).
    """
    own = locate(plz=address.plz, city=address.city)
    if not nominatim.is_configured():
        return _from_tables(own, Reason.NO_SERVER)
    clean = address.cleaned()
    asked = nominatim.outgoing(clean)
    reason = _reason_without_street(clean)
    if not _is_worth_asking(asked, own):
        return _from_tables(own, reason or Reason.NO_PLACE)
    try:
        hits, provenance = _hits(asked, own, at, patience_seconds)
    except GeocoderError as error:
        return _from_tables(own, Reason.REJECTED if error.permanent else Reason.UNREACHABLE)
    return _chosen(hits, clean, own, provenance, reason)


def _reason_without_street(address: Address) -> Reason | None:
    """Why the server is asked without a street; None where it is asked with one."""
    if not address.street:
        return Reason.NO_STREET
    return None if nominatim.outgoing(address).street else Reason.PRIVATE


def _is_worth_asking(asked: Address, own: Location) -> bool:
    """Without a street the server knows no more than our table of postal codes."""
    if not asked.plz and not asked.city:
        return False
    return bool(asked.street) or own.precision != Precision.PLZ


def _hits(
    asked: Address, own: Location, at: datetime, patience_seconds: float
) -> tuple[list[Hit], Provenance]:
    """Kept or fetched. An unknown street is followed by PLZ and town where our tables do not know them."""
    hits, provenance = _kept_or_fetched(asked, at, patience_seconds)
    if hits or not asked.street or own.precision == Precision.PLZ:
        return hits, provenance
    return _kept_or_fetched(replace(asked, street=""), at, patience_seconds)


def _kept_or_fetched(asked: Address, at: datetime, patience_seconds: float) -> tuple[list[Hit], Provenance]:
    key = asked.fingerprint()
    kept = CachedLookup.objects.filter(key=key, expires_at__gt=at).first()
    if kept is not None:
        return [nominatim.hit_from_json(values) for values in kept.hits], Provenance.CACHE
    hits = ask(lambda client: client.search(asked), at=at, patience_seconds=patience_seconds)
    _keep(key, hits, at)
    return hits, Provenance.NOMINATIM


def _keep(key: str, hits: Sequence[Hit], at: datetime) -> None:
    values = {
        "hits": [hit.as_json() for hit in hits],
        "is_found": bool(hits),
        "fetched_at": at,
        "expires_at": at + (KEPT if hits else KEPT_NOT_FOUND),
    }
    CachedLookup.objects.update_or_create(key=key, defaults=values)


def _chosen(
    hits: Sequence[Hit], address: Address, own: Location, provenance: Provenance, reason: Reason | None
) -> Found:
    """The first plausible hit where it is finer than our own tables."""
    plausible = [hit for hit in hits if _is_plausible(hit, address.plz, own)]
    if hits and not plausible:
        return _from_tables(own, Reason.IMPLAUSIBLE, refused_km=_km_off(hits[0], address.plz, own))
    if not plausible or FINENESS[plausible[0].precision] <= FINENESS[own.precision]:
        return _from_tables(own, reason or Reason.NOT_FOUND)
    hit = plausible[0]
    return Found(
        latitude=hit.latitude,
        longitude=hit.longitude,
        precision=hit.precision,
        state=hit.state or own.state,
        provenance=provenance,
        reason=_reason(hit, address, reason),
    )


def _is_plausible(hit: Hit, plz: str, own: Location) -> bool:
    if not _is_in_germany(hit):
        return False
    if regions.regions().get(plz[:2]) is not None and not regions.is_plausible(
        plz, latitude=hit.latitude, longitude=hit.longitude
    ):
        return False
    return not own.is_known or _km(own, hit) <= MOST_KM_FROM_PLZ


def _is_in_germany(hit: Hit) -> bool:
    south, north = GERMANY_LATITUDES
    west, east = GERMANY_LONGITUDES
    return south <= hit.latitude <= north and west <= hit.longitude <= east


def _km_off(hit: Hit, plz: str, own: Location) -> int | None:
    """From the PLZ's own point, else from the middle of its region."""
    if own.is_known:
        return round(_km(own, hit))
    region = regions.regions().get(plz[:2])
    if region is None:
        return None
    return round(haversine_km(region.latitude, region.longitude, hit.latitude, hit.longitude))


def _km(own: Location, hit: Hit) -> float:
    assert own.latitude is not None
    assert own.longitude is not None
    return haversine_km(own.latitude, own.longitude, hit.latitude, hit.longitude)


def _reason(hit: Hit, address: Address, reason: Reason | None) -> Reason | None:
    if hit.precision == Precision.HOUSE:
        return None
    if hit.precision == Precision.STREET:
        return Reason.NO_HOUSE if address.has_house_number else None
    return reason or Reason.NOT_FOUND


def _from_tables(own: Location, reason: Reason, *, refused_km: int | None = None) -> Found:
    """Where not even a server could help, PLZ and town are what has to be looked at."""
    is_hopeless = own == UNKNOWN and reason in (Reason.NO_SERVER, Reason.NO_STREET, Reason.PRIVATE)
    return Found(
        latitude=own.latitude,
        longitude=own.longitude,
        precision=own.precision,
        state=own.state,
        provenance=Provenance.OWN_TABLE,
        reason=Reason.NO_PLACE if is_hopeless else reason,
        refused_km=refused_km,
    )


def reverse(
    *, latitude: float, longitude: float, at: datetime, patience_seconds: float = PATIENCE_SECONDS
) -> Nearby | None:
    """PLZ, town and, from an own server, the street at a point; None far from every known postal code.

    A public server is never asked: the point may be somebody's home.
    """
    own = _nearest(latitude, longitude)
    if not nominatim.is_configured() or not settings.NOMINATIM_IS_OWN:
        return own
    try:
        hit = ask(
            lambda client: client.reverse(latitude=latitude, longitude=longitude),
            at=at,
            patience_seconds=patience_seconds,
        )
    except GeocoderError:
        return own and replace(own, note=sentence(Reason.UNREACHABLE))
    if hit is None or not hit.plz:
        return own
    km = haversine_km(latitude, longitude, hit.latitude, hit.longitude)
    return Nearby(hit.plz, hit.city, hit.state, hit.street, km, Provenance.NOMINATIM)


def _nearest(latitude: float, longitude: float) -> Nearby | None:
    found = nearest_postal_code(latitude=latitude, longitude=longitude)
    if found is None:
        return None
    row, km = found
    return Nearby(row.plz, row.place_name, State(row.state), "", km, Provenance.OWN_TABLE)

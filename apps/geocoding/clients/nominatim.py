"""Nominatim (search and reverse) over geopy: one question, one answer, one typed error.

`search` and `reverse` are the only doors to the server. What goes out is street, PLZ, town and country,
never a name; of a private address a server that is not our own gets PLZ and town alone, and no coordinates.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from geopy.adapters import AdapterHTTPError, RequestsAdapter, get_retry_after
from geopy.exc import GeopyError
from geopy.geocoders import Nominatim

from apps.geocoding.addresses import Address
from apps.geocoding.enums import Precision, State

T = TypeVar("T")

TIMEOUT_SECONDS = 8
MOST_HITS = 5
COUNTRY = "de"
BAD_QUESTION = frozenset({400, 412, 413, 414, 422})  # the same question would be refused again
SHUT_OUT = frozenset({401, 402, 403, 407})  # we are refused, whatever we ask: a person has to act
# Ranks of Nominatim: https://nominatim.org/release-docs/latest/customize/Ranking/
HOUSE_RANK, STREET_RANK, TOWN_RANK = 28, 26, 12


class GeocoderError(Exception):
    """The server gave no usable answer.

    `reply` names the kind of failure, never what was asked. `permanent`: this question will be refused
    again; otherwise the server is at fault. `is_shut_out`: asking again soon would make it worse.
    `retry_after_seconds` is what the server asked for.
    """

    def __init__(
        self,
        reply: str,
        *,
        permanent: bool = False,
        is_shut_out: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(reply)
        self.reply = reply
        self.permanent = permanent
        self.is_shut_out = is_shut_out
        self.retry_after_seconds = retry_after_seconds


@dataclass(frozen=True, slots=True)
class Hit:
    latitude: float
    longitude: float
    precision: Precision
    state: State | None
    street: str
    plz: str
    city: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def hit_from_json(values: Mapping[str, Any]) -> Hit:
    state = values["state"]
    return Hit(
        **{
            **values,
            "precision": Precision(values["precision"]),
            "state": State(state) if state is not None else None,
        }
    )


def is_configured() -> bool:
    return bool(settings.NOMINATIM_URL)


def outgoing(address: Address) -> Address:
    """What of an address may leave the house."""
    if address.is_private and not settings.NOMINATIM_IS_OWN:
        return replace(address, street="")
    return address


class _OneRequest(RequestsAdapter):
    """No hidden second request: neither after a failure (the pace is ours) nor to where a redirect points."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_retries=0, **kwargs)
        self.session.max_redirects = 0


class NominatimClient:
    """Settings: NOMINATIM_URL, NOMINATIM_IS_OWN, GEOCODER_CONTACT. Keeps its connection until the end."""

    def __init__(self) -> None:
        url = urlsplit(settings.NOMINATIM_URL.rstrip("/"))
        self._geopy = Nominatim(
            domain=url.netloc + url.path,
            scheme=url.scheme,
            user_agent=f"psychotherapie-vermittlung ({settings.GEOCODER_CONTACT or settings.SITE_URL})",
            timeout=TIMEOUT_SECONDS,
            adapter_factory=_OneRequest,
        )

    def close(self) -> None:
        self._geopy.adapter.session.close()

    def __enter__(self) -> "NominatimClient":
        return self

    def __exit__(self, *args: object) -> None:
        self.close()

    def search(self, address: Address) -> list[Hit]:
        """The hits in the order of the server; none: it does not know the address. Raises GeocoderError."""
        words = _structured(outgoing(address))
        found = _asked(
            lambda: self._geopy.geocode(
                words,
                exactly_one=False,
                limit=MOST_HITS,
                addressdetails=True,
                language=COUNTRY,
                country_codes=COUNTRY,
            )
        )
        return [hit for place in found or [] if (hit := _hit(place.raw)) is not None]

    def reverse(self, *, latitude: float, longitude: float) -> Hit | None:
        """The address nearest to a point. Only an own server is asked: a point may be somebody's home."""
        if not settings.NOMINATIM_IS_OWN:
            raise GeocoderError("not asked: the server is not our own", permanent=True)
        found = _asked(
            lambda: self._geopy.reverse((latitude, longitude), language=COUNTRY, addressdetails=True)
        )
        return _hit(found.raw) if found is not None else None


def _structured(address: Address) -> dict[str, str]:
    words = {"street": address.street, "postalcode": address.plz, "city": address.city}
    return {**{name: text for name, text in words.items() if text}, "country": COUNTRY}


def _asked(call: Callable[[], T]) -> T:
    """Any failure as GeocoderError. Messages of the libraries quote the address asked for: dropped here."""
    try:
        return call()
    except GeopyError as error:
        raise _judged(error) from None
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise GeocoderError(f"answer not understood ({type(error).__name__})") from None


def _judged(error: GeopyError) -> GeocoderError:
    cause = error.__cause__
    if not isinstance(cause, AdapterHTTPError):
        return GeocoderError(type(error).__name__.removeprefix("Geocoder"))
    return GeocoderError(
        f"HTTP {cause.status_code}",
        permanent=cause.status_code in BAD_QUESTION,
        is_shut_out=cause.status_code in SHUT_OUT,
        retry_after_seconds=_retry_after(cause),
    )


def _retry_after(cause: AdapterHTTPError) -> float | None:
    seconds = get_retry_after(cause.headers or {})
    return None if seconds is None else max(0.0, float(seconds))


def _hit(raw: Mapping[str, Any]) -> Hit | None:
    """None for what is larger than a town: the middle of a country helps nobody."""
    precision = _precision(raw)
    if precision == Precision.NONE:
        return None
    address = raw.get("address") or {}
    parts = (_first(address, ("road", "pedestrian", "square", "place")), address.get("house_number", ""))
    return Hit(
        latitude=round(float(raw["lat"]), 7),
        longitude=round(float(raw["lon"]), 7),
        precision=precision,
        state=_state(address),
        street=" ".join(part for part in parts if part),
        plz=_plz(address),
        city=_first(address, ("city", "town", "village", "municipality", "hamlet")),
    )


def _precision(raw: Mapping[str, Any]) -> Precision:
    kind = raw.get("addresstype") or raw.get("type", "")
    rank = int(raw.get("place_rank", 0))
    if kind == "postcode":
        return Precision.PLZ
    if rank >= HOUSE_RANK and (raw.get("address") or {}).get("house_number"):
        return Precision.HOUSE
    if rank >= STREET_RANK:
        return Precision.STREET
    return Precision.TOWN if rank >= TOWN_RANK else Precision.NONE


def _state(address: Mapping[str, str]) -> State | None:
    code = address.get("ISO3166-2-lvl4", "").removeprefix("DE-")
    return State(code) if code in State.values else None


def _plz(address: Mapping[str, str]) -> str:
    match = re.match(r"\d{5}(?!\d)", address.get("postcode", ""))
    return match.group() if match else ""


def _first(address: Mapping[str, str], names: Sequence[str]) -> str:
    return next((address[name] for name in names if address.get(name)), "")

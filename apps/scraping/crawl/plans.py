"""What is asked of a source, step by step. A step is a small JSON object: it waits in the cursor of the run.

The plan follows from the source's adapter, address and options (docs/sources.md). Nothing is asked beyond
it: no links are followed.
"""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

from django.utils.translation import gettext as _

from apps.core.errors import Refused
from apps.geocoding.enums import State
from apps.geocoding.models import Place, PostalCode
from apps.geocoding.regions import regions
from apps.scraping.crawl import tiles
from apps.scraping.crawl.answers import Expected
from apps.scraping.models import Source
from apps.scraping.records import Rejected

Step = dict[str, Any]

RADIUS_KM = 25.0
SMALLEST_KM = 0.25  # a tile that is still cut at this size is reported
AROUND_TOWN_KM = 15.0
MOST_ADDRESSES = 2000
MOST_PAGES = 500
METRES = 1000
FILTERS = {"fgg": ["12"]}  # psychotherapy
TITLES = {
    "fgg": "Fachgebiet Kategorie",
    "ptv": "Psychotherapie: Verfahren",
    "pta": "Psychotherapie: Altersgruppe",
    "pts": "Psychotherapie: Setting",
}


@dataclass(frozen=True)
class Ask:
    """One request. `where` names the step for people; `pause_seconds` is waited before it leaves."""

    step: Step
    where: str
    url: str
    method: str = "GET"
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    pause_seconds: float = 0.0


@dataclass(frozen=True)
class Brought:
    """What the answer of a step brought, as far as it decides where to go on."""

    is_cut: bool
    entries: int
    is_old: bool  # every entry had been seen in this run already


class CannotSplit(Exception):
    """The source left entries out, and there is no smaller step."""


class Plan(ABC):
    expected = Expected.JSON
    is_register = False

    def __init__(self, source: Source) -> None:
        self.source = source
        self.options: Mapping[str, Any] = source.options if isinstance(source.options, dict) else {}
        self.host = host_of(source.url)
        self.steps = self.first()

    @property
    def fingerprint(self) -> str:
        """Changes with the options: a cursor of another plan is worthless."""
        told = json.dumps([self.source.url, self.steps], sort_keys=True)
        return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()

    @abstractmethod
    def first(self) -> list[Step]:
        """All steps known at the beginning. Raises Refused where the options make no sense."""

    @abstractmethod
    def ask(self, step: Step) -> Ask: ...

    def more(self, step: Step, brought: Brought) -> list[Step]:
        """Steps that follow from an answer. Raises CannotSplit."""
        return []

    def told_once(self, rejected: Rejected) -> Rejected:
        """The same in whatever answer the entry comes, so that it is counted once in a run."""
        return rejected


class TilePlan(Plan):
    """The public register: what lies around a point; a tile whose answer is cut is split into four."""

    is_register = True

    def first(self) -> list[Step]:
        self.filters = _filters(self.options.get("filters", FILTERS))
        radius = _number(self.options, "radius_km", RADIUS_KM, least=1, most=200)
        return [_as_step(box) for box in tiles.cover(_areas(self.options), radius_km=radius)]

    def ask(self, step: Step) -> Ask:
        around = tiles.Box(*step["box"]).around
        unit = 1 if self.options.get("radius_unit") == "km" else METRES
        told = {
            "r": ceil(around.radius_km * unit),
            "lat": around.latitude,
            "lon": around.longitude,
            "filterSelections": self.filters,
            "locOrigin": "USER_INPUT",
            "initialSearch": False,
            "viaDeeplink": False,
        }
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        where = f"{around.latitude:.4f}, {around.longitude:.4f}, {around.radius_km:.1f} km"
        return Ask(step, where, self.source.url, "POST", json.dumps(told).encode(), headers)

    def more(self, step: Step, brought: Brought) -> list[Step]:
        if not brought.is_cut:
            return []
        box = tiles.Box(*step["box"])
        if box.around.radius_km / 2 < SMALLEST_KM:
            raise CannotSplit
        return [_as_step(quarter) for quarter in box.quarters()]

    def told_once(self, rejected: Rejected) -> Rejected:
        """The distance and the place in the list depend on the tile."""
        if not isinstance(rejected.payload, dict) or not rejected.payload.get("id"):
            return rejected
        payload = {name: value for name, value in rejected.payload.items() if name != "distance"}
        return replace(rejected, where=str(payload["id"]), payload=payload)


class PagePlan(Plan):
    """Areas and pages of a search; an area ends with an empty page, or one that shows only known entries.

    The address holds `{page}` and, where there are areas, `{area}`.
    """

    def first(self) -> list[Step]:
        if "{page}" not in self.source.url:
            raise Refused(_("The address of this source needs “{page}” where the number of the page goes."))
        areas = self.options.get("areas") or [""]
        if not isinstance(areas, list) or (areas != [""] and "{area}" not in self.source.url):
            raise Refused(_("The option “areas” is a list, and the address needs “{area}” where one goes."))
        page = int(_number(self.options, "first_page", 1, least=0, most=1))
        return [{"area": str(area), "page": page} for area in areas]

    def ask(self, step: Step) -> Ask:
        url = self.source.url.replace("{page}", str(step["page"]))
        url = url.replace("{area}", quote(step["area"], safe=""))
        where = ", ".join(filter(None, (step["area"], _("page %(page)s") % {"page": step["page"]})))
        return Ask(step, where, url, headers={"Accept": "application/json"})

    def more(self, step: Step, brought: Brought) -> list[Step]:
        if not brought.entries or brought.is_old:
            return []
        if step["page"] >= MOST_PAGES:
            raise CannotSplit
        return [{**step, "page": step["page"] + 1}]


class AddressPlan(Plan):
    """A list of addresses (option `urls`), or the one address of the source."""

    def first(self) -> list[Step]:
        urls = self.options.get("urls") or [self.source.url]
        if not isinstance(urls, list) or len(urls) > MOST_ADDRESSES:
            raise Refused(_("The option “urls” is a list of at most %(most)s.") % {"most": MOST_ADDRESSES})
        for url in urls:
            if not isinstance(url, str) or host_of(url) != self.host:
                raise Refused(
                    _("“%(url)s” is on another host than the source; the permission is for the source's own.")
                    % {"url": url}
                )
        return [{"url": url} for url in dict.fromkeys(urls)]

    def ask(self, step: Step) -> Ask:
        return Ask(step, step["url"], step["url"])


class SavedPagePlan(AddressPlan):
    expected = Expected.PAGE


class TablePlan(AddressPlan):
    expected = Expected.TABLE


PLANS: Mapping[str, type[Plan]] = {
    "arztsuche": TilePlan,
    "kv_nordrhein": PagePlan,
    "saved_page": SavedPagePlan,
    "chamber_csv": TablePlan,
    "own_json": AddressPlan,
}


def plan_of(source: Source) -> Plan:
    """Raises Refused with what to do where the source cannot be fetched as it is set up."""
    kind = PLANS.get(source.adapter)
    if kind is None:
        raise Refused(_("Records of this kind can only be read from files."))
    plan = kind(source)
    if not plan.steps:
        raise Refused(_("There is nothing to ask: check the options of the source."))
    return plan


def host_of(url: str) -> str:
    """Raises Refused for anything but http and https."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refused(_("“%(url)s” is no address that begins with http:// or https://.") % {"url": url})
    return parts.hostname


def _as_step(box: tiles.Box) -> Step:
    return {"box": [round(degrees, 6) for degrees in box]}


def _filters(chosen: Any) -> list[dict[str, Any]]:
    """As the register wants them. `{"fgg": ["12"], "ptv": ["V", "T"]}`"""
    if not isinstance(chosen, dict) or not all(isinstance(codes, list) for codes in chosen.values()):
        raise Refused(_("The option “filters” names fields of the register with lists of codes."))
    return [
        {"title": TITLES.get(name, name), "fieldName": name, "selectedCodes": [str(code) for code in codes]}
        for name, codes in chosen.items()
    ]


def _areas(options: Mapping[str, Any]) -> Iterator[tiles.Circle]:
    """What is to be covered: points of the options, towns of some states, else all postal regions."""
    if points := options.get("points"):
        yield from _points(points)
    elif states := options.get("states"):
        yield from _around_towns(states)
    else:
        wanted = options.get("regions") or sorted(regions())
        if not isinstance(wanted, list) or any(one not in regions() for one in wanted):
            raise Refused(_("The option “regions” lists the first two digits of postal codes, as texts."))
        yield from (tiles.Circle(*regions()[one]) for one in wanted)


def _points(points: Any) -> Iterator[tiles.Circle]:
    try:
        yield from [tiles.Circle(*map(float, (one["lat"], one["lon"], one["km"]))) for one in points]
    except (TypeError, KeyError, ValueError) as error:
        raise Refused(_("The option “points” lists objects with lat, lon and km.")) from error


def _around_towns(states: Any) -> Iterator[tiles.Circle]:
    if not isinstance(states, list) or any(one not in State.values for one in states):
        known = ", ".join(State.values)
        raise Refused(_("The option “states” lists some of: %(known)s.") % {"known": known})
    for model in (Place, PostalCode):
        rows: Sequence[tuple[float, float]] = sorted(
            set(model.objects.filter(state__in=states).values_list("latitude", "longitude"))
        )
        yield from (tiles.Circle(latitude, longitude, AROUND_TOWN_KM) for latitude, longitude in rows)


def _number(options: Mapping[str, Any], name: str, default: float, *, least: float, most: float) -> float:
    value = options.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        text = _("The option “%(name)s” is a number from %(least)g to %(most)g.")
        raise Refused(text % {"name": name, "least": least, "most": most})
    return float(value)

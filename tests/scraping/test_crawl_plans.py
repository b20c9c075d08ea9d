"""What is asked of a source, and what makes no sense to ask."""

import json
from typing import Any

import pytest

from apps.core.errors import Refused
from apps.geocoding.distance import haversine_km
from apps.geocoding.models import Place
from apps.scraping.crawl.plans import SMALLEST_KM, Brought, CannotSplit, plan_of
from apps.scraping.models import Source
from apps.scraping.records import Rejected

CUT = Brought(is_cut=True, entries=100, is_old=False)
WHOLE = Brought(is_cut=False, entries=30, is_old=False)
LEIPZIG = {"lat": 51.34, "lon": 12.37, "km": 10}


def _source(adapter: str = "arztsuche", url: str = "https://a.example.org/api", **options: Any) -> Source:
    return Source(key="a", name="A", adapter=adapter, url=url, options=options)


def test_request_of_a_tile_has_the_form_of_the_register() -> None:
    plan = plan_of(_source(points=[LEIPZIG], radius_km=30, filters={"fgg": ["12"], "ptv": ["V"]}))
    ask = plan.ask(plan.steps[0])
    told = json.loads(ask.body)
    assert (ask.method, ask.url) == ("POST", "https://a.example.org/api")
    assert ask.headers["Content-Type"] == "application/json"
    assert told.keys() == {
        "r",
        "lat",
        "lon",
        "filterSelections",
        "locOrigin",
        "initialSearch",
        "viaDeeplink",
    }
    assert 20_000 < told["r"] <= 30_000
    assert [(one["fieldName"], one["selectedCodes"]) for one in told["filterSelections"]] == [
        ("fgg", ["12"]),
        ("ptv", ["V"]),
    ]


def test_radius_may_be_told_in_kilometres() -> None:
    plan = plan_of(_source(points=[LEIPZIG], radius_km=30, radius_unit="km"))
    assert json.loads(plan.ask(plan.steps[0]).body)["r"] in range(20, 31)


def test_without_options_the_whole_country_is_asked_for() -> None:
    steps = plan_of(_source()).steps
    assert 400 < len(steps) < 450


@pytest.mark.django_db
def test_states_are_asked_for_around_their_towns() -> None:
    Place.objects.all().delete()
    Place.objects.create(name="Leipzig", state="SN", latitude=51.34, longitude=12.37)
    Place.objects.create(name="Jena", state="TH", latitude=50.93, longitude=11.59)
    steps = plan_of(_source(states=["SN"], radius_km=20)).steps
    middles = [((s + n) / 2, (w + e) / 2) for s, w, n, e in (step["box"] for step in steps)]
    assert 1 <= len(steps) <= 9
    assert max(haversine_km(*middle, 51.34, 12.37) for middle in middles) < 36


def test_cut_tile_is_split_until_it_is_too_small() -> None:
    plan = plan_of(_source(points=[LEIPZIG], radius_km=30))
    step, sizes = plan.steps[0], []
    with pytest.raises(CannotSplit):
        for _level in range(20):
            sizes.append(len(plan.more(step, CUT)))
            step = plan.more(step, CUT)[0]
    assert sizes == [4] * 6
    assert json.loads(plan.ask(step).body)["r"] / 1000 < 2 * SMALLEST_KM + 0.01
    assert plan.more(plan.steps[0], WHOLE) == []


def test_rejected_entry_is_the_same_from_every_tile() -> None:
    plan = plan_of(_source(points=[LEIPZIG]))
    told = [
        plan.told_once(Rejected(where, "An institution.", {"id": "9", "name": "MVZ", "distance": metres}))
        for where, metres in (("here, entry 1", 100), ("there, entry 7", 900))
    ]
    assert told == [Rejected("9", "An institution.", {"id": "9", "name": "MVZ"})] * 2
    assert plan.told_once(Rejected("here", "Broken.", None)) == Rejected("here", "Broken.", None)


def test_pages_go_on_until_one_is_empty_or_old() -> None:
    url = "https://kv.example.org/search?area={area}&page={page}"
    plan = plan_of(_source("kv_nordrhein", url, areas=["Köln", "Bonn"]))
    asks = [plan.ask(step).url for step in plan.steps]
    assert asks == [
        "https://kv.example.org/search?area=K%C3%B6ln&page=1",
        "https://kv.example.org/search?area=Bonn&page=1",
    ]
    assert plan.more(plan.steps[0], WHOLE) == [{"area": "Köln", "page": 2}]
    assert plan.more(plan.steps[0], Brought(False, 0, False)) == []
    assert plan.more(plan.steps[0], Brought(False, 20, True)) == []
    with pytest.raises(CannotSplit):
        plan.more({"area": "", "page": 500}, WHOLE)


def test_saved_pages_are_those_of_the_list() -> None:
    urls = ["https://a.example.org/1.html", "https://a.example.org/2.html", "https://a.example.org/1.html"]
    plan = plan_of(_source("saved_page", urls=urls))
    assert [plan.ask(step).url for step in plan.steps] == urls[:2]
    assert plan_of(_source("chamber_csv", "https://a.example.org/l.csv")).steps == [
        {"url": "https://a.example.org/l.csv"}
    ]


def test_digest_changes_with_what_is_asked() -> None:
    digests = {plan_of(_source(points=[LEIPZIG], radius_km=radius)).fingerprint for radius in (20, 30, 30)}
    assert len(digests) == 2


@pytest.mark.parametrize(
    "source",
    [
        _source("strange"),
        _source(url="ftp://a.example.org/"),
        _source(url="https://[broken"),
        _source(radius_km="wide"),
        _source(radius_km=True),
        _source(radius_km=0.1),
        _source(states="SN"),
        _source(states=["XX"]),
        _source(regions=["05"]),
        _source(regions="04"),
        _source(points=[{"lat": 51}]),
        _source(points=5),
        _source(filters=["12"]),
        _source("kv_nordrhein"),
        _source("kv_nordrhein", "https://a.example.org/?p={page}", areas=["Bonn"]),
        _source("kv_nordrhein", "https://a.example.org/?p={page}&a={area}", areas="Bonn"),
        _source("saved_page", urls=["https://b.example.org/1.html"]),
        _source("saved_page", urls=["file:///etc/passwd"]),
        _source("saved_page", urls=[5]),
        _source("saved_page", urls="https://a.example.org/1.html"),
    ],
    ids=lambda source: f"{source.adapter} {source.url} {source.options}",
)
def test_options_without_sense_are_refused(source: Source) -> None:
    with pytest.raises(Refused):
        plan_of(source)

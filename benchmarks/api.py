"""The lists of the HTTP interface at full size, over gunicorn with two workers, 50 rows a page.

Every GET without a path parameter that answers with pages is taken from the OpenAPI document, in each of its
orders (both ways), with each of its filters, at the beginning and deep down. Beside it the same pages with
LIMIT and OFFSET (`benchmarks.api_offset`): the same server, endpoints and rows. One client asks one thing
after the other; the first answers of each process are left out. Queries are counted in process.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import numpy as np
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.gateway.enums import Scope
from apps.gateway.models import ApiClient
from apps.gateway.services import clients
from benchmarks import fill
from benchmarks.api_rows import rows_of_contact
from benchmarks.api_server import Caller, served
from benchmarks.database import say
from benchmarks.sizes import SEED, SIZES
from benchmarks.timing import latency
from config.api import api

PREFIX = "/api/v1/"
NAME = "benchmark"
ROWS, STEP = 50, 200  # rows of a page that is measured, and of one that only leads on
WARM_UP = 12
LEAST = 200  # requests per list
MOST_STEPS = 60  # how far orders other than that of the ids are walked: 12,000 rows
GUESSES = {"plz": "04", "state": "SN", "q": "mei", "updated_since": "2026-11-01T00:00:00Z"}
Figures = dict[str, float]


def run(size: str) -> Figures:
    fill.ensure(SIZES[size])
    token, database = _token(), SIZES[size].database
    figures: Figures = {}
    with (
        rows_of_contact(),
        served("config.wsgi", database, token) as product,
        served("benchmarks.api_offset", database, token) as rival,
    ):
        for caller in (product, rival):
            _warm_up(caller)
        for path, operation in lists():
            figures |= _list(path, operation, product, rival)
    return figures


def lists() -> Iterator[tuple[str, dict[str, Any]]]:
    """Address and description of every list that needs no id."""
    document = api.get_openapi_schema(path_prefix=PREFIX)
    for path, methods in document["paths"].items():
        names = {one["name"] for one in methods.get("get", {}).get("parameters", ())}
        if "{" not in path and {"cursor", "sort"} <= names:
            yield path, methods["get"]


def orders(caller: Caller, path: str) -> list[str]:
    """The refusal of an unknown order names the known ones. Both ways, except for the usual one."""
    _seconds, _status, told = caller.get(f"{path}?sort=?")
    names = told["detail"].removeprefix("sort: ").split(", ")
    return [f"{sign}{name}" for name in names for sign in ("", "-")]


def filters(operation: dict[str, Any]) -> list[dict[str, str]]:
    """One value for every filter whose values are known."""
    found = []
    for one in operation["parameters"]:
        value = GUESSES.get(one["name"]) or _first_value(one["schema"])
        if one["name"] not in ("limit", "cursor", "sort") and value:
            found.append({one["name"]: value})
    return found


def _list(path: str, operation: dict[str, Any], product: Caller, rival: Caller) -> Figures:
    name = "api." + path.removeprefix(PREFIX).replace("/", "_").replace("-", "_")
    if not product.rows(_address(path, limit=1))[1]["items"]:
        say(f"  {name}: no rows")
        return {f"{name}.n": 0}
    figures: Figures = {}
    first, deep, skipped = _asked(product, path)
    asked = [_address(path, limit=ROWS, **one) for one in filters(operation)]
    each = max(1, -(-LEAST // (len(first) + len(deep) + len(asked))))
    narrow = _seconds(product, asked * each)
    seconds = {"first": [], "deep": [], "offset_deep": []}
    for _time in range(each):  # in turns, so that both have the same neighbours on the machine
        seconds["first"] += _seconds(product, first)
        seconds["deep"] += _seconds(product, deep)
        seconds["offset_deep"] += _seconds(rival, skipped)
    whole = seconds["first"] + seconds["deep"] + narrow
    figures |= latency(name, whole)
    for part, found in (seconds | {"filtered": narrow}).items():
        if found:
            figures |= latency(f"{name}.{part}", found)
    figures |= _slowest(name, asked, narrow)
    figures |= {
        f"{name}.queries": float(_queries(product.token, first[0])),
        f"{name}.queries_deep": float(_queries(product.token, deep[-1])),
        f"{name}.offset_deep_over_deep": (
            figures[f"{name}.offset_deep.p50_ms"] / figures[f"{name}.deep.p50_ms"]
        ),
    }
    say("  " + ", ".join(f"{key.removeprefix('api.')} {value:.3g}" for key, value in figures.items()))
    return figures


def _asked(caller: Caller, path: str) -> tuple[list[str], list[str], list[str]]:
    """Addresses of the first pages, of pages spread over the depth, and of those with an offset instead."""
    first, deep, skipped = [], [], []
    draw = np.random.default_rng(SEED)
    for order in orders(caller, path):
        cursors = _cursors(caller, path, order, None if order == "id" else MOST_STEPS)
        chosen = draw.choice(len(cursors), size=min(8, len(cursors)), replace=False) if cursors else []
        first.append(_address(path, limit=ROWS, sort=order))
        for at in sorted({int(one) for one in chosen}):
            deep.append(_address(path, limit=ROWS, sort=order, cursor=cursors[at]))
            skipped.append(_address(path, limit=ROWS, sort=order, cursor=str((at + 1) * STEP)))
    return first, deep or first, skipped or [_address(path, limit=ROWS)]


def _cursors(caller: Caller, path: str, order: str, most: int | None) -> list[str]:
    """Cursors STEP rows apart, down to the end of the list or `most` of them."""
    found: list[str] = []
    cursor = ""
    while most is None or len(found) < most:
        _seconds_taken, told = caller.rows(_address(path, limit=STEP, sort=order, cursor=cursor))
        cursor = told["next"]
        if not cursor:
            break
        found.append(cursor)
    return found


def _seconds(caller: Caller, addresses: list[str]) -> list[float]:
    return [caller.rows(address)[0] for address in addresses]


def _slowest(name: str, asked: list[str], seconds: list[float]) -> Figures:
    """Say which filter takes longest, by its median."""
    if not asked:
        return {}
    medians = np.median(np.array(seconds).reshape(-1, len(asked)), axis=0)
    worst = int(medians.argmax())
    say(f"  {name}: slowest filter {re.sub('.*limit=[0-9]+&', '', asked[worst])}")
    return {f"{name}.slowest_filter_ms": float(medians[worst] * 1000)}


def _queries(token: str, address: str) -> int:
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as captured:
        client.get(address)
    return len(captured)


def _warm_up(caller: Caller) -> None:
    for path, _operation in lists():
        for _time in range(WARM_UP):
            caller.rows(_address(path, limit=ROWS))


def _address(path: str, **query: object) -> str:
    return f"{path}?{urlencode({name: value for name, value in query.items() if value != ''})}"


def _first_value(schema: dict[str, Any]) -> str:
    """Of an enumeration or a yes-no question."""
    for one in [schema, *schema.get("anyOf", ())]:
        known = _component(one["$ref"]) if "$ref" in one else one
        if "enum" in known:
            return next((value for value in known["enum"] if value), "")
        if known.get("type") == "boolean":
            return "true"
    return ""


def _component(reference: str) -> dict[str, Any]:
    schemas: dict[str, Any] = api.get_openapi_schema(path_prefix=PREFIX)["components"]["schemas"]
    found: dict[str, Any] = schemas[reference.rpartition("/")[2]]
    return found


def _token() -> str:
    """Of a client that may read everything, as often as it likes."""
    found = ApiClient.objects.filter(name=NAME).first()
    client = found or clients.create(name=NAME, scopes=Scope.values, requests_per_minute=1_000_000)
    now = timezone.now()
    ends = now + timedelta(days=1)
    return clients.issue_token(client=client, actor=None, at=now, expires_at=ends)[1]

"""One search at full size: the engine beside one SQL query, what each relaxed wish would bring, the page a
coordinator opens, and bringing everything up to date after one therapist has changed.

The engine keeps therapists and searches in the process. Each time it asks PostgreSQL what has changed (and
would read that again), evaluates every rule for every therapist in reach, counts every reason and ranks the
best 50 with the parts of their scores. The SQL queries (prepared, on the rival's own tables) give the 50 best
survivors.
`everybody` is what the page needs besides: the own reasons of each of the 40,000.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import psycopg
from django.db import connection

from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching.engine.matching import DEFAULT_TOP, Evaluation, Matches, evaluate_from, match_from
from apps.matching.engine.relaxation import relax
from apps.matching.models import PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
from apps.therapists.models import Therapist
from apps.therapists.services import records
from benchmarks.database import say
from benchmarks.pages import browser, visits
from benchmarks.rivals import tables
from benchmarks.sizes import AT, SEED, TODAY
from benchmarks.timing import latency, median, timed

SEARCHES = 300
PAGES = 100
CHANGES = 20
WARM_UP = 10


def run(full_seconds: float) -> dict[str, float]:
    """`full_seconds` is what reading and matching everything took in this run. The full world is in use."""
    parameters = operating.current(at=AT)
    world = worlds.load(today=TODAY, parameters=parameters)  # fills the process's memory
    ids = some_searches(world, SEARCHES)
    figures = _against_sql(world, ids, parameters) | _what_if(world, ids)
    own, theirs = figures["interactive.p95_ms"], figures["interactive.sql.p95_ms"]
    say(f"  interactive: p95 {own:.1f} ms, SQL {theirs:.1f} ms")
    figures |= _page(ids[:PAGES]) | _incremental(parameters, full_seconds)
    return {f"matching.{name}": value for name, value in figures.items()}


def some_searches(world: World, count: int) -> list[int]:
    rng = np.random.default_rng(SEED + 1)
    ids = world.search_columns.id
    return [int(pk) for pk in rng.choice(ids, size=min(count, len(ids)), replace=False)]


def _against_sql(world: World, ids: list[int], parameters: Parameters) -> dict[str, float]:
    """Both take turns, search by search."""
    own: list[float] = []
    theirs: list[float] = []
    tuned: list[float] = []
    everybody: list[float] = []
    with psycopg.connect(**connection.get_connection_params() | {"cursor_factory": psycopg.Cursor}) as rival:
        ask = prepared_query(rival, tables.PLAIN, world)
        ask_tuned = prepared_query(rival, tables.TUNED, world)
        for pk in ids[:WARM_UP]:
            for work in (match_one, judge_one):
                work(pk, parameters)
            ask(pk)
            ask_tuned(pk)
        for pk in ids:
            own.append(timed(partial(match_one, pk, parameters))[0])
            theirs.append(timed(partial(ask, pk))[0])
            tuned.append(timed(partial(ask_tuned, pk))[0])
            everybody.append(timed(partial(judge_one, pk, parameters))[0])
    figures = latency("interactive", own) | latency("interactive.sql", theirs)
    figures |= latency("interactive.tuned_sql", tuned)
    figures |= latency("interactive.everybody", everybody)
    for name in ("p50", "p95"):
        for rival_name in ("sql", "tuned_sql"):
            better = figures[f"interactive.{rival_name}.{name}_ms"] / figures[f"interactive.{name}_ms"]
            figures[f"interactive.{name}_times_better_than_{rival_name}"] = better
    return figures


def match_one(pk: int, parameters: Parameters) -> Matches:
    """The best for one search, and how many fail for which reason."""
    world = worlds.of_search(search=PlacementSearch(pk=pk), today=TODAY, parameters=parameters)
    return match_from(world.search_columns, world.everybody)


def judge_one(pk: int, parameters: Parameters) -> Evaluation:
    """Every therapist for one search, each with all reasons."""
    world = worlds.of_search(search=PlacementSearch(pk=pk), today=TODAY, parameters=parameters)
    return evaluate_from(world.search_columns, 0, world.everybody)


def prepared_query(rival: psycopg.Connection, query: str, world: World) -> Callable[[int], list[Any]]:
    rival.execute("SET jit = off")
    statement = f"{query} WHERE s.id = %(search)s"
    values = tables.query_values(world, DEFAULT_TOP)
    return lambda pk: rival.execute(statement, values | {"search": pk}, prepare=True).fetchall()


def _what_if(world: World, ids: list[int]) -> dict[str, float]:
    row = {pk: place for place, pk in enumerate(world.search_columns.id.tolist())}
    seconds = [timed(partial(relax, world.search_columns, [row[pk]], world.everybody))[0] for pk in ids]
    return latency("interactive.what_if", seconds)


def _page(ids: list[int]) -> dict[str, float]:
    """The page of a search through all middleware, with map, reasons and what-if, in process."""
    with browser() as client:
        return latency("page", visits(client, [f"/searches/{pk}/" for pk in ids]))


def _incremental(parameters: Parameters, full_seconds: float) -> dict[str, float]:
    """One therapist changes; then the lists of all searches that depend on it are brought up to date."""
    worlds.outlook(today=TODAY, parameters=parameters)
    rng = np.random.default_rng(SEED + 2)
    chosen = rng.choice(Therapist.objects.count(), size=CHANGES, replace=False) + 1
    seconds = []
    for pk in chosen.tolist():
        _toggle(pk)
        seconds.append(timed(lambda: worlds.outlook(today=TODAY, parameters=parameters))[0])
        _toggle(pk)  # as it was
    worlds.outlook(today=TODAY, parameters=parameters)
    return latency("incremental", seconds) | {"incremental.share_of_full": median(seconds) / full_seconds}


def _toggle(pk: int) -> None:
    therapist = Therapist.objects.get(pk=pk)
    changes = {"knows_agency": not therapist.knows_agency}
    records.update(therapist=therapist, changes=changes, actor=None, at=AT)

"""Matching of all searches: the engine beside one SQL query, an ORM loop and a bare distance kernel.

All take turns in the same run. The engine reads everything from PostgreSQL in a fresh process each time,
evaluates all rules for every pair in reach and counts every reason per search; the SQL queries (one as it is
usually written, one tuned) and the ORM loop give survivors only, on data prepared for them outside the clock.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from django.db import connection

from apps.core import parameters as operating
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.matching import DEFAULT_TOP, Matches, match
from apps.matching.engine.records import Parameters
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
from benchmarks import alone, fill
from benchmarks.database import say
from benchmarks.rivals import orm, tables
from benchmarks.sizes import AT, SEED, SIZES, TODAY
from benchmarks.timing import ROUNDS, median, timed

ORM_SAMPLE = 300
Lists = dict[int, list[tuple[int, float]]]  # search id → (therapist id, score), best first


@dataclass(frozen=True)
class Bench:
    """One prepared size."""

    name: str
    world: World
    searches: SearchColumns
    therapists: TherapistColumns
    parameters: Parameters
    preparation_seconds: float  # of the SQL rival's tables

    @property
    def is_full(self) -> bool:
        return self.name == "full"


def run(size_name: str) -> dict[str, float]:
    bench = prepare(size_name)
    alone.run_alone(size_name)  # compiles what has changed and keeps it on disk
    contest = Contest(bench)
    for number in range(1, ROUNDS + 1):
        contest.play()
        say(f"  {size_name}, round {number}: {contest.last_round()}")
    figures = contest.figures() | contest.comparison()
    return {f"matching.{size_name}.{name}": value for name, value in figures.items()}


def prepare(size_name: str) -> Bench:
    """Fill the database where needed and build the rivals' tables."""
    fill.ensure(SIZES[size_name])
    current = operating.current(at=AT)
    world = worlds.load(today=TODAY, parameters=current)
    seconds, _nothing = timed(lambda: tables.build(world, email_policy=current.email_policy))
    say(f"  {size_name}: the SQL rival's tables are ready after {seconds:.1f} s (not counted)")
    return Bench(size_name, world, world.search_columns, world.therapist_columns, world.parameters, seconds)


class Contest:
    """Rounds in which everybody runs once; what they found in the last one is compared."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.hashes: set[str] = set()
        self.sample = sampled(bench.searches) if bench.is_full else []
        self.loop = orm.OrmLoop(bench.parameters, TODAY, tables.acceptance(bench.world))
        self.by_sql: Lists = {}
        self.by_tuned_sql: Lists = {}
        self.by_orm: Lists = {}

    def play(self) -> None:
        own = alone.run_alone(self.bench.name)
        self.hashes.add(own.pop("hash"))
        for name, value in own.items():
            self.seconds[name].append(value)
        seconds, self.by_tuned_sql = timed(lambda: sql_lists(tables.TUNED, self.bench.world))
        self.seconds["tuned_sql_seconds"].append(seconds)
        seconds, self.by_sql = timed(lambda: sql_lists(tables.PLAIN, self.bench.world))
        self.seconds["sql_seconds"].append(seconds)
        if self.sample:
            seconds, self.by_orm = timed(lambda: orm_lists(self.loop, self.sample))
            self.seconds["orm_bbox_seconds"].append(seconds * len(self.bench.searches) / len(self.sample))

    def last_round(self) -> str:
        return ", ".join(f"{name} {values[-1]:.3f}" for name, values in self.seconds.items())

    def figures(self) -> dict[str, float]:
        """Medians of the rounds, and ratios of them."""
        preparation = self.bench.preparation_seconds
        found = {name: median(values) for name, values in self.seconds.items()}
        total = median(
            [a + b for a, b in zip(self.seconds["load_seconds"], self.seconds["match_seconds"], strict=True)]
        )
        found |= {
            "seconds": total,
            "times_faster_than_sql": found["sql_seconds"] / total,
            "times_faster_than_sql_with_its_preparation": (found["sql_seconds"] + preparation) / total,
            "times_faster_than_tuned_sql": found["tuned_sql_seconds"] / total,
            "over_sql": total / found["sql_seconds"],
            "over_tuned_sql": total / found["tuned_sql_seconds"],
            "sql_preparation_seconds": preparation,
            "match_over_floor": found["warm_match_seconds"] / found["floor_seconds"],
            "match_over_chord_floor": found["warm_match_seconds"] / found["chord_floor_seconds"],
        }
        if self.sample:
            found["times_faster_than_orm_bbox"] = found["orm_bbox_seconds"] / total
        return found

    def comparison(self) -> dict[str, float]:
        """How large the world is, and how many of the compared lists of candidates are the same."""
        bench = self.bench
        matches = match(bench.searches, bench.therapists, bench.parameters, TODAY)
        own = lists_of(bench, matches)
        found = {
            "pairs_in_reach": float(matches.in_reach_count.sum()),
            "candidates": float(matches.candidate_count.sum()),
            "searches_without_candidate": float((matches.candidate_count == 0).sum()),
            "different_hashes": float(len(self.hashes)),
            "lists_compared_with_sql": float(len(own)),
            "lists_equal_to_sql": float(
                sum(
                    rows == self.by_sql.get(pk, []) == self.by_tuned_sql.get(pk, [])
                    for pk, rows in own.items()
                )
            ),
        }
        if self.sample:
            found["lists_compared_with_orm"] = float(len(self.sample))
            found["lists_equal_to_orm"] = float(sum(own[pk] == self.by_orm[pk] for pk in self.sample))
        return found


def sampled(searches: SearchColumns) -> list[int]:
    rng = np.random.default_rng(SEED)
    size = min(ORM_SAMPLE, len(searches))
    return sorted(rng.choice(searches.id, size=size, replace=False).tolist())


def lists_of(bench: Bench, matches: Matches) -> Lists:
    """The engine's result as ids."""
    lists: Lists = {pk: [] for pk in bench.searches.id.tolist()}
    searches = bench.searches.id[matches.search_index].tolist()
    therapists = bench.therapists.id[matches.therapist_index].tolist()
    for search, therapist, score in zip(searches, therapists, matches.score.tolist(), strict=True):
        lists[search].append((therapist, score))
    return lists


def sql_lists(query: str, world: World, top: int = DEFAULT_TOP) -> Lists:
    lists: Lists = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute("SET work_mem = '64MB'")
        cursor.execute("SET jit = off")
        cursor.execute(query, tables.query_values(world, top))
        for search, therapist, score in cursor.fetchall():
            lists[search].append((therapist, score))
    return lists


def orm_lists(loop: orm.OrmLoop, ids: list[int]) -> Lists:
    return {search.pk: loop.best(search, DEFAULT_TOP) for search in orm.searches(ids)}

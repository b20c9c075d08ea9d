"""What `benchmarks.alone` measures once Django is ready."""

import resource
from pathlib import Path
from typing import Any

from apps.core import parameters as operating
from apps.matching.engine.matching import Matches, Standing, matches_of, result_hash, select_from
from apps.matching.models import PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
from benchmarks.rivals.floor import pairs_in_reach
from benchmarks.sizes import AT, TODAY
from benchmarks.timing import median, timed

REPEATS = 5


def _load_compiled_code() -> None:
    """A world of one search and one contact group."""
    first = PlacementSearch.objects.order_by("pk")[:1].values("pk")
    small = worlds.load(
        today=TODAY,
        parameters=operating.current(at=AT),
        searches=PlacementSearch.objects.filter(pk__in=first),
        therapist_ids=[1],
    )
    _match(small)


def measure() -> dict[str, Any]:
    _load_compiled_code()
    load_seconds, world = timed(lambda: worlds.load(today=TODAY, parameters=operating.current(at=AT)))
    match_seconds, (standing, matches) = timed(lambda: _match(world))
    return {
        "load_seconds": load_seconds,
        "match_seconds": match_seconds,
        "peak_rss_mb": peak_rss_mb(),
        "rows": len(matches.rank),
        "hash": result_hash(standing, world.search_columns.id),
        **_beside_the_floor(world, int(matches.in_reach_count.sum())),
    }


def _match(world: World) -> tuple[Standing, Matches]:
    """The best 50 of every search with the parts of their scores, and every reason counted."""
    standing = select_from(world.search_columns, world.everybody)
    return standing, matches_of(standing, world.search_columns, world.everybody)


def peak_rss_mb() -> float:
    """The most memory this process ever held, with Django, PostgreSQL driver and compiler.

    On Linux from VmHWM: ru_maxrss also knows the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes on macOS


def _beside_the_floor(world: World, in_reach: int) -> dict[str, float]:
    """Matching again and again in turns with a kernel that does distances only, over the same pairs."""
    floor = pairs_in_reach(world.search_columns, world.therapist_columns, world.parameters)
    if floor() != in_reach:
        raise RuntimeError("the distance kernel counts other pairs than the engine")
    own, least = [], []
    for _repeat in range(REPEATS):
        own.append(timed(lambda: _match(world))[0])
        least.append(timed(floor)[0])
    return {"warm_match_seconds": median(own), "floor_seconds": median(least)}

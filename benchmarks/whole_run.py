"""What `benchmarks.alone` measures once Django is ready."""

import resource
from pathlib import Path
from typing import Any

from apps.core import parameters as operating
from apps.matching.engine.matching import match_from, matches_of, result_hash
from apps.matching.models import PlacementSearch
from apps.matching.selectors import world as worlds
from apps.matching.selectors.kept import THREADS
from apps.matching.selectors.world import World
from benchmarks.rivals.floor import floors
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
    match_from(small.search_columns, small.everybody)


def measure() -> dict[str, Any]:
    """Read everything and match everything as the product does when a process has just started."""
    _load_compiled_code()
    parameters = operating.current(at=AT)
    load_seconds, world = timed(lambda: worlds.load(today=TODAY, parameters=parameters))
    select_seconds, (_world, standing) = timed(lambda: worlds.outlook(today=TODAY, parameters=parameters))
    figures_seconds, matches = timed(
        lambda: matches_of(standing, world.search_columns, world.everybody, THREADS)
    )
    return {
        "load_seconds": load_seconds,
        "match_seconds": select_seconds + figures_seconds,
        "peak_rss_mb": peak_rss_mb(),
        "rows": len(matches.rank),
        "hash": result_hash(standing, world.search_columns.id),
        **_beside_the_floors(world, int(matches.in_reach_count.sum())),
    }


def peak_rss_mb() -> float:
    """The most memory this process ever held, with Django, PostgreSQL driver and compiler.

    On Linux from VmHWM: ru_maxrss also knows the process that started this one.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2  # bytes on macOS


def _beside_the_floors(world: World, in_reach: int) -> dict[str, float]:
    """Matching again and again, on one core, in turns with kernels that only measure the same pairs."""
    kilometres, chords = floors(world.search_columns, world.therapist_columns, world.parameters)
    if not kilometres() == chords() == in_reach:
        raise RuntimeError("the distance kernels count other pairs than the engine")
    own, floor, chord_floor = [], [], []
    for _repeat in range(REPEATS):
        own.append(timed(lambda: match_from(world.search_columns, world.everybody))[0])
        floor.append(timed(kilometres)[0])
        chord_floor.append(timed(chords)[0])
    return {
        "warm_match_seconds": median(own),
        "floor_seconds": median(floor),
        "chord_floor_seconds": median(chord_floor),
    }

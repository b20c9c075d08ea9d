"""The product's whole run in a process of its own: read everything from PostgreSQL, match everything.

    python -m benchmarks.alone --size full

Prints one line of JSON. A small run before the clock starts loads the compiled code; nothing of the world is
kept from it. `peak_rss_mb` is the largest the process ever was, Django and everything included.
"""

import argparse
import json
import resource
import subprocess
import sys
from typing import Any

from benchmarks import database
from benchmarks.sizes import AT, SIZES, TODAY
from benchmarks.timing import timed


def run_alone(size_name: str) -> dict[str, Any]:
    """Start the process and return what it printed."""
    command = [sys.executable, "-m", "benchmarks.alone", "--size", size_name]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
    result: dict[str, Any] = json.loads(output.splitlines()[-1])
    return result


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=SIZES, default="full")
    size = SIZES[parser.parse_args().size]
    database.set_up()
    database.connect(size.database)
    _load_compiled_code()
    database.say(json.dumps(_measure()))


def _load_compiled_code() -> None:
    """A world of one search and one therapist."""
    from apps.core import parameters
    from apps.matching.engine.matching import match
    from apps.matching.models import PlacementSearch
    from apps.matching.selectors import world as worlds

    first = PlacementSearch.objects.order_by("pk")[:1].values("pk")
    small = worlds.load(
        today=TODAY,
        parameters=parameters.current(at=AT),
        searches=PlacementSearch.objects.filter(pk__in=first),
        therapist_ids=[1],
    )
    match(small.search_columns, small.therapist_columns, small.parameters, TODAY)


def _measure() -> dict[str, Any]:
    from apps.core import parameters
    from apps.matching.engine.matching import match, result_hash
    from apps.matching.selectors import world as worlds

    load_seconds, columns = timed(
        lambda: _columns(worlds.load(today=TODAY, parameters=parameters.current(at=AT)))
    )
    match_seconds, matches = timed(lambda: match(*columns, TODAY))
    return {
        "load_seconds": load_seconds,
        "match_seconds": match_seconds,
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": len(matches.rank),
        "hash": result_hash(matches),
    }


def _columns(world: Any) -> tuple[Any, Any, Any]:
    """The columns themselves belong to the loading, in case they are made only when asked for."""
    return world.search_columns, world.therapist_columns, world.parameters


if __name__ == "__main__":
    main()

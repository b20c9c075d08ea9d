"""The product's whole run in a process of its own: read everything from PostgreSQL, match everything.

    python -m benchmarks.alone --size full

Prints one line of JSON. A small run before the clock starts loads the compiled code; nothing of the world is
kept from it.
"""

import argparse
import json
import subprocess
import sys
from typing import Any

from benchmarks import database
from benchmarks.sizes import SIZES


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
    from benchmarks import whole_run  # it needs Django to be ready

    database.say(json.dumps(whole_run.measure()))


if __name__ == "__main__":
    main()

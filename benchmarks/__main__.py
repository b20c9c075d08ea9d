"""Measure the product beside other ways to do the same, all in one run.

    python -m benchmarks [--only matching] [--size small|mid|full]

The whole run writes results/summary.json and results/summary.txt; a part of it writes results/partial.*.
"""

import argparse

from benchmarks import database
from benchmarks.database import say, stated

NAMES = ("matching", "pages", "import", "mail", "planning", "acceptance", "simulation", "api")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=NAMES, help="one part")
    parser.add_argument("--size", choices=("small", "mid", "full"), help="only this size of the world")
    arguments = parser.parse_args()
    database.set_up()
    from benchmarks import parts, summary  # they need Django to be ready

    sizes = (arguments.size,) if arguments.size else parts.MEASURED_SIZES
    figures: parts.Figures = {}
    for name in [arguments.only] if arguments.only else NAMES:
        say(f"{name} …")
        with stated(name):
            figures |= parts.PARTS[name](sizes)
    is_whole = not arguments.only and not arguments.size
    say("\n" + summary.write(figures, is_whole=is_whole))


if __name__ == "__main__":
    main()

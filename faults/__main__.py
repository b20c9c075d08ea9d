"""Break things on purpose and count what is lost or done twice.

    python -m faults [--only F1] [--control] [--seed 1] [--scale 0.1] [--database faults]

One line per kind of fault; exit code 1 where a verdict is not ok. With --control the naive way of sending
takes the place of the product's in F1: then the code is 0 only if doubles were seen.
"""

import argparse
import random
import signal
import sys
import time
from pathlib import Path

from faults import ground

RESULTS = Path(__file__).parent / "results"


def main() -> int:
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_signal: sys.exit(1))  # end our servers on the way out
    with ground.set_up(arguments.database) as redis:
        from faults import parts  # it needs Django to be ready

        if arguments.control:
            return parts.control(seed=arguments.seed, scale=arguments.scale, say=_say)
        lines = parts.run(arguments.only, seed=arguments.seed, scale=arguments.scale, redis=redis, say=_say)
    if not arguments.only and arguments.scale == 1:
        _keep(lines)
    return 0 if lines[-1].endswith("verdict=ok") else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", help="this kind of fault, for example F1")
    parser.add_argument("--control", action="store_true", help="F1 with the naive way of sending")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full number of faults")
    parser.add_argument("--database", default="faults", help="its name; it is created and emptied")
    return parser.parse_args()


def _keep(lines: list[str]) -> None:
    RESULTS.mkdir(exist_ok=True)
    heading = f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}"
    (RESULTS / "summary.txt").write_text("\n".join([heading, "", *lines, ""]), encoding="utf-8")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

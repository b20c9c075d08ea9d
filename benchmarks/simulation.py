"""How fast months are lived through, and how much sooner places come with the planner.

Alone: python -m benchmarks.simulation [small|mid|full]
"""

import sys
import time

from apps.matching.simulation.compare import MEDIANS, RIVAL, SUBJECT, compare
from apps.matching.simulation.settings import Settings

SIZES = {
    "small": Settings(
        weeks=8, therapists=300, arrivals_per_week=6, contacts_per_week=12, waiting_at_start=40, seeds=(1,)
    ),
    "mid": Settings(weeks=26, seeds=(1,)),
    "full": Settings(weeks=26, seeds=(1, 2, 3)),
}


def run(size: str) -> dict[str, float]:
    """Return flat figures; medians that were not reached are left out."""
    settings = SIZES[size]
    compare(SIZES["small"])  # compiles, so that the first policy does not pay for it
    began = time.perf_counter()
    result = compare(settings)
    seconds = time.perf_counter() - began
    weeks = settings.weeks * len(settings.seeds) * len(settings.policies)
    figures: dict[str, float] = {
        "simulation.seconds": seconds,
        "simulation.weeks_per_second": weeks / seconds,
    }
    for policy, one in result["policies"].items():
        values = one["figures"]
        figures[f"simulation.{policy}.contacts"] = values["contacts"]
        figures[f"simulation.{policy}.starved"] = values["starved"]
        for name in MEDIANS:
            if values[name] is not None:
                figures[f"simulation.{policy}.{name}"] = values[name]
    for name in MEDIANS:
        if (gain := result["sooner"][RIVAL][name]["median"]) is not None:
            figures[f"simulation.{SUBJECT}.{name}_sooner_than_two_digit"] = gain
    return figures


if __name__ == "__main__":
    for name, value in run(sys.argv[1] if len(sys.argv) > 1 else "small").items():
        sys.stdout.write(f"{name:60} {value:10.3f}\n")

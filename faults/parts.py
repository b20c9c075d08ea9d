"""The kinds of faults by name, how many of each, and running them."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils import translation

from faults import (
    bell_lost,
    broker_lost,
    clicked_twice,
    ground,
    inbound_repeated,
    journey,
    poison,
    relay_killed,
    sender_killed,
    smtp_trouble,
    two_clocks,
    weeks,
    worker_killed,
)
from faults.outcome import Outcome, total

Say = Callable[[str], None]


@dataclass(frozen=True)
class Kind:
    """How many faults the whole run makes, and the fewest that tell anything at a small scale."""

    make: Callable[..., Outcome]
    faults: int
    fewest: int
    needs_redis: bool = False

    def scaled(self, scale: float) -> int:
        return max(self.fewest, round(self.faults * scale))


PARTS: dict[str, Kind] = {
    "F1": Kind(sender_killed.run, sender_killed.FAULTS, 8),
    "F2": Kind(smtp_trouble.run, smtp_trouble.FAULTS, 18),
    "F4": Kind(worker_killed.run, worker_killed.FAULTS, 4, needs_redis=True),
    "F5": Kind(broker_lost.run, broker_lost.FAULTS, 1, needs_redis=True),
    "F6": Kind(bell_lost.run, bell_lost.FAULTS, 6, needs_redis=True),
    "F7": Kind(two_clocks.run, two_clocks.FAULTS, 5),
    "F9": Kind(clicked_twice.run, clicked_twice.FAULTS, 10),
    "F10": Kind(inbound_repeated.run, inbound_repeated.FAULTS, 15),
    "F16": Kind(poison.run, poison.FAULTS, 2),
    "F21": Kind(relay_killed.run, relay_killed.FAULTS, 10),
    "F22": Kind(journey.run, journey.FAULTS, 4),
    "weeks": Kind(weeks.run, weeks.FAULTS, 2),
}


def run(only: Sequence[str] | None, *, seed: int, scale: float, redis: ground.Redis, say: Say) -> list[str]:
    """Run the kinds, say each line when it is known; returns the lines, the total last."""
    translation.activate("de")
    say(f"seed={seed} scale={scale:g}")
    outcomes, lines = [], [f"seed={seed} scale={scale:g}"]
    for name in only or PARTS:
        start = time.monotonic()
        outcome = _run_one(name, seed=seed, scale=scale, redis=redis)
        outcomes.append(outcome)
        lines.append(f"{outcome.line()} seconds={time.monotonic() - start:.0f}")
        say(lines[-1])
    lines.append(total(outcomes))
    say(lines[-1])
    return lines


def control(*, seed: int, scale: float, say: Say) -> int:
    """The naive way must be caught: 0 if doubles were seen, else 1."""
    faults, chance = PARTS["F1"].scaled(scale), random.Random(f"{seed} F1")
    outcome = sender_killed.run(faults=faults, chance=chance, control=True)
    say(f"seed={seed} scale={scale:g}")
    say(f"{outcome.line(verdict='doubles seen' if outcome.double else 'NO DOUBLES SEEN')}")
    return 0 if outcome.double else 1


def _run_one(name: str, *, seed: int, scale: float, redis: ground.Redis) -> Outcome:
    kind = PARTS[name]
    faults, chance = kind.scaled(scale), random.Random(f"{seed} {name}")
    ground.use_broker(redis if kind.needs_redis and redis.program else None)
    if not kind.needs_redis:
        return kind.make(faults=faults, chance=chance)
    if redis.program is None:
        return Outcome(name, 0, skipped="no Redis program here")
    return kind.make(faults=faults, chance=chance, redis=redis)

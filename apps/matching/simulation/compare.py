"""Several policies through the same worlds, and what comes out of all seeds together."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

from apps.matching.simulation.figures import figures
from apps.matching.simulation.run import Run
from apps.matching.simulation.settings import Settings
from apps.matching.simulation.world import World, invent

RIVAL = "oldest_first_two_digit"
SUBJECT = "planner"
MEDIANS = ("weeks_to_acceptance", "weeks_to_place")
Progress = Callable[[str, int, int], None]
"""Called with the policy, the weeks done of it and the seed."""


def silent(policy: str, week: int, seed: int) -> None:
    """Report nothing."""


SeedResult = dict[str, dict[str, Any]]
"""Policy → figures as plain values."""


def compare(settings: Settings, progress: Progress = silent) -> dict[str, Any]:
    """Run invented worlds; the result is plain values, ready for JSON."""
    return summary(
        settings,
        [compare_in(invent(settings, seed), settings, seed, progress) for seed in settings.seeds],
    )


def compare_in(world: World, settings: Settings, seed: int, progress: Progress = silent) -> SeedResult:
    """Let every policy live through one world."""
    return {policy: _lived(world, settings, policy, seed, progress) for policy in settings.policies}


def _lived(world: World, settings: Settings, policy: str, seed: int, progress: Progress) -> dict[str, Any]:
    run = Run(world, settings, policy, seed)
    run.live(lambda: progress(policy, len(run.waiting_by_week), seed))
    return figures(run).as_dict()


def summary(settings: Settings, seeds: list[SeedResult]) -> dict[str, Any]:
    """Per policy the median over the seeds of every figure, and how much sooner the planner's places come."""
    policies = {
        policy: {
            "figures": _medians([seed[policy] for seed in seeds]),
            "seeds": [{name: seed[policy][name] for name in MEDIANS} for seed in seeds],
        }
        for policy in settings.policies
    }
    return {"policies": policies, "sooner": dict(_sooner(settings, seeds))}


def _sooner(settings: Settings, seeds: list[SeedResult]) -> Iterator[tuple[str, dict[str, Any]]]:
    """How much shorter the planner's median wait is, as a share of the other policy's, per seed.

    Where only the other's median was not reached, it is longer than the run: 1 - planner / weeks of the run
    is a lower bound. None where that says nothing, or where the planner's own median was not reached.
    """
    if SUBJECT not in settings.policies:
        return
    for policy in settings.policies:
        if policy != SUBJECT:
            yield policy, {name: _gains(settings, seeds, policy, name) for name in MEDIANS}


def _gains(settings: Settings, seeds: list[SeedResult], policy: str, name: str) -> dict[str, Any]:
    pairs = [(seed[SUBJECT][name], seed[policy][name]) for seed in seeds]
    gains = [_gain(ours, theirs, settings.weeks) for ours, theirs in pairs]
    is_bound = any(ours is not None and theirs is None for ours, theirs in pairs)
    known = [gain for gain in gains if gain is not None]
    middle = median(known) if len(known) == len(gains) and known else None
    return {"seeds": gains, "median": middle, "is_lower_bound": is_bound}


def _gain(ours: float | None, theirs: float | None, weeks: int) -> float | None:
    if ours is None:
        return None
    if theirs is None:
        return 1 - ours / weeks if ours < weeks else None
    return 1 - ours / theirs


def _medians(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: _median_of([row[name] for row in rows]) for name in rows[0]}


def _median_of(values: list[Any]) -> Any:
    """Element by element for lists and dicts. "Not reached" is longer than any number."""
    if isinstance(values[0], dict):
        return {key: _median_of([value[key] for value in values]) for key in values[0]}
    if isinstance(values[0], list):
        return [_median_of(list(column)) for column in zip(*values, strict=True)]
    ordered = sorted(values, key=lambda value: float("inf") if value is None else value)
    middle, odd = divmod(len(ordered), 2)
    if odd:
        return ordered[middle]
    low, high = ordered[middle - 1], ordered[middle]
    return None if low is None or high is None else (low + high) / 2

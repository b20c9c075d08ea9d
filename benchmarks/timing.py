"""Stop-watch and figures."""

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

ROUNDS = 3
Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[float, Result]:
    """Return seconds and the result."""
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def median(values: Sequence[float]) -> float:
    return float(np.median(values))


def latency(name: str, seconds: Sequence[float]) -> dict[str, float]:
    """Return the 50th and 95th percentile in milliseconds, and how many there were."""
    p50, p95 = np.percentile(seconds, [50, 95]) * 1000
    return {f"{name}.p50_ms": float(p50), f"{name}.p95_ms": float(p95), f"{name}.n": float(len(seconds))}

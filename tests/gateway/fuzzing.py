"""What the fuzz test has seen, for the last lines of the run."""

from collections import Counter

statuses: Counter[int] = Counter()
operations: set[str] = set()


def lines() -> list[str]:
    if not operations:
        return []
    by_status = ", ".join(f"{status}: {count}" for status, count in sorted(statuses.items()))
    return [f"schemathesis: {len(operations)} operations, {statuses.total()} cases, {by_status}"]

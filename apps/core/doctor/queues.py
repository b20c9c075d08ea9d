"""Queues whose rows are the jobs, and for how long the oldest due one has waited.

`manage.py doctor` looks at all of them, /readyz at those that `decide_readiness`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.doctor import Finding, error, good, looks_at

Since = Callable[[datetime], datetime | None]
START_WORKERS = gettext_lazy(
    "See that a worker and beat are running (docker compose ps worker beat) and what the worker's "
    "log says; without a broker start manage.py run_jobs."
)


@dataclass(frozen=True)
class Queue:
    """`since` tells from when on the oldest due row waits, None where none is due: one cheap query."""

    name: str
    label: str | Promise
    since: Since
    late_after: timedelta
    decides_readiness: bool
    remedy: str | Promise

    def is_late(self, at: datetime) -> bool:
        since = self.since(at)
        return since is not None and since < at - self.late_after


_queues: dict[str, Queue] = {}


def waits(
    name: str,
    label: str | Promise,
    *,
    late_after: timedelta,
    decides_readiness: bool = False,
    remedy: str | Promise = START_WORKERS,
) -> Callable[[Since], Since]:
    """Register a queue by its function `since`."""

    def register(since: Since) -> Since:
        _queues[name] = Queue(name, label, since, late_after, decides_readiness, remedy)
        return since

    return register


def queues_of_readiness() -> list[Queue]:
    return [queue for queue in _queues.values() if queue.decides_readiness]


@looks_at("queues", gettext_lazy("Queues"))
def look(at: datetime) -> Iterable[Finding]:
    """The sweeps of the timetable come every minute at most: what is late shows that they do not."""
    return [_finding(queue, at) for queue in _queues.values()]


def _finding(queue: Queue, at: datetime) -> Finding:
    since = queue.since(at)
    if since is None:
        return good(_("%(queue)s: nothing is due.") % {"queue": queue.label})
    values = {"queue": queue.label, "duration": timesince(since, at)}
    text = _("%(queue)s: longest wait %(duration)s.") % values
    if not queue.is_late(at):
        return good(text)
    return error(text, str(queue.remedy))

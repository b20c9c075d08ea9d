"""The shape of the work list: sections of tasks, seen from one moment."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone
from django.utils.functional import Promise

from apps.core.parameters import Parameters

Text = str | Promise
ROWS = 12  # of one section; the rest is a click away
LATE_DAYS = 3


@dataclass(frozen=True)
class Moment:
    at: datetime
    today: date
    parameters: Parameters

    @property
    def end_of_day(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.today, time.max))

    def days_since(self, value: date | datetime | None) -> int:
        if isinstance(value, datetime):
            value = timezone.localtime(value).date()
        return (self.today - value).days if value else 0


@dataclass(frozen=True)
class Task:
    """One thing to do. `days` is how long it has waited; `when` says a date or hour instead."""

    text: Text
    url: str
    days: int = 0
    when: Text = ""

    @property
    def is_late(self) -> bool:
        return self.days >= LATE_DAYS


@dataclass(frozen=True)
class Kind:
    """What the tasks of a section have in common. `url` leads to all of them."""

    code: str
    title: Text
    action: Text
    icon: str
    tone: str
    url: str


@dataclass(frozen=True)
class Section:
    kind: Kind
    tasks: list[Task]
    is_cut: bool


Look = Callable[[Moment], Section]


def section(kind: Kind, tasks: Iterable[Task]) -> Section:
    rows = list(tasks)
    return Section(kind, rows[:ROWS], is_cut=len(rows) > ROWS)

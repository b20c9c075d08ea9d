"""What each worker of the eight weeks carries: its clock, its chance, and what it has seen."""

import json
import random
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from heapq import nsmallest
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.core.errors import DomainError
from faults import weeks_world

PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Plan:
    """What the workers have in common."""

    seed: int
    weeks: int
    users: list[User]
    barrier: Barrier
    folder: Path


class Worker:
    """`chance` is its own; `salt` that of a pair of workers, who pick the same rows at the same moment."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.number = plan, number
        self.user = plan.users[number]
        self.chance = random.Random(f"{plan.seed} worker {number}")
        self.salt = 0
        self.at = weeks_world.moment(0, 0)
        self.counts: Counter[str] = Counter()
        self.errors: list[str] = []

    @property
    def today(self) -> date:
        return timezone.localdate(self.at)

    def meet(self) -> None:
        """Wait for the others."""
        self.plan.barrier.wait(PATIENCE_SECONDS)

    def do(self, act: Callable[["Worker"], object]) -> None:
        """A refusal by a rule is a normal day; any other exception is written down."""
        try:
            act(self)
        except DomainError:
            self.counts["refused"] += 1
        except Exception:
            self.errors.append(f"{self.at:%Y-%m-%d %H:%M} {traceback.format_exc()}")

    def pick(self, rows: QuerySet[Any], *, together: bool = False) -> list[Any]:
        """One of the rows, or none; `together`: the same as the other of the pair.

        That one is the same even where the two see slightly different rows.
        """
        salt = self.salt if together else self.chance.randrange(2**32)
        ids = rows.order_by().values_list("pk", flat=True)
        chosen = nsmallest(1, ids, key=lambda pk: hash((salt, pk)))
        return [rows.model._default_manager.get(pk=pk) for pk in chosen]

    def tell(self) -> None:
        told = {"counts": self.counts, "errors": self.errors}
        (self.plan.folder / f"{self.number}.json").write_text(json.dumps(told), encoding="utf-8")

"""Simulations that staff ask for: queue, work off, stop, and mark what a worker left behind."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core import parameters as operating
from apps.core.errors import Refused, StaleState
from apps.core.parameters import Parameters
from apps.core.transitions import lock, move, record_start
from apps.events import bell
from apps.matching.models.simulation import SimulationRun, SimulationStatus
from apps.matching.selectors import simulations as selectors
from apps.matching.simulation.compare import compare_in, summary
from apps.matching.simulation.settings import Settings
from apps.matching.simulation.world import World, continue_agency, invent

log = structlog.get_logger(__name__)

TASK = "matching.run_simulations"
STUCK_AFTER = timedelta(minutes=10)  # longer than any week of a simulation takes
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Wish:
    """What staff ask for. `therapists` and `waiting_at_start` are those of an invented world."""

    weeks: int
    arrivals_per_week: float
    contacts_per_week: int
    policies: Sequence[str]
    seeds: Sequence[int]
    therapists: int
    waiting_at_start: int


class Stopped(Exception):
    """The run is no longer this worker's: somebody has stopped it."""


@transaction.atomic
def queue(
    *, wish: Wish, is_own_world: bool, changed: Mapping[str, Any], actor: Any, at: datetime
) -> SimulationRun:
    """Write the row; a worker lives through it. `changed`: operating parameters that differ from today's.

    Raises Refused where the own records have nobody who waits.
    """
    if is_own_world and not selectors.waiting_count(today=timezone.localtime(at).date()):
        raise Refused(_("Nobody is waiting at the moment. Please choose the invented world."))
    run = SimulationRun.objects.create(
        asked=asdict(wish) | {"policies": list(wish.policies), "seeds": list(wish.seeds)},
        is_own_world=is_own_world,
        changed_parameters={name: operating.check(name, value) for name, value in changed.items()},
        created_by=actor,
    )
    record_start(run, actor=actor, at=at)
    bell.ring(TASK)
    return run


def stop(*, run: SimulationRun, actor: Any, at: datetime) -> SimulationRun:
    """Stop a run that waits or is under way; its worker notices within a week of the simulation."""
    return move(run, to=SimulationStatus.CANCELLED, actor=actor, at=at, fields={"finished_at": at})


def work(*, clock: Clock) -> bool:
    """Live through one world of the oldest run that is free; False if there is nothing to do."""
    run = _claim(at=clock())
    if run is None:
        return False
    try:
        _keep(run, _lived(run, clock), clock)
    except (Stopped, StaleState):
        log.info("simulation_stopped", simulation_id=run.pk)
    except Exception as error:  # whatever it is, staff must see that the run is over
        log.error("simulation_failed", simulation_id=run.pk, error=type(error).__name__)
        _fail(run, _("The simulation broke off. Please start it again with other settings."), at=clock())
    return True


def fail_stuck(*, at: datetime) -> int:
    """Runs whose worker died are marked failed, so that nobody waits for them."""
    stuck = SimulationRun.objects.filter(status=SimulationStatus.RUNNING, claimed_at__lt=at - STUCK_AFTER)
    reason = _(
        "The worker ended before the simulation did. Please start it again, with fewer weeks if need be."
    )
    return sum(_fail(run, reason, at=at) for run in stuck.order_by("pk"))


def settings_of(run: SimulationRun) -> Settings:
    """What the run was asked for, with the operating parameters that were in force when it was."""
    current = operating.current(at=run.created_at)
    changed = Parameters(version=current.version, values=current.values | run.changed_parameters)
    asked = run.asked | {"policies": tuple(run.asked["policies"]), "seeds": tuple(run.asked["seeds"])}
    return Settings(**asked, rules=selectors.rules(parameters=changed, is_own_world=run.is_own_world))


@transaction.atomic
def _claim(*, at: datetime) -> SimulationRun | None:
    """Take the oldest run nobody works on. Rows in another worker's hands are skipped."""
    free = SimulationRun.objects.filter(
        status__in=[SimulationStatus.QUEUED, SimulationStatus.RUNNING], claimed_at__isnull=True
    )
    run = free.select_for_update(skip_locked=True, of=("self",)).order_by("pk").first()
    if run is None:
        return None
    if run.status == SimulationStatus.QUEUED:
        return move(run, to=SimulationStatus.RUNNING, actor=None, at=at, fields={"claimed_at": at})
    run.claimed_at = at
    run.save(update_fields=["claimed_at", "updated_at"])
    return run


def _lived(run: SimulationRun, clock: Clock) -> dict[str, Any]:
    """Live through the next world, reporting after every week."""
    settings = settings_of(run)
    seed = settings.seeds[len(run.partial)]
    weeks_before = len(run.partial) * len(settings.policies) * settings.weeks
    total = len(settings.seeds) * len(settings.policies) * settings.weeks

    def report(policy: str, week: int, _seed: int) -> None:
        lived = weeks_before + settings.policies.index(policy) * settings.weeks + week
        _note(run, percent=lived * 100 // total, at=clock())

    return compare_in(_world(run, settings, seed), settings, seed, report)


def _world(run: SimulationRun, settings: Settings, seed: int) -> World:
    if not run.is_own_world:
        return invent(settings, seed)
    today = timezone.localtime(run.created_at).date()
    own = selectors.own_world(today=today, parameters=operating.current(at=run.created_at))
    return continue_agency(own.therapists, own.searches, own.search_region, today, settings, seed)


def _note(run: SimulationRun, *, percent: int, at: datetime) -> None:
    """Progress and a sign of life; raises Stopped where the run is over meanwhile."""
    running = SimulationRun.objects.filter(pk=run.pk, status=SimulationStatus.RUNNING)
    if not running.update(progress_percent=percent, claimed_at=at):
        raise Stopped


@transaction.atomic
def _keep(run: SimulationRun, figures: dict[str, Any], clock: Clock) -> None:
    """Store a world's figures; after the last one the run is done, else the row is free for the next."""
    locked = lock(run)
    worlds = [*locked.partial, figures]
    settings = settings_of(locked)
    if len(worlds) == len(settings.seeds):
        fields = {"result": summary(settings, worlds), "partial": [], "progress_percent": 100}
        at = clock()
        ended = {"claimed_at": None, "finished_at": at}
        move(locked, to=SimulationStatus.DONE, actor=None, at=at, fields=fields | ended)
        return
    if locked.status != SimulationStatus.RUNNING:
        raise Stopped
    locked.partial, locked.claimed_at = worlds, None
    locked.save(update_fields=["partial", "claimed_at", "updated_at"])
    bell.ring(TASK)


def _fail(run: SimulationRun, reason: str, *, at: datetime) -> bool:
    """False where the run was over already."""
    try:
        fields = {"error": reason, "claimed_at": None, "finished_at": at}
        move(run, to=SimulationStatus.FAILED, actor=None, at=at, reason=reason, fields=fields)
    except StaleState:
        return False
    return True

"""What a simulation of the own agency starts from, and the runs staff look at."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.parameters import Parameters
from apps.matching.engine.acceptance_model import NO_FIT
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.models import Inquiry, PlacementSearch
from apps.matching.models.simulation import SimulationRun
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.simulation.settings import Rules

LOOK_BACK_WEEKS = 13
INVENTED_ARRIVALS = 25.0  # where the own records are too few to estimate from
INVENTED_CONTACTS = 60


@dataclass(frozen=True)
class OwnWorld:
    """The agency's own records: therapists, waiting searches and the postal areas of their patients."""

    therapists: TherapistColumns
    searches: SearchColumns
    search_region: np.ndarray  # int64, two digits of the PLZ, -1 = unknown


@dataclass(frozen=True)
class Habits:
    """Of an average week of the last months; None where nothing happened."""

    arrivals_per_week: float | None
    contacts_per_week: int | None


def run_list() -> QuerySet[SimulationRun]:
    """Newest first, without the figures."""
    return SimulationRun.objects.select_related("created_by").defer("partial", "result").order_by("-pk")


def own_world(*, today: date, parameters: Parameters) -> OwnWorld:
    world = worlds.load(today=today, parameters=parameters)
    searches = world.search_columns
    first_two = dict(
        PlacementSearch.objects.filter(pk__in=searches.id.tolist()).values_list("pk", "patient__plz")
    )
    region = [_region(first_two.get(pk, "")) for pk in searches.id.tolist()]
    return OwnWorld(world.therapist_columns, searches, np.array(region, dtype=np.int64))


def waiting_count(*, today: date) -> int:
    """How many searches a simulation of the own agency would begin with."""
    return loading.plannable(today=today).count()


def habits(*, today: date) -> Habits:
    since = today - timedelta(weeks=LOOK_BACK_WEEKS)
    arrivals = PlacementSearch.objects.filter(started_on__gt=since, started_on__lte=today).count()
    asked = Inquiry.objects.filter(sent_at__gt=_midnight(since), sent_at__lt=_midnight(today)).count()
    return Habits(
        arrivals_per_week=round(arrivals / LOOK_BACK_WEEKS, 1) if arrivals else None,
        contacts_per_week=max(1, round(asked / LOOK_BACK_WEEKS)) if asked else None,
    )


def rules(*, parameters: Parameters, is_own_world: bool) -> Rules:
    """The operating parameters in the simulation's form.

    What was learnt from the agency's own answers says nothing about invented therapists.
    """
    engine = loading.engine_parameters(parameters)
    return Rules(
        engine=engine if is_own_world else replace(engine, acceptance=NO_FIT),
        contact_pause_days=parameters.contact_pause_days,
        pair_lock_days=parameters.pair_lock_days,
        follow_up_days=parameters.follow_up_days,
        expire_days=parameters.expire_days,
    )


def _region(plz: str) -> int:
    return int(plz[:2]) if plz[:2].isascii() and plz[:2].isdigit() else -1


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time()))

"""Small worlds to look at one thing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.simulation.settings import Life, Settings
from apps.matching.simulation.world import INVENTED_DAY, Truth, World
from tests.matching.engine import builders

TINY = Settings(
    weeks=6, arrivals_per_week=4.0, contacts_per_week=10, therapists=150, waiting_at_start=20, seeds=(1,)
)
# nothing happens by chance: everybody answers after a day or two, yes with a place and no without
CERTAIN = Life(
    opening_hazard=0.0,
    closing_hazard=0.0,
    yes_with_place=1 - 1e-12,
    yes_without_place=1e-12,
    therapist_spread=0.0,
    region_spread=0.0,
    waitlist_share=0.0,
    not_suitable_share=0.0,
    answer_days_spread=0.0,
    confirmed_share=1.0,
    giving_up_hazard=0.0,
)


def certain(**changes: Any) -> Settings:
    return replace(TINY, life=replace(CERTAIN, **changes), arrivals_per_week=0.0)


def small_world(therapists: int, searches: int, *, places: list[int], answering: float = 1.0) -> World:
    """Everybody in one town and fitting everybody; searches began a week apart, the first is the oldest."""
    people = pack_therapists([builders.therapist(id=number + 1) for number in range(therapists)])
    rows = [
        builders.search(
            id=number + 1,
            patient_id=number + 1,
            started_on=INVENTED_DAY - timedelta(weeks=searches - number),
            birth_date=INVENTED_DAY - timedelta(days=40 * 365),
        )
        for number in range(searches)
    ]
    truth = Truth(
        leaning=np.zeros(therapists),
        answering=np.full(therapists, answering),
        opening=np.zeros(therapists),
        places=np.array(places, dtype=np.int64),
        patience_days=np.full(searches, 1e9),
    )
    region = np.full(searches, 10, dtype=np.int64)
    enters = np.zeros(searches, dtype=np.int64)
    return World(people, pack_searches(rows), region, enters, truth, INVENTED_DAY)

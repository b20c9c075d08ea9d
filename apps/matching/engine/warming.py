"""Compiling the engine before anybody waits for it."""

from datetime import date

import numpy as np

from apps.matching.engine import planning
from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.hours import Interval
from apps.matching.engine.matching import match_from
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.sides import prepare_therapists

DAY = date(2025, 3, 3)

# A therapist and a search that fit each other.
THERAPIST = TherapistRecord(
    id=1,
    latitude=52.52,
    longitude=13.40,
    gender="female",
    is_active=True,
    is_blocked=False,
    is_verified=True,
    do_not_contact=False,
    contact_group=1,
    paused_until=None,
    last_contact_on=None,
    has_open_inquiry=False,
    has_seat=True,
    is_licensed=True,
    approvals=frozenset({("VT", "adults", "individual")}),
    languages=None,
    working_hours=(Interval(0, 540, 720),),
    wished_diagnoses=(),
    wished_age_from=0,
    wished_age_to=0,
    wished_gender="any",
    prefers_group=False,
    free_individual_from=None,
    free_group_from=None,
    possibly_has_places=False,
    knows_agency=False,
    has_email=True,
    region="10",
    asked_count=0,
    accepted_count=0,
)

SEARCH = SearchRecord(
    id=1,
    patient_id=1,
    latitude=52.52,
    longitude=13.40,
    birth_date=date(1990, 5, 17),
    gender="female",
    insurance="gkv",
    is_kostenerstattung=False,
    diagnosis="F40.1",
    wished_gender="any",
    wished_methods=frozenset(),
    group_wish="no",
    languages=frozenset(),
    availability=(Interval(0, 600, 780),),
    travel_mode="car",
    max_distance_km=25.0,
    max_travel_minutes=None,
    excluded_therapists=frozenset(),
    locked_therapists=frozenset(),
    started_on=date(2025, 1, 7),
    open_requests=0,
)


def compile_all() -> int:
    """Match and plan one pair, which compiles every loop there is; return the number of planned lines."""
    parameters = Parameters()
    everybody = prepare_therapists(pack_therapists([THERAPIST]), parameters, DAY)
    matches = match_from(pack_searches([SEARCH]), everybody)
    edges = planning.Edges(
        matches.search_index, matches.therapist_index, matches.parts.acceptance, matches.score
    )
    plan = planning.plan(edges, everybody.columns.contact_group, np.zeros(1), np.zeros(1), parameters)
    return len(plan.lines)

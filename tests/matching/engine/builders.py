"""A therapist and a search that fit each other, to change one thing at a time."""

from dataclasses import replace
from datetime import date
from typing import Any

from apps.matching.engine.columns import pack_searches, pack_therapists
from apps.matching.engine.matching import Evaluation, evaluate
from apps.matching.engine.reasons import reasons_of
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.warming import DAY, SEARCH, THERAPIST

TODAY = DAY
PARAMETERS = Parameters()


def therapist(**changes: Any) -> TherapistRecord:
    """Build the fitting therapist with changes; a new id brings a contact group of its own."""
    changes.setdefault("contact_group", changes.get("id", THERAPIST.id))
    return replace(THERAPIST, **changes)


def search(**changes: Any) -> SearchRecord:
    return replace(SEARCH, **changes)


def evaluated(
    one: SearchRecord,
    *people: TherapistRecord,
    parameters: Parameters = PARAMETERS,
    today: date = TODAY,
) -> Evaluation:
    return evaluate(pack_searches([one]), 0, pack_therapists(people), parameters, today)


def reasons(one: SearchRecord, *people: TherapistRecord, today: date = TODAY) -> list[str]:
    """Return why the first of the therapists does not fit."""
    return [str(reason) for reason in reasons_of(evaluated(one, *people, today=today).failures[0])]

"""Searches as the engine's columns: a fixed number of queries, no object per row."""

from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from django.db.models import F, IntegerField, Q, QuerySet, Value
from django.db.models.functions import Cast, Coalesce

from apps.core.encryption import decrypted
from apps.matching.engine import columns as engine
from apps.matching.engine.columns import SearchColumns
from apps.matching.engine.hours import HoursColumns, hours_columns
from apps.matching.engine.ragged import Ragged
from apps.matching.engine.reasons import Reason
from apps.matching.engine.travel import TRAVEL_MODES
from apps.matching.enums import OPEN_REQUESTS
from apps.matching.models import PlacementRequest, PlacementSearch, TherapistExclusion
from apps.matching.selectors import bulk
from apps.matching.selectors.bulk import (
    BIGINT,
    BOOLEAN,
    DAY,
    FLOAT,
    INTEGER,
    SMALLINT,
    Initial,
    Part,
    part,
    part_of_values,
)
from apps.matching.selectors.owners import Owners
from apps.matching.selectors.travel_columns import read_measured
from apps.patients.models import Availability

MOST_NAMED = 1_000  # above, other tables are read whole instead of naming every patient
_OPEN_REQUEST = 0  # stands where the others have the bit of their reason


def read_searches(searches: QuerySet[PlacementSearch], *, today: date) -> SearchColumns:
    """These searches, longest waiting first."""
    own = _own_columns(bulk.read({"own": _own_part(searches)})["own"])
    patients, patient_row = np.unique(own["patient_id"], return_inverse=True)
    named = patients.tolist() if len(patients) <= MOST_NAMED else None
    owners = Owners(patients)
    found = bulk.read(_parts(today, named is not None), named or ())
    turned_down, open_requests = _requests(owners, own["id"], found["requests"])
    is_stated = own.pop("is_availability_known")[_first_rows(patient_row)]
    return SearchColumns(
        hours=_availability(owners, found["availability"], is_stated).take(patient_row),
        turned_down=turned_down.take(patient_row),
        measured=read_measured(own, today=today),
        open_requests=open_requests,
        **own,
    )


@lru_cache(maxsize=4)
def _parts(today: date, is_subset: bool) -> dict[str, Part]:
    def of(rows: QuerySet[Any], owner: str) -> QuerySet[Any]:
        return rows.filter(bulk.Among(F(owner), bulk.IDS)).order_by() if is_subset else rows.order_by()

    availability = part(
        of(Availability.objects.all(), "patient_id"),
        owner=("patient_id", BIGINT),
        weekday=("weekday", SMALLINT),
        start=("start_minute", SMALLINT),
        end=("end_minute", SMALLINT),
    )
    excluded = of(TherapistExclusion.objects.all(), "patient_id")
    requests = of(PlacementRequest.objects.all(), "search__patient_id")
    locked, waiting = requests.filter(locked_until__gte=today), requests.filter(status__in=OPEN_REQUESTS)
    pair = ("search__patient_id", "search_id", "therapist_id")
    union = excluded.values_list(
        "patient_id", Value(0), "therapist_id", Value(Reason.EXCLUDED_BY_PATIENT.bit)
    ).union(
        locked.values_list(*pair, Value(Reason.LOCKED_AFTER_REJECTION.bit)),
        waiting.values_list(*pair, Value(_OPEN_REQUEST)),
        all=True,
    )
    named = part_of_values(union, patient=BIGINT, search=BIGINT, therapist=BIGINT, reason=BIGINT)
    return {"availability": availability, "requests": named}


def _own_part(searches: QuerySet[PlacementSearch]) -> Part:
    return part(
        searches,
        id=("pk", BIGINT),
        patient_id=("patient_id", BIGINT),
        latitude=(bulk.known_number("patient__latitude"), FLOAT),
        longitude=(bulk.known_number("patient__longitude"), FLOAT),
        birth_date=(bulk.known_day("patient__birth_date"), DAY),
        gender=(Initial("patient__gender"), INTEGER),
        insurance=(Initial("patient__insurance_kind"), INTEGER),
        is_kostenerstattung=("is_kostenerstattung", BOOLEAN),
        diagnosis=("patient__diagnosis", bulk.TOKENS),
        wished_gender=(Initial("patient__wished_gender"), INTEGER),
        wished_methods=(_bits("patient__wished_methods", engine.METHODS), INTEGER),
        group_wish=(Initial("patient__group_wish"), INTEGER),
        languages=(_bits("patient__languages", engine.LANGUAGES), INTEGER),
        travel_mode=(Initial("patient__travel_mode"), INTEGER),
        max_distance_km=(bulk.known_number("patient__max_distance_km"), FLOAT),
        max_travel_minutes=(bulk.known_number("patient__max_travel_minutes"), FLOAT),
        started_on=("started_on", DAY),
        is_availability_known=("patient__is_availability_known", BOOLEAN),
    )


def _own_columns(rows: dict[str, Any]) -> dict[str, Any]:
    tokens = rows.pop("diagnosis")
    order = np.lexsort((rows["id"], rows["started_on"]))
    ordered = {name: column[order] for name, column in rows.items()}
    return _coded(ordered) | {"diagnosis": _diagnoses([tokens[place] for place in order])}


def _coded(rows: dict[str, np.ndarray]) -> dict[str, Any]:
    return rows | {
        "birth_date": bulk.yyyymmdd(rows["birth_date"]),
        "started_on": bulk.days(rows["started_on"]),
        "gender": bulk.coded(rows["gender"], engine.PATIENT_GENDERS),
        # nothing said is taken for the commonest and strictest, as in the prerequisites
        "insurance": bulk.coded(rows["insurance"], engine.INSURANCES, blank="gkv"),
        "wished_gender": bulk.coded(rows["wished_gender"], engine.GENDER_WISHES),
        "group_wish": bulk.coded(rows["group_wish"], engine.GROUP_WISHES),
        "travel_mode": bulk.coded(rows["travel_mode"], TRAVEL_MODES),
        "wished_methods": rows["wished_methods"].astype(np.uint8),
        "languages": np.where(rows["languages"], rows["languages"], engine.ASSUMED_LANGUAGES).astype(
            np.uint32
        ),
    }


def _diagnoses(tokens: list[str]) -> np.ndarray:
    ranges: dict[str, tuple[int, int]] = {}
    found = []
    for token in tokens:
        code = decrypted(token)
        if code not in ranges:
            ranges[code] = engine.diagnosis_range(code)
        found.append(ranges[code])
    return np.array(found, dtype=np.int32).reshape(-1, 2)


def _bits(path: str, codes: tuple[str, ...]) -> Any:
    """A set as bits, worked out by the database: the sum of one power of two per code it holds."""
    terms = [
        Cast(bulk.truth(Q(**{f"{path}__contains": [code]})), IntegerField()) * Value(1 << place)
        for place, code in enumerate(codes)
    ]
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return Coalesce(total, 0)


def _availability(owners: Owners, rows: dict[str, np.ndarray], is_stated: np.ndarray) -> HoursColumns:
    is_known, row = owners.rows(rows.pop("owner"))
    stated = is_stated[row]
    return hours_columns(owners.count, row[stated], *(column[is_known][stated] for column in rows.values()))


def _requests(
    owners: Owners, search_ids: np.ndarray, rows: dict[str, np.ndarray]
) -> tuple[Ragged, np.ndarray]:
    """Return who is turned down for each patient, and each search's number of open requests."""
    is_known, row = owners.rows(rows["patient"])
    reason = rows["reason"][is_known]
    is_open = reason == _OPEN_REQUEST
    pairs = np.stack([rows["therapist"][is_known], reason], axis=1)
    counts = _counted(search_ids, rows["search"][is_known][is_open])
    return Ragged.group(owners.count, row[~is_open], pairs[~is_open]), counts


def _counted(ids: np.ndarray, found: np.ndarray) -> np.ndarray:
    """Return how often each id was found, int32."""
    order = np.argsort(ids, kind="stable")
    _is_known, row = Owners(ids[order]).rows(found)
    counts = np.zeros(len(ids), dtype=np.int32)
    counts[order] = np.bincount(row, minlength=len(ids))
    return counts


def _first_rows(inverse: np.ndarray) -> np.ndarray:
    """Return, for np.unique's inverse, the first row of each distinct value."""
    return np.unique(inverse, return_index=True)[1]

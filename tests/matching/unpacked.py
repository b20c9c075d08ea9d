"""The engine's columns back as records, to compare them with what they were read from."""

from datetime import date
from typing import Any

import numpy as np

from apps.core import icd
from apps.matching.engine import columns as engine
from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.hours import HoursColumns, Interval
from apps.matching.engine.reasons import Reason
from apps.matching.engine.records import SearchRecord, TherapistRecord
from apps.matching.engine.travel import TRAVEL_MODES

SOME_CODES = ("F32", "F32.1", "F40", "F40.1", "F4", "F40-F48", "F43.2")  # ranges the tests use


def therapist_records(columns: TherapistColumns) -> list[TherapistRecord]:
    return [_therapist(columns, row) for row in range(len(columns))]


def search_records(columns: SearchColumns) -> list[SearchRecord]:
    return [_search(columns, row) for row in range(len(columns))]


def _therapist(columns: TherapistColumns, row: int) -> TherapistRecord:
    plain = {
        name: value[row].item()
        for name, value in vars(columns).items()
        if isinstance(value, np.ndarray) and name in TherapistRecord.__dataclass_fields__
    }
    region = plain["region"]
    return TherapistRecord(
        **plain
        | {
            "latitude": _known(plain["latitude"]),
            "longitude": _known(plain["longitude"]),
            "gender": engine.GENDERS[plain["gender"]],
            "paused_until": _day(plain["paused_until"]),
            "last_contact_on": _day(plain["last_contact_on"]),
            "approvals": frozenset(
                (method, age, setting)
                for place, (setting, age, method) in enumerate(_every_approval())
                if plain["approvals"] >> place & 1
            ),
            "languages": _languages(plain["languages"]),
            "working_hours": _intervals(columns.hours, row),
            "wished_diagnoses": _codes(columns, row),
            "wished_gender": engine.GENDER_WISHES[plain["wished_gender"]],
            "region": "" if region == engine.UNKNOWN_REGION else f"{region:02d}",
            "free_individual_from": date.min if columns.has_free_individual[row] else None,
            "free_group_from": date.min if columns.has_free_group[row] else None,
        }
    )


def _search(columns: SearchColumns, row: int) -> SearchRecord:
    pairs = columns.turned_down.take(np.array([row])).values.tolist()
    born = int(columns.birth_date[row])
    minutes = _known(float(columns.max_travel_minutes[row]))
    return SearchRecord(
        id=int(columns.id[row]),
        patient_id=int(columns.patient_id[row]),
        latitude=_known(float(columns.latitude[row])),
        longitude=_known(float(columns.longitude[row])),
        birth_date=date(born // 10_000, born // 100 % 100, born % 100) if born else None,
        gender=engine.PATIENT_GENDERS[columns.gender[row]],
        insurance=engine.INSURANCES[columns.insurance[row]],
        is_kostenerstattung=bool(columns.is_kostenerstattung[row]),
        diagnosis=_code(tuple(columns.diagnosis[row].tolist())),
        wished_gender=engine.GENDER_WISHES[columns.wished_gender[row]],
        wished_methods=frozenset(
            method for place, method in enumerate(engine.METHODS) if columns.wished_methods[row] >> place & 1
        ),
        group_wish=engine.GROUP_WISHES[columns.group_wish[row]],
        languages=_languages(int(columns.languages[row])),
        availability=_intervals(columns.hours, row),
        travel_mode=TRAVEL_MODES[columns.travel_mode[row]],
        max_distance_km=_known(float(columns.max_distance_km[row])),
        max_travel_minutes=int(minutes) if minutes is not None else None,
        excluded_therapists=_named(pairs, Reason.EXCLUDED_BY_PATIENT),
        locked_therapists=_named(pairs, Reason.LOCKED_AFTER_REJECTION),
        started_on=date.fromordinal(int(columns.started_on[row])),
        open_requests=int(columns.open_requests[row]),
        measured=tuple((int(a), int(b)) for a, b in columns.measured.take(np.array([row])).values),
    )


def _every_approval() -> list[tuple[str, str, str]]:
    return [(s, a, m) for s in engine.SETTINGS for a in engine.AGE_GROUPS for m in engine.METHODS]


def _languages(bits: int) -> frozenset[str]:
    return frozenset(code for place, code in enumerate(engine.LANGUAGES) if bits >> place & 1)


def _intervals(hours: HoursColumns, row: int) -> tuple[Interval, ...] | None:
    layer, day = np.nonzero(hours.end[row])
    found = sorted(
        Interval(int(d), int(hours.start[row, i, d]), int(hours.end[row, i, d]))
        for i, d in zip(layer, day, strict=True)
    )
    return tuple(found) or None


def _codes(columns: TherapistColumns, row: int) -> tuple[str, ...]:
    ranges = columns.wishes.take(np.array([row])).values.tolist()
    codes = tuple(str(_code(tuple(pair))) for pair in ranges)
    return codes or (("unreadable",) if columns.has_wish[row] else ())


def _code(bounds: tuple[int, ...]) -> str | None:
    if bounds == engine.UNKNOWN_CODE:
        return None
    return next(code for code in SOME_CODES if icd.code_range(code) == bounds)


def _named(pairs: list[list[int]], reason: Reason) -> frozenset[int]:
    return frozenset(therapist for therapist, bit in pairs if bit == reason.bit)


def _day(ordinal: int) -> date | None:
    return date.fromordinal(ordinal) if ordinal else None


def _known(value: float) -> Any:
    return None if np.isnan(value) else value

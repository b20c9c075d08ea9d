"""Columns of patients, their searches and what hangs on them, by model field. Ids run from 1.

The first `count` patients may be planned for; 5 % more may not (paused, no consent, not searching yet).
"""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from apps.core.encryption import cipher
from apps.workspace.demo import facts
from benchmarks.sizes import TODAY
from benchmarks.world.draws import Draw, only_where, without_nan
from benchmarks.world.towns import Homes, Towns, postal_codes, settle
from benchmarks.world.weeks import FREE, hours

Columns = dict[str, Any]

CROWDING = 1.0
DIAGNOSES: dict[Any, float] = {
    "F32.1": 14, "F33.1": 10, "F32.2": 6, "F33.0": 4, "F43.2": 12, "F43.1": 6, "F41.1": 6, "F41.0": 6,
    "F40.1": 5, "F40.01": 3, "F45.4": 4, "F42.1": 3, "F50.0": 2, "F50.2": 2, "F60.31": 4, "F90.0": 4,
    "F31.3": 2, "F34.1": 4, "F84.5": 1, "F10.2": 2, "F63.0": 1, "F40": 1, "F32": 1, "": 2,
}  # fmt: skip
LANGUAGES: dict[Any, float] = {
    ("de",): 0.62, (): 0.30, ("de", "en"): 0.03, ("en",): 0.02, ("tr", "de"): 0.01, ("tr",): 0.01,
    ("ar",): 0.01,
}  # fmt: skip
METHODS: dict[Any, float] = {
    (): 0.55,
    ("VT",): 0.20,
    ("TP",): 0.08,
    ("TP", "AP"): 0.06,
    ("VT", "ST"): 0.06,
    ("ST",): 0.05,
}
KILOMETRES: dict[Any, float] = {10: 4, 15: 8, 20: 18, 25: 21, 30: 21, 40: 16, 50: 12}
MINUTES: dict[Any, float] = {20: 1, 30: 4, 40: 2, 45: 2, 60: 1}
MODES: dict[Any, float] = {"car": 0.48, "public_transport": 0.40, "bicycle": 0.09, "foot": 0.03}
CASE_LETTERS = "ACDEFGHJKLMNPQRTUVWXY34679"


@dataclass(frozen=True)
class PatientWorld:
    homes: Homes
    rows: dict[str, Columns]


def draw_patients(draw: Draw, places: Towns, count: int) -> PatientWorld:
    total = count + count // 20
    homes = settle(draw, places, total, CROWDING)
    obstacle = [""] * count + draw.one_of({"paused": 1, "consent": 1, "open": 1}, total - count)
    has_hours = draw.happens(0.95, total)
    started = draw.days(TODAY - timedelta(days=300), TODAY - timedelta(days=1), total)
    week = hours(draw, FREE, has_hours)
    week["patient_id"] = [person + 1 for person in week.pop("person")]
    patients = _identity(draw, places, homes) | _clinical(draw, total) | _limits(draw, total)
    is_open = [value == "open" for value in obstacle]
    patients |= {
        "status": only_where(is_open, ["open"] * total, "searching"),
        "started_on": started,
        "is_availability_known": has_hours.tolist(),
    }
    return PatientWorld(
        homes=homes,
        rows={
            "Patient": patients,
            "Availability": week,
            "Consent": _consents(obstacle),
            "PlacementSearch": _searches(draw, obstacle, started),
        },
    )


def case_codes(count: int, length: int = 6) -> list[str]:
    """Return distinct codes, each as long as asked."""
    codes = [""] * count
    numbers = np.arange(count) * 7_919 % len(CASE_LETTERS) ** length
    for _place in range(length):
        codes = [
            CASE_LETTERS[number % len(CASE_LETTERS)] + code
            for number, code in zip(numbers, codes, strict=True)
        ]
        numbers //= len(CASE_LETTERS)
    return codes


def _identity(draw: Draw, places: Towns, homes: Homes) -> Columns:
    count = len(homes.town)
    numbers = range(1, count + 1)
    is_unknown = draw.happens(0.01, count)
    return {
        "id": list(numbers),
        "case_code": [f"{code[:3]}-{code[3:]}" for code in case_codes(count)],
        "gender": draw.one_of({"female": 0.62, "male": 0.34, "diverse": 0.01, "not_stated": 0.03}, count),
        "first_name": draw.one_of(dict.fromkeys(("Alex", "Nicola", "Jona", "Mika", "Sam"), 1), count),
        "last_name": draw.one_of(dict.fromkeys(facts.words("last_names", "german"), 1), count),
        "street": [f"Ahornweg {number % 150 + 1}" for number in numbers],
        "plz": postal_codes(draw, places, homes),
        "city": [places.name[town] for town in homes.town.tolist()],
        "email": [f"patient-{number}@example.org" for number in numbers],
        "phone": [f"+4940{number:07d}" for number in numbers],
        "birth_date": only_where(~draw.happens(0.01, count), _birth_dates(draw, count)),
        "latitude": without_nan(np.where(is_unknown, np.nan, homes.latitude)),
        "longitude": without_nan(np.where(is_unknown, np.nan, homes.longitude)),
        "precision": only_where(~is_unknown, ["plz"] * count, "none"),
        "insurance_kind": draw.one_of(
            {"gkv": 0.88, "pkv": 0.07, "beihilfe": 0.03, "self_payer": 0.02}, count
        ),
    }


def _birth_dates(draw: Draw, count: int) -> list[date]:
    age = np.where(draw.happens(0.12, count), draw.integers(5, 20, count), draw.integers(18, 72, count))
    days = age * 365 + draw.integers(0, 365, count)
    return [TODAY - timedelta(days=day) for day in days.tolist()]


def _clinical(draw: Draw, count: int) -> Columns:
    """Tokens of the field's own cipher: distinct texts are encrypted anew for every row, as in real life."""
    return {
        "diagnosis": [_encrypted(code) for code in draw.one_of(DIAGNOSES, count)],
        "symptoms": [_encrypted(["depressed-mood", "sleep-problems"]) for _row in range(count)],
        "complaints": [
            _encrypted("Seit dem Sommer kaum Antrieb, schläft schlecht.") for _row in range(count)
        ],
        "wished_gender": draw.one_of({"any": 0.68, "female": 0.26, "male": 0.06}, count),
        "wished_methods": [list(methods) for methods in draw.one_of(METHODS, count)],
        "group_wish": draw.one_of({"no": 0.70, "also": 0.26, "only": 0.04}, count),
        "languages": [list(codes) for codes in draw.one_of(LANGUAGES, count)],
        "contracts_signed_on": [TODAY - timedelta(days=310)] * count,
    }


def _encrypted(value: str | list[str]) -> str:
    return cipher().encrypt(json.dumps(value).encode()).decode() if value else ""


def _limits(draw: Draw, count: int) -> Columns:
    """86 % limit kilometres, 8 % minutes, 4 % both, 2 % neither."""
    kind = np.array(draw.one_of({"km": 0.86, "minutes": 0.08, "both": 0.04, "neither": 0.02}, count))
    return {
        "travel_mode": draw.one_of(MODES, count),
        "max_distance_km": only_where(np.isin(kind, ("km", "both")), draw.one_of(KILOMETRES, count)),
        "max_travel_minutes": only_where(np.isin(kind, ("minutes", "both")), draw.one_of(MINUTES, count)),
    }


def _consents(obstacle: list[str]) -> Columns:
    """Both purposes; for the obstacle "consent" the one for therapists was withdrawn."""
    numbers = list(range(1, len(obstacle) + 1))
    given_on = TODAY - timedelta(days=310)
    withdrawn = only_where(
        [value == "consent" for value in obstacle], [TODAY - timedelta(days=9)] * len(obstacle)
    )
    return {
        "patient_id": numbers * 2,
        "purpose": ["health_data"] * len(numbers) + ["pseudonymous"] * len(numbers),
        "given_on": [given_on] * (2 * len(numbers)),
        "withdrawn_on": [None] * len(numbers) + withdrawn,
        "proof": ["contract, page 3"] * (2 * len(numbers)),
    }


def _searches(draw: Draw, obstacle: list[str], started: list[date]) -> Columns:
    """Search i belongs to patient i; who is not searching yet has none."""
    numbers = [number for number, value in enumerate(obstacle, start=1) if value != "open"]
    is_paused = [obstacle[number - 1] == "paused" for number in numbers]
    return {
        "id": numbers,
        "patient_id": numbers,
        "status": only_where(is_paused, ["paused"] * len(numbers), "active"),
        "started_on": [started[number - 1] for number in numbers],
        "is_kostenerstattung": draw.happens(0.03, len(numbers)).tolist(),
        "paused_from": only_where(is_paused, [TODAY - timedelta(days=3)] * len(numbers)),
        "pause_reason": only_where(is_paused, ["on holiday"] * len(numbers), ""),
    }

"""Invented therapists and patients: every wish, approval and gap in the records occurs as in real ones."""

from datetime import date, timedelta

import numpy as np

from apps.matching.engine.hours import Interval
from apps.matching.engine.records import SearchRecord, TherapistRecord
from apps.matching.simulation.places import THERAPISTS_PREFER_TOWNS, Points, scatter

Random = np.random.Generator

DIAGNOSES = (
    "F32.1",
    "F33.1",
    "F41.1",
    "F41.0",
    "F43.1",
    "F43.2",
    "F40.1",
    "F42.2",
    "F60.31",
    "F50.2",
    "F90.0",
)
DIAGNOSIS_SHARES = (0.24, 0.14, 0.12, 0.08, 0.09, 0.13, 0.06, 0.04, 0.05, 0.03, 0.02)
WISH_LISTS = (("F3", "F4"), ("F32", "F33", "F41", "F43"), ("F4",), ("F3", "F4", "F5", "F6"), ("F43", "F60"))
METHOD_SHARES = {"VT": 0.52, "TP": 0.32, "AP": 0.08, "ST": 0.08}
FOREIGN_LANGUAGES = ("en", "tr", "ru", "ar", "pl")
DAY_PARTS = (
    (8 * 60, 12 * 60),
    (9 * 60, 13 * 60),
    (13 * 60, 17 * 60),
    (14 * 60, 19 * 60),
    (16 * 60 + 30, 20 * 60),
)
RADII_KM = (10.0, 15.0, 20.0, 25.0, 35.0, 50.0)
RADIUS_SHARES = (0.15, 0.20, 0.22, 0.20, 0.13, 0.10)


def therapists(rng: Random, count: int) -> list[TherapistRecord]:
    places = scatter(rng, count, THERAPISTS_PREFER_TOWNS)
    groups = _contact_groups(rng, count)
    return [_therapist(rng, number, places, int(groups[number])) for number in range(count)]


def searches(rng: Random, days: np.ndarray, first_day: date) -> tuple[list[SearchRecord], np.ndarray]:
    """Searches that began so many days after the first day (before it: negative), and their regions."""
    places = scatter(rng, len(days))
    rows = [
        _search(rng, number, places, first_day + timedelta(days=int(day)), first_day)
        for number, day in enumerate(days)
    ]
    return rows, places.region


def _therapist(rng: Random, number: int, places: Points, group: int) -> TherapistRecord:
    has_age_wish = rng.random() < 0.2
    return TherapistRecord(
        id=number + 1,
        latitude=float(places.latitude[number]),
        longitude=float(places.longitude[number]),
        gender="female" if rng.random() < 0.72 else "male",
        is_active=rng.random() < 0.97,
        is_blocked=rng.random() < 0.02,
        is_verified=rng.random() < 0.95,
        do_not_contact=rng.random() < 0.03,
        contact_group=group,
        paused_until=None,
        last_contact_on=None,
        has_open_inquiry=False,
        has_seat=rng.random() < 0.8,
        is_licensed=True,
        approvals=_approvals(rng),
        languages=_languages(rng, 0.25),
        working_hours=_schedule(rng, 0.6) if rng.random() < 0.4 else None,
        wished_diagnoses=WISH_LISTS[rng.integers(len(WISH_LISTS))] if rng.random() < 0.3 else (),
        wished_age_from=18 if has_age_wish else 0,
        wished_age_to=int(rng.choice([50, 60, 70])) if has_age_wish else 0,
        wished_gender=str(rng.choice(["any", "female", "male"], p=[0.93, 0.05, 0.02])),
        prefers_group=rng.random() < 0.05,
        free_individual_from=None,
        free_group_from=None,
        possibly_has_places=rng.random() < 0.15,
        knows_agency=rng.random() < 0.25,
        has_email=rng.random() < 0.8,
        region=f"{places.region[number]:02d}",
        asked_count=0,
        accepted_count=0,
    )


def _search(rng: Random, number: int, places: Points, started_on: date, first_day: date) -> SearchRecord:
    return SearchRecord(
        id=number + 1,
        patient_id=number + 1,
        latitude=float(places.latitude[number]),
        longitude=float(places.longitude[number]),
        birth_date=first_day - timedelta(days=_age_in_days(rng)),
        gender=str(rng.choice(["female", "male", "diverse"], p=[0.65, 0.33, 0.02])),
        insurance=str(rng.choice(["gkv", "pkv", "beihilfe", "self_payer"], p=[0.87, 0.06, 0.04, 0.03])),
        is_kostenerstattung=False,
        diagnosis=str(rng.choice(DIAGNOSES, p=DIAGNOSIS_SHARES)) if rng.random() < 0.95 else None,
        wished_gender=str(rng.choice(["any", "female", "male"], p=[0.75, 0.20, 0.05])),
        wished_methods=frozenset() if rng.random() < 0.6 else frozenset({_method(rng)}),
        group_wish=str(rng.choice(["no", "also", "only"], p=[0.70, 0.27, 0.03])),
        languages=_languages(rng, 0.12) or frozenset(),
        availability=_schedule(rng, 0.5) if rng.random() < 0.85 else None,
        travel_mode=str(
            rng.choice(["car", "public_transport", "bicycle", "foot"], p=[0.45, 0.4, 0.12, 0.03])
        ),
        max_distance_km=float(rng.choice(RADII_KM, p=RADIUS_SHARES)) if rng.random() < 0.9 else None,
        max_travel_minutes=int(rng.choice([45, 60, 75])) if rng.random() < 0.25 else None,
        excluded_therapists=frozenset(),
        locked_therapists=frozenset(),
        started_on=started_on,
        open_requests=0,
    )


def _approvals(rng: Random) -> frozenset[tuple[str, str, str]]:
    methods = {_method(rng)} | ({_method(rng)} if rng.random() < 0.15 else set())
    ages = ("minors",) if rng.random() < 0.18 else ("adults",)
    settings = ("individual", "group") if rng.random() < 0.3 else ("individual",)
    return frozenset((method, age, setting) for method in methods for age in ages for setting in settings)


def _method(rng: Random) -> str:
    return str(rng.choice(list(METHOD_SHARES), p=list(METHOD_SHARES.values())))


def _languages(rng: Random, share: float) -> frozenset[str] | None:
    """German, and with this share another one; a few speak only the other one with comfort."""
    if rng.random() >= share:
        return None
    other = str(rng.choice(FOREIGN_LANGUAGES, p=[0.6, 0.12, 0.12, 0.08, 0.08]))
    return frozenset({other}) if rng.random() < 0.05 else frozenset({"de", other})


def _schedule(rng: Random, share: float) -> tuple[Interval, ...]:
    """Monday to Friday, a part of the day each with this share; never nothing at all."""
    days = [day for day in range(5) if rng.random() < share] or [int(rng.integers(5))]
    return tuple(Interval(day, *DAY_PARTS[rng.integers(len(DAY_PARTS))]) for day in days)


def _age_in_days(rng: Random) -> int:
    years = rng.uniform(8, 18) if rng.random() < 0.14 else min(18 + rng.gamma(2.4, 9.0), 85)
    return int(years * 365.25)


def _contact_groups(rng: Random, count: int) -> np.ndarray:
    """One therapist in eight shares mailbox or phone with the one before."""
    return np.cumsum(rng.random(count) >= 0.125) + 1

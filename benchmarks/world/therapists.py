"""Columns of therapists and everything that hangs on them, by model field. Ids run from 1."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np

from apps.workspace.demo import facts
from benchmarks.sizes import AT, TODAY
from benchmarks.world.draws import Draw, only_where, without_nan
from benchmarks.world.towns import Homes, Towns, postal_codes, settle
from benchmarks.world.weeks import PHONE, WORKING, hours

Columns = dict[str, Any]

CROWDING = 1.10  # therapists crowd into large towns a little more than people do
METHODS: dict[Any, float] = {
    ("VT",): 0.45, ("TP",): 0.24, ("TP", "AP"): 0.15, ("AP",): 0.03,
    ("ST",): 0.05, ("VT", "ST"): 0.06, ("VT", "TP"): 0.02,
}  # fmt: skip
AGE_GROUPS: dict[Any, float] = {("adults",): 0.76, ("minors",): 0.12, ("adults", "minors"): 0.12}
SETTINGS: dict[Any, float] = {("individual",): 0.70, ("individual", "group"): 0.27, ("group",): 0.03}
LANGUAGES: dict[Any, float] = {
    ("de",): 0.45, (): 0.25, ("de", "en"): 0.20, ("de", "en", "fr"): 0.03, ("de", "tr"): 0.02,
    ("de", "ru"): 0.02, ("de", "pl"): 0.01, ("de", "ar"): 0.01, ("en",): 0.01,
}  # fmt: skip
WISHED_CODES = (
    "F32", "F33", "F40-F48", "F4", "F41.1", "F43", "F43.1", "F50", "F60-F69", "F31", "F90", "F84",
    "F10-F19", "F42", "F45", "F34.1", "F3", "F20-F29", "F63", "Z73", "F60.31", "F40", "F41",
)  # fmt: skip
WISHED_AGES: dict[Any, float] = {
    (0, 0): 0.70, (18, 0): 0.08, (0, 65): 0.06, (18, 60): 0.06, (16, 30): 0.03, (25, 70): 0.04, (6, 18): 0.03,
}  # fmt: skip


@dataclass(frozen=True)
class TherapistWorld:
    homes: Homes  # of the therapists
    contact_groups: list[int]
    rows: dict[str, Columns]  # by model name, in an order that foreign keys allow


def draw_therapists(draw: Draw, places: Towns, count: int) -> TherapistWorld:
    practice = _practices_of(draw, count)
    extra = np.flatnonzero(draw.happens(0.08, count))  # who has a second practice
    own, has_hours = int(practice.max()) + 1, draw.happens(0.60, count)
    homes = settle(draw, places, own + len(extra), CROWDING)
    return TherapistWorld(
        homes=Homes(homes.town[practice], homes.latitude[practice], homes.longitude[practice]),
        contact_groups=(practice + 1).tolist(),
        rows={
            "ContactGroup": {"id": list(range(1, own + 1))},
            "Practice": _practices(draw, places, homes, own),
            "Therapist": _therapists(draw, (practice + 1).tolist(), has_hours),
            "Workplace": _workplaces(practice, extra, own),
            "Approval": _approvals(draw, count),
            "WeeklyHours": _hours(draw, has_hours),
            "ContactPause": _pauses(draw, count),
        },
    )


def _practices_of(draw: Draw, count: int) -> np.ndarray:
    """Return every therapist's practice, numbered from 0: most have their own, a few share it."""
    is_first = ~draw.happens(0.15, count)
    is_first[::4] = True
    return np.cumsum(is_first) - 1


def _practices(draw: Draw, places: Towns, homes: Homes, own: int) -> Columns:
    """Second practices (from `own` on) share neither mailbox nor number with anybody."""
    count = len(homes.town)
    numbers = range(1, count + 1)
    has_mail = draw.happens(0.70, count) & (np.arange(count) < own)
    is_unknown = draw.happens(0.01, count)
    return {
        "id": list(numbers),
        "name": [f"Praxis {number}" for number in numbers],
        "street": [f"Lindenstraße {number % 200 + 1}" for number in numbers],
        "plz": postal_codes(draw, places, homes),
        "city": [places.name[town] for town in homes.town.tolist()],
        "state": [places.state[town] for town in homes.town.tolist()],
        "phone": [f"+4930{number:07d}" if number <= own else "" for number in numbers],
        "email": only_where(has_mail, [f"praxis-{number}@example.org" for number in numbers], ""),
        "latitude": without_nan(np.where(is_unknown, np.nan, homes.latitude)),
        "longitude": without_nan(np.where(is_unknown, np.nan, homes.longitude)),
        "precision": only_where(~is_unknown, ["street"] * count, "none"),
    }


def _therapists(draw: Draw, groups: list[int], has_hours: np.ndarray) -> Columns:
    count = len(groups)
    genders = {"female": 0.70, "male": 0.27, "diverse": 0.005, "unknown": 0.025}
    return {
        "id": list(range(1, count + 1)),
        "contact_group_id": groups,
        **_states(draw, count),
        "gender": draw.one_of(genders, count),
        "first_name": draw.one_of(dict.fromkeys(("Kim", "Toni", "Luca", "Sascha", "Robin"), 1), count),
        "last_name": draw.one_of(dict.fromkeys(facts.words("last_names", "german"), 1), count),
        "seat": draw.one_of({"full": 0.45, "half": 0.35, "none": 0.20}, count),
        "is_licensed": draw.happens(0.98, count).tolist(),
        "languages": [list(codes) for codes in draw.one_of(LANGUAGES, count)],
        "is_working_hours_known": has_hours.tolist(),
        **_offer(draw, count),
        **_wishes(draw, count),
        **_contacts(draw, count),
    }


def _states(draw: Draw, count: int) -> Columns:
    status = draw.one_of({"active": 0.95, "inactive": 0.02, "blocked": 0.03}, count)
    is_blocked = [value == "blocked" for value in status]
    review = draw.one_of({"verified": 0.947, "unreviewed": 0.053}, count)
    is_verified = [value == "verified" for value in review]
    objected = draw.happens(0.01, count)
    return {
        "status": status,
        "blocked_reason": only_where(is_blocked, ["holds no licence at present"] * count, ""),
        "blocked_since": only_where(is_blocked, [TODAY - timedelta(days=90)] * count),
        "review_status": review,
        "reviewed_at": only_where(is_verified, [AT - timedelta(days=200)] * count),
        "do_not_contact_since": only_where(objected, [TODAY - timedelta(days=30)] * count),
    }


def _offer(draw: Draw, count: int) -> Columns:
    days = draw.days(TODAY - timedelta(days=20), TODAY + timedelta(days=60), count)
    return {
        "free_individual_from": only_where(draw.happens(0.06, count), days),
        "free_group_from": only_where(draw.happens(0.03, count), days),
        "is_possibly_free": draw.happens(0.10, count).tolist(),
        "knows_agency": draw.happens(0.08, count).tolist(),
    }


def _wishes(draw: Draw, count: int) -> Columns:
    ages = draw.one_of(WISHED_AGES, count)
    return {
        "wished_diagnoses": _wished_diagnoses(draw, count),
        "wished_age_from": [first for first, _last in ages],
        "wished_age_to": [last for _first, last in ages],
        "wished_gender": draw.one_of({"any": 0.93, "female": 0.05, "male": 0.02}, count),
        "prefers_group": draw.happens(0.04, count).tolist(),
    }


def _wished_diagnoses(draw: Draw, count: int) -> list[list[str]]:
    """60 % have no wish; the others name one to four codes or blocks."""
    size = np.where(draw.happens(0.60, count), 0, draw.integers(1, 4, count))
    codes = draw.integers(0, len(WISHED_CODES) - 1, (count, 4)).tolist()
    return [
        sorted({WISHED_CODES[place] for place in row[:length]})
        for row, length in zip(codes, size.tolist(), strict=True)
    ]


def _contacts(draw: Draw, count: int) -> Columns:
    """8 % were written to within the last week, 20 % some time before."""
    is_recent, is_older = draw.happens(0.08, count), draw.happens(0.20, count)
    days = np.where(is_recent, draw.integers(0, 6, count), draw.integers(7, 90, count)).tolist()
    moments = [AT - timedelta(days=day, hours=1) for day in days]
    permitted = draw.happens(0.15, count)
    return {
        "last_email_at": only_where(is_recent | is_older, moments),
        "email_permission_since": only_where(permitted, [TODAY - timedelta(days=300)] * count),
        "email_permission_how": only_where(permitted, ["written"] * count, ""),
    }


def _workplaces(practice: np.ndarray, extra: np.ndarray, own: int) -> Columns:
    count = len(practice)
    return {
        "therapist_id": [*range(1, count + 1), *(extra + 1).tolist()],
        "practice_id": [*(practice + 1).tolist(), *range(own + 1, own + len(extra) + 1)],
        "is_main": [True] * count + [False] * len(extra),
    }


def _approvals(draw: Draw, count: int) -> Columns:
    choices = (draw.one_of(METHODS, count), draw.one_of(AGE_GROUPS, count), draw.one_of(SETTINGS, count))
    rows = [
        (number, *approval)
        for number, sets in enumerate(zip(*choices, strict=True), start=1)
        for approval in product(*sets)
    ]
    names = ("therapist_id", "method", "age_group", "setting")
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def _hours(draw: Draw, has_working: np.ndarray) -> Columns:
    parts = [
        ("working", hours(draw, WORKING, has_working)),
        ("phone", hours(draw, PHONE, draw.happens(0.80, len(has_working)))),
    ]
    columns: Columns = {"kind": [kind for kind, rows in parts for _person in rows["person"]]}
    columns["therapist_id"] = [person + 1 for _kind, rows in parts for person in rows["person"]]
    for name in ("weekday", "start_minute", "end_minute"):
        columns[name] = [value for _kind, rows in parts for value in rows[name]]
    return columns


def _pauses(draw: Draw, count: int) -> Columns:
    """22 % are paused today; 10 % have a pause that is over or was lifted."""
    in_force, past = np.flatnonzero(draw.happens(0.22, count)), np.flatnonzero(draw.happens(0.10, count))
    is_lifted = draw.happens(0.5, len(past)).tolist()
    return {
        "therapist_id": [*(in_force + 1).tolist(), *(past + 1).tolist()],
        "starts_on": [TODAY - timedelta(days=10)] * len(in_force) + [TODAY - timedelta(days=60)] * len(past),
        "until": [
            *draw.days(TODAY, TODAY + timedelta(days=40), len(in_force)),
            *(_end_of_past(lifted) for lifted in is_lifted),
        ],
        "reason": ["answered"] * (len(in_force) + len(past)),
        "lifted_at": [None] * len(in_force) + only_where(is_lifted, [AT - timedelta(days=5)] * len(past)),
    }


def _end_of_past(is_lifted: bool) -> date:
    return TODAY + timedelta(days=10) if is_lifted else TODAY - timedelta(days=1)

"""Hypothesis strategies for therapists and searches, with every unknown value and every edge.

Values are drawn from few choices on purpose, and from near a fitting pair: those that nearly fit tell most.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from apps.matching.engine.columns import AGE_GROUPS, METHODS, SETTINGS
from apps.matching.engine.hours import Interval
from apps.matching.engine.records import Parameters, SearchRecord, TherapistRecord
from apps.matching.engine.travel import NO_ROUTE_MINUTES, point_key
from tests.matching.engine.builders import SEARCH, THERAPIST

Record = TypeVar("Record", SearchRecord, TherapistRecord)

TODAYS = (date(2025, 3, 3), date(2024, 2, 29), date(2025, 2, 28), date(2025, 3, 1), date(2024, 12, 31))
CODES = ("F40", "F40.1", "F40.01", "F41.2G", "F4", "f43.2 V", "F32.1+", "F33.-", "E66.0", "F99", "F", "Z73!")
BLOCKS = ("F40-F48", "F40–F48", "F30-39", "E60-F10", "F48-F40")
ALL_APPROVALS = frozenset((m, a, s) for m in METHODS for a in AGE_GROUPS for s in SETTINGS)
UNREADABLE = ("", " ", "Depression", "F4x.1", "40.1")


def of_worlds(examples: int) -> settings:
    """Settings for tests on whole worlds, whose drawing takes long on a busy machine."""
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def days_around(today: date, days: int) -> st.SearchStrategy[date]:
    return st.integers(-days, days).map(lambda offset: today + timedelta(days=offset))


def birth_dates(today: date) -> st.SearchStrategy[date | None]:
    """Birthdays on the borders of 18 and 21 and of leap years, and ages of every kind."""
    border = st.builds(
        lambda years, offset: _years_before(today, years) + timedelta(days=offset),
        st.sampled_from([0, 6, 17, 18, 20, 21, 25, 65]),
        st.integers(-1, 1),
    )
    leap = st.sampled_from([date(2000, 2, 29), date(2004, 2, 29), date(2008, 2, 29)])
    return st.one_of(st.none(), border, leap, st.dates(date(1930, 1, 1), today))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    """Few weekdays, any minute, often short, sometimes touching midnight."""
    start, end = sorted(draw(st.tuples(_minutes(), _minutes())))
    return Interval(draw(st.sampled_from([0, 0, 1, 6])), start, end)


def schedules() -> st.SearchStrategy[tuple[Interval, ...] | None]:
    return st.one_of(st.none(), st.lists(intervals(), max_size=5).map(tuple))


@st.composite
def twisted(
    draw: st.DrawFn, base: Record, twists: dict[str, st.SearchStrategy], always: frozenset[str]
) -> Record:
    """Change a few fields of a record that fits, now and then all of them."""
    some = st.sets(st.sampled_from(sorted(twists)), max_size=4)
    chosen = draw(st.one_of(some, some, some, some, st.just(set(twists)))) | always
    return replace(base, **{name: draw(twists[name]) for name in sorted(chosen)})


def therapists(today: date, number: int) -> st.SearchStrategy[TherapistRecord]:
    base = replace(THERAPIST, id=number, contact_group=number, approvals=ALL_APPROVALS)
    twists = {
        "latitude": _latitudes(),
        "longitude": _longitudes(),
        "gender": st.sampled_from(["male", "female", "diverse", "unknown"]),
        "is_active": st.booleans(),
        "is_blocked": st.booleans(),
        "is_verified": st.booleans(),
        "do_not_contact": st.booleans(),
        "contact_group": st.integers(1, 6),
        "paused_until": days_around(today, 2),
        "last_contact_on": days_around(today, 8),
        "has_open_inquiry": st.booleans(),
        "has_seat": st.booleans(),
        "is_licensed": st.booleans(),
        "approvals": _approvals(),
        "languages": st.one_of(st.none(), st.frozensets(st.sampled_from(["de", "en", "tr"]), max_size=3)),
        "working_hours": schedules(),
        "wished_diagnoses": _wished_diagnoses(),
        "wished_age_from": st.sampled_from([0, 17, 18, 21, 25]),
        "wished_age_to": st.sampled_from([0, 17, 18, 20, 25, 65]),
        "wished_gender": st.sampled_from(["male", "female"]),
        "prefers_group": st.booleans(),
        "free_individual_from": days_around(today, 60),
        "free_group_from": days_around(today, 60),
        "possibly_has_places": st.booleans(),
        "knows_agency": st.booleans(),
        "has_email": st.booleans(),
        "region": st.sampled_from(["01", "10", "80", ""]),
        "asked_count": st.integers(0, 30),
        "accepted_count": st.integers(0, 3),
    }
    return twisted(base, twists, frozenset({"longitude"}))


def searches(today: date, number: int, therapist_ids: range) -> st.SearchStrategy[SearchRecord]:
    base = replace(SEARCH, id=number, patient_id=number, started_on=today)
    some_ids = st.frozensets(st.sampled_from([*therapist_ids, 9_999]), max_size=4)
    twists = {
        "latitude": _latitudes(),
        "longitude": _longitudes(),
        "birth_date": birth_dates(today),
        "gender": st.sampled_from(["male", "female", "diverse", "not_stated"]),
        "insurance": st.sampled_from(["gkv", "pkv", "beihilfe", "self_payer"]),
        "is_kostenerstattung": st.booleans(),
        "diagnosis": st.one_of(st.none(), st.sampled_from(CODES + UNREADABLE)),
        "wished_gender": st.sampled_from(["male", "female"]),
        "wished_methods": st.frozensets(st.sampled_from(METHODS), max_size=3),
        "group_wish": st.sampled_from(["no", "also", "only"]),
        "languages": st.frozensets(st.sampled_from(["de", "en", "ru"]), max_size=2),
        "availability": schedules(),
        "travel_mode": st.sampled_from(["car", "public_transport", "bicycle", "foot"]),
        "max_distance_km": st.one_of(st.none(), st.sampled_from([0.0, 11.119, 25.0, 500.0])),
        "max_travel_minutes": st.one_of(st.none(), st.sampled_from([0, 5, 27, 60, 900])),
        "excluded_therapists": some_ids,
        "locked_therapists": some_ids,
        "open_requests": st.integers(0, 10),
    }
    return twisted(base, twists, frozenset({"longitude"}))


@st.composite
def worlds(
    draw: st.DrawFn, therapist_count: int = 12, search_count: int = 6
) -> tuple[list[SearchRecord], list[TherapistRecord], Parameters, date]:
    """A few searches and therapists on one day; ids are neither dense nor in order."""
    today = draw(st.sampled_from(TODAYS))
    ids = range(100, 100 + 7 * therapist_count, 7)
    shuffled = draw(st.permutations(list(ids)))
    people = [draw(therapists(today, number)) for number in shuffled]
    running = [draw(searches(today, number, ids)) for number in range(1, search_count + 1)]
    running = [replace(one, measured=draw(_measured(people))) for one in running]
    parameters = Parameters(
        contact_interval_days=draw(st.sampled_from([0, 7])),
        default_max_distance_km=draw(st.sampled_from([0.0, 25.0])),
        least_common_minutes=draw(st.sampled_from([1, 50])),
    )
    return running, people, parameters, today


def _measured(people: list[TherapistRecord]) -> st.SearchStrategy[tuple[tuple[int, int], ...]]:
    """Minutes to none, a few or many of the points where somebody works, and to one where nobody does."""
    places = [(one.latitude, one.longitude) for one in people]
    points = {point_key(*place) for place in places if None not in place} | {point_key(50.0, 7.0)}
    minutes = st.sampled_from([0, 1, 5, 26, 27, 28, 59, 60, 61, 300, NO_ROUTE_MINUTES])
    some = st.dictionaries(st.sampled_from(sorted(points)), minutes, max_size=10)
    return st.one_of(st.just({}), some, some).map(lambda found: tuple(found.items()))


def _approvals() -> st.SearchStrategy[frozenset[tuple[str, str, str]]]:
    one = st.tuples(st.sampled_from(METHODS[:3]), st.sampled_from(AGE_GROUPS), st.sampled_from(SETTINGS))
    return st.one_of(st.just(ALL_APPROVALS), st.frozensets(one, max_size=5))


def _wished_diagnoses() -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(CODES + BLOCKS + UNREADABLE), max_size=3).map(tuple)


def _latitudes() -> st.SearchStrategy[float | None]:
    near = st.floats(52.3, 52.7)
    return st.one_of(near, near, st.sampled_from([None, 52.42, 90.0, -90.0]), st.floats(-90, 90))


def _longitudes() -> st.SearchStrategy[float | None]:
    near = st.one_of(st.just(13.4), st.floats(13.2, 13.6))
    far = st.one_of(st.sampled_from([None, 180.0, -180.0]), st.floats(-180, 180))
    return st.one_of(near, near, near, near, near, far)


def _minutes() -> st.SearchStrategy[int]:
    return st.one_of(st.sampled_from([0, 540, 550, 590, 600, 601, 1390, 1440]), st.integers(0, 1440))


def _years_before(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)

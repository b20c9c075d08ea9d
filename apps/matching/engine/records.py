"""One therapist, one search, and the operating parameters, as plain values.

The engine packs records into columns; the tests' oracle reads the same records directly.
"""

from dataclasses import dataclass
from datetime import date

from apps.matching.engine.acceptance_model import NO_FIT, AcceptanceModel
from apps.matching.engine.hours import Interval

Approval = tuple[str, str, str]
"""(method, age group, setting): VT TP AP ST, adults or minors, individual or group."""


@dataclass(frozen=True)
class TherapistRecord:
    id: int
    latitude: float | None
    longitude: float | None
    gender: str  # male, female, diverse, unknown
    is_active: bool
    is_blocked: bool
    is_verified: bool
    do_not_contact: bool
    contact_group: int  # everybody behind the same e-mail address or phone number
    paused_until: date | None  # the pause holds up to and including this day
    last_contact_on: date | None
    has_open_inquiry: bool
    has_seat: bool
    is_licensed: bool
    approvals: frozenset[Approval]
    languages: frozenset[str] | None  # ISO codes; None or empty: German is assumed
    working_hours: tuple[Interval, ...] | None  # None or empty: unknown
    wished_diagnoses: tuple[str, ...]  # codes or blocks; empty: no wish
    wished_age_from: int  # 0: none
    wished_age_to: int  # 0: none
    wished_gender: str  # any, male, female
    prefers_group: bool  # wants patients only who are open to group therapy
    free_individual_from: date | None
    free_group_from: date | None
    possibly_has_places: bool
    knows_agency: bool
    has_email: bool
    region: str  # first two digits of the PLZ
    asked_count: int
    accepted_count: int
    practice: int = 0  # main practice, 0 = none


@dataclass(frozen=True)
class SearchRecord:
    id: int
    patient_id: int
    latitude: float | None
    longitude: float | None
    birth_date: date | None
    gender: str  # male, female, diverse, not_stated
    insurance: str  # gkv, pkv, beihilfe, self_payer
    is_kostenerstattung: bool  # means something for statutory patients only
    diagnosis: str | None
    wished_gender: str  # any, male, female
    wished_methods: frozenset[str]  # empty: any
    group_wish: str  # no, also, only
    languages: frozenset[str]  # empty: German is assumed
    availability: tuple[Interval, ...] | None  # None or empty: unknown
    travel_mode: str  # car, public_transport, bicycle, foot
    max_distance_km: float | None  # as the crow flies
    max_travel_minutes: int | None
    excluded_therapists: frozenset[int]
    locked_therapists: frozenset[int]  # locked today after a rejection
    started_on: date
    open_requests: int
    measured: tuple[tuple[int, int], ...] = ()
    """(point of a destination, minutes to it) where a router was asked; see `travel.point_key`."""


@dataclass(frozen=True)
class Parameters:
    """The operating parameters the engine and the planner need, with their defaults."""

    contact_interval_days: int = 7
    default_max_distance_km: float = 25.0  # where a search has neither limit
    least_common_minutes: int = 50  # in one piece: a session is not split
    max_requests_per_inquiry: int = 6
    min_requests_per_inquiry: int = 1
    open_requests_per_search: int = 10
    weight_acceptance: float = 0.45
    weight_distance: float = 0.25
    weight_hours: float = 0.20
    weight_email: float = 0.10
    smoothing_strength: float = 10.0  # as many asked requests as the regional rate is worth; above 0
    prior_acceptance: float = 0.08  # the rate before there is any history; between 0 and 1
    acceptance: AcceptanceModel = NO_FIT  # what the history of all answers has taught

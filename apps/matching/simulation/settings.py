"""What a simulation is asked: size, limits and policies, and what it takes for granted about life."""

from dataclasses import asdict, dataclass, field
from typing import Any

from apps.matching.engine.records import Parameters

POLICIES = ("planner", "greedy_by_value", "oldest_first", "oldest_first_two_digit")
LONGEST_WEEKS = 104


@dataclass(frozen=True)
class Rules:
    """The operating parameters a week needs beyond the engine's own."""

    engine: Parameters = field(default_factory=Parameters)
    contact_pause_days: int = 28
    pair_lock_days: int = 28
    follow_up_days: int = 7
    expire_days: int = 14


@dataclass(frozen=True)
class Life:
    """Assumptions. Shares are probabilities between 0 and 1, hazards are chances per week.

    None of them is known to a policy: it sees only what the agency would have in its records.
    """

    opening_hazard: float = 0.04  # a full therapist gets a place to give away
    closing_hazard: float = 0.15  # a free place goes to somebody else
    second_place_share: float = 0.10  # of openings: two places at once
    reported_share: float = 0.35  # of openings: the agency hears of it
    forgetting_hazard: float = 0.15  # a note about a place that is gone is taken out
    possible_places_factor: float = 2.0  # on the opening hazard of therapists who "possibly have places"
    yes_with_place: float = 0.35  # to one request, by the middling therapist
    yes_without_place: float = 0.01
    therapist_spread: float = 0.8  # standard deviation of the hidden leaning, in log odds
    region_spread: float = 0.3  # the same for regions
    knows_agency_log_odds: float = 0.3
    waitlist_share: float = 0.10  # of all that is not a yes
    not_suitable_share: float = 0.12  # the same
    waitlist_weeks: int = 8
    waitlist_place_share: float = 0.15  # of waiting lists: a place is offered at the end
    answering_share: tuple[float, float] = (4.0, 3.0)  # Beta: therapists who answer by themselves
    answer_days_median: float = 3.0
    answer_days_spread: float = 0.8  # of the logarithm
    follow_up_answer_share: float = 0.5  # reached by the follow-up call
    crossing_days: int = 2  # a yes may cross a withdrawal for so long
    trial_weeks: tuple[int, int] = (2, 4)
    confirmed_share: float = 0.75  # of trial sessions
    giving_up_hazard: float = 0.02  # of waiting patients


@dataclass(frozen=True)
class Settings:
    weeks: int = 26
    arrivals_per_week: float = 25.0
    contacts_per_week: int = 60
    therapists: int = 2000  # of an invented world
    waiting_at_start: int = 150  # of an invented world
    policies: tuple[str, ...] = POLICIES
    seeds: tuple[int, ...] = (1, 2, 3)
    rules: Rules = field(default_factory=Rules)
    life: Life = field(default_factory=Life)

    def __post_init__(self) -> None:
        if unknown := set(self.policies) - set(POLICIES):
            raise ValueError(f"unknown policy {', '.join(sorted(unknown))}")
        if not (self.policies and self.seeds):
            raise ValueError("at least one policy and one seed")
        if not 1 <= self.weeks <= LONGEST_WEEKS:
            raise ValueError(f"weeks must lie between 1 and {LONGEST_WEEKS}")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

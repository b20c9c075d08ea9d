"""What a run amounts to. Waiting times are Kaplan-Meier estimates: many wait when the run ends, some gave up.

Who waited already when the run began enters late: such a search counts only among those who have waited at
least as long, so that the patient ones of before do not make the agency look slow or quick.
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from apps.matching.simulation.agency import NEVER, Agency, State
from apps.matching.simulation.run import Run

SHARE_WEEKS = (4, 8, 12, 26)
STARVED_AFTER_DAYS = 56
LEAST_AT_RISK = 5  # fewer say nothing
CURVE_WEEKS = 26


@dataclass(frozen=True)
class Survival:
    """Share still waiting after `days[i]` days; the estimate ends with the last one at risk."""

    days: np.ndarray  # int64: 1, 2, 3 …
    share: np.ndarray  # float64, one a day
    last_day: int

    def at(self, day: float) -> float | None:
        """Return the share still waiting after so many days; None where nobody was observed so long."""
        if day > self.last_day:
            return None
        place = int(np.searchsorted(self.days, day, side="right"))
        return float(self.share[place - 1]) if place else 1.0

    def median_days(self) -> float | None:
        below = np.flatnonzero(self.share <= 0.5)
        return float(self.days[below[0]]) if below.size else None


def survival(begins: np.ndarray, ends: np.ndarray, has_event: np.ndarray) -> Survival:
    """Estimate from the days between which each was observed (begins < ends) and whether an event ended it.

    The estimate stops before the first day with fewer than LEAST_AT_RISK people at risk.
    """
    every_day = np.arange(1, int(ends.max(initial=0)) + 1)
    at_risk = np.array(
        [np.count_nonzero((begins < day) & (ends >= day)) for day in every_day], dtype=np.int64
    )
    events = np.bincount(ends[has_event], minlength=len(every_day) + 1)[1:]
    few = np.flatnonzero(at_risk < LEAST_AT_RISK)
    last = int(few[0]) if few.size else len(every_day)
    share = np.cumprod(1 - events[:last] / at_risk[:last])
    return Survival(every_day[:last], share, last)


@dataclass(frozen=True)
class Figures:
    """Of one policy in one world. None where the weeks were too few to know."""

    weeks_to_acceptance: float | None  # median
    weeks_to_place: float | None  # median, confirmed
    placed_share: dict[str, float | None]  # weeks → share with a confirmed place
    accepted_share: dict[str, float | None]
    contacts: int
    requests: int
    acceptance_rate: float  # of answered requests
    first_acceptances: int
    places: int  # confirmed
    gave_up: int
    waiting_at_end: int
    starved: int  # waited longer than STARVED_AFTER_DAYS in the run, could have been asked, never was
    never_asked: int  # of all who waited at the end or gave up
    conflicts: int
    requests_per_therapist: dict[str, float]  # p50, p90, most, and the share of therapists never asked
    accepted_curve: list[float | None]  # share with an acceptance after 0, 1, 2 … weeks
    placed_curve: list[float | None]
    waiting_by_week: list[int]  # at the start, and after each week

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def figures(run: Run) -> Figures:
    agency = run.agency
    end = run.settings.weeks * 7
    accepted, placed = _survival(run, agency.first_yes, end), _survival(run, agency.placed, end)
    requests = int(agency.requests_of_therapist.sum())
    is_waiting = agency.state == State.WAITING
    is_unlucky = is_waiting | (agency.state == State.GAVE_UP)
    return Figures(
        weeks_to_acceptance=_weeks(accepted.median_days()),
        weeks_to_place=_weeks(placed.median_days()),
        placed_share={str(week): _share(placed, week) for week in SHARE_WEEKS},
        accepted_share={str(week): _share(accepted, week) for week in SHARE_WEEKS},
        contacts=agency.contacts,
        requests=requests,
        acceptance_rate=agency.yeses / max(agency.answers, 1),
        first_acceptances=int(np.count_nonzero(agency.first_yes != NEVER)),
        places=int(np.count_nonzero(agency.placed != NEVER)),
        gave_up=int(np.count_nonzero(agency.gave_up != NEVER)),
        waiting_at_end=int(np.count_nonzero(is_waiting)),
        starved=int(np.count_nonzero(_is_starved(run, end))),
        never_asked=int(np.count_nonzero(is_unlucky & (agency.requests_of_search == 0))),
        conflicts=agency.conflicts,
        requests_per_therapist=_spread(agency),
        accepted_curve=[_share(accepted, week) for week in range(CURVE_WEEKS + 1)],
        placed_curve=[_share(placed, week) for week in range(CURVE_WEEKS + 1)],
        waiting_by_week=[_waiting_before(run), *run.waiting_by_week],
    )


def _survival(run: Run, event_on: np.ndarray, end: int) -> Survival:
    """Days since the search began. Giving up and the end of the run censor."""
    agency, world = run.agency, run.world
    has_entered = world.enters < end
    began = world.searches.started_on.astype(np.int64) - agency.first
    has_event = event_on != NEVER
    left = np.where(agency.gave_up != NEVER, agency.gave_up, end)
    ends = np.where(has_event, event_on, left) - began
    entry = world.enters - began - 1  # an event on the day of entering still counts
    return survival(entry[has_entered], ends[has_entered], has_event[has_entered])


def _waiting_before(run: Run) -> int:
    began = run.world.searches.started_on.astype(np.int64) - run.agency.first
    return int(np.count_nonzero((run.world.enters == 0) & (began < 0)))


def _is_starved(run: Run, end: int) -> np.ndarray:
    agency = run.agency
    left = np.where(agency.gave_up != NEVER, agency.gave_up, end)
    has_waited_long = left - run.world.enters > STARVED_AFTER_DAYS
    return has_waited_long & agency.had_option & (agency.requests_of_search == 0)


def _spread(agency: Agency) -> dict[str, float]:
    received = agency.requests_of_therapist
    asked = received[received > 0]
    p50, p90, most = np.percentile(asked, [50, 90, 100]) if asked.size else (0.0, 0.0, 0.0)
    never = float(np.mean(received == 0)) if received.size else 0.0
    return {"p50": float(p50), "p90": float(p90), "most": float(most), "never_asked_share": never}


def _share(estimate: Survival, week: int) -> float | None:
    still = estimate.at(week * 7)
    return None if still is None else 1.0 - still


def _weeks(days: float | None) -> float | None:
    return None if days is None else days / 7

"""What a run starts from: therapists, everybody who will ever search, and the hidden truth about them."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from apps.matching.engine.columns import SearchColumns, TherapistColumns, pack_searches, pack_therapists
from apps.matching.engine.ragged import Ragged
from apps.matching.simulation import synthetic
from apps.matching.simulation.settings import Life, Settings

INVENTED_DAY = date(2026, 1, 5)  # a Monday; invented worlds begin here
HISTORY_MEAN = 5.0  # requests a therapist has answered or let expire before an invented world begins
MEAN_WAIT_WEEKS = 8.0  # of those who wait when an invented world begins
_REGIONS = 101  # two digits, and the last for an unknown region
_PEOPLE, _TRUTH, _ARRIVALS = 1, 2, 3  # streams of random numbers, so that one does not shift the other


@dataclass(frozen=True)
class Truth:
    """What nobody has in the records; per therapist unless said otherwise."""

    leaning: np.ndarray  # float64, log odds added to every answer
    answering: np.ndarray  # float64, chance to answer by oneself
    opening: np.ndarray  # float64, hazard of a free place
    places: np.ndarray  # int64, free places at the start
    patience_days: np.ndarray  # float64, per search: gives up after so many days of waiting

    def chance(self, life: Life, with_place: bool) -> np.ndarray:
        """Return the chance of a yes to one request."""
        middling = life.yes_with_place if with_place else life.yes_without_place
        return 1 / (1 + np.exp(-(np.log(middling / (1 - middling)) + self.leaning)))


@dataclass(frozen=True)
class World:
    therapists: TherapistColumns
    searches: SearchColumns  # also those who arrive later
    search_region: np.ndarray  # int64, two digits of the patient's PLZ, -1 = unknown
    enters: np.ndarray  # int64, day of the run from which the search is there
    truth: Truth
    first_day: date


def invent(settings: Settings, seed: int) -> World:
    """Build the invented world of a seed: the same for every policy."""
    rng = np.random.default_rng([seed, _PEOPLE])
    therapists = pack_therapists(synthetic.therapists(rng, settings.therapists))
    enters = arrival_days(settings, seed)
    waited = rng.exponential(MEAN_WAIT_WEEKS * 7, settings.waiting_at_start).astype(np.int64)
    days = np.concatenate([-np.sort(waited)[::-1], enters])
    records, region = synthetic.searches(rng, days, INVENTED_DAY)
    truth = draw_truth(therapists, len(days), settings.life, seed)
    therapists = _with_history(therapists, truth, settings.life, rng)
    return World(therapists, pack_searches(records), region, np.maximum(days, 0), truth, INVENTED_DAY)


def continue_agency(
    therapists: TherapistColumns,
    waiting: SearchColumns,
    waiting_region: np.ndarray,
    first_day: date,
    settings: Settings,
    seed: int,
) -> World:
    """Start from the agency's own records; who arrives later resembles somebody who waits now.

    Nobody is being asked at the start: requests on their way count as if they had never been sent.
    """
    rng = np.random.default_rng([seed, _PEOPLE])
    enters = arrival_days(settings, seed)
    rows = np.concatenate([np.arange(len(waiting)), rng.integers(len(waiting), size=len(enters))])
    count = np.arange(1, len(rows) + 1)
    started = np.concatenate([waiting.started_on, first_day.toordinal() + enters]).astype(np.int32)
    searches = replace(
        waiting.take(rows),
        id=count,
        patient_id=count,
        started_on=started,
        open_requests=np.zeros(len(rows), dtype=np.int32),
        turned_down=_followed_by_nobody(waiting.turned_down, len(enters)),
    )
    quiet = replace(therapists, has_open_inquiry=np.zeros(len(therapists), dtype=bool))
    truth = draw_truth(quiet, len(rows), settings.life, seed)
    everybody = np.concatenate([np.zeros(len(waiting), dtype=np.int64), enters])
    return World(quiet, searches, waiting_region[rows], everybody, truth, first_day)


def _followed_by_nobody(turned_down: Ragged, count: int) -> Ragged:
    """Append searches that have not turned anybody down."""
    offset = np.append(turned_down.offset, np.full(count, turned_down.offset[-1]))
    return Ragged(offset, turned_down.values)


def arrival_days(settings: Settings, seed: int) -> np.ndarray:
    """Return the days of all arrivals, ascending: Poisson per week, on Mondays before the round."""
    rng = np.random.default_rng([seed, _ARRIVALS])
    return np.repeat(np.arange(settings.weeks) * 7, rng.poisson(settings.arrivals_per_week, settings.weeks))


def draw_truth(therapists: TherapistColumns, search_count: int, life: Life, seed: int) -> Truth:
    rng = np.random.default_rng([seed, _TRUTH])
    count = len(therapists)
    region = rng.normal(0.0, life.region_spread, _REGIONS)[therapists.region]
    leaning = rng.normal(0.0, life.therapist_spread, count) + region
    leaning = leaning + life.knows_agency_log_odds * therapists.knows_agency
    factor = np.where(therapists.possibly_has_places, life.possible_places_factor, 1.0)
    opening = np.minimum(life.opening_hazard * factor, 1.0)
    is_free = rng.random(count) < opening / (opening + life.closing_hazard)
    is_known_free = therapists.has_free_individual | therapists.has_free_group
    return Truth(
        leaning=leaning,
        answering=rng.beta(*life.answering_share, count),
        opening=opening,
        places=(is_free | is_known_free).astype(np.int64),
        patience_days=rng.exponential(7 / max(life.giving_up_hazard, 1e-9), search_count),
    )


def _with_history(
    therapists: TherapistColumns, truth: Truth, life: Life, rng: np.random.Generator
) -> TherapistColumns:
    """Give invented therapists the answers and the noted free places of the months before."""
    asked = rng.poisson(HISTORY_MEAN, len(therapists))
    share_free = truth.opening / (truth.opening + life.closing_hazard)
    rate = share_free * truth.chance(life, True) + (1 - share_free) * truth.chance(life, False)
    known = (truth.places > 0) & (rng.random(len(therapists)) < life.reported_share)
    return replace(
        therapists,
        asked_count=asked.astype(np.int32),
        accepted_count=rng.binomial(asked, rate).astype(np.int32),
        has_free_individual=known,
    )

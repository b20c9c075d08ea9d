"""The chance that a therapist says yes to one request.

Rates are smoothed, with k = smoothing_strength, so that a short history is not taken at its word:

    overall rate      = (all accepted + k x prior) / (all asked + k)
    regional rate     = (accepted in region + k x overall rate) / (asked in region + k)
    therapist's rate  = (accepted + k x regional rate) / (asked + k)

An unknown region uses the overall rate. Then the odds p / (1 - p) are multiplied: by 3 if a free place is
known in a setting the patient takes, else by 1.5 if places are possible; and by 1.5 if the therapist knows
the agency.
"""

from functools import lru_cache

import numpy as np

from apps.matching.engine.columns import UNKNOWN_REGION, TherapistColumns
from apps.matching.engine.records import Parameters

FREE_PLACE_ODDS = 3.0
POSSIBLE_PLACE_ODDS = 1.5
KNOWS_AGENCY_ODDS = 1.5
_LOWEST, _HIGHEST = 0.001, 0.99


@lru_cache(maxsize=2)
def expected_acceptance(therapists: TherapistColumns, parameters: Parameters) -> np.ndarray:
    """Return float64 (3, therapists), one row for each of GROUP_WISHES; every value lies between 0 and 1."""
    rate = np.clip(_smoothed_rate(therapists, parameters), _LOWEST, _HIGHEST)
    odds = rate / (1.0 - rate) * np.where(therapists.knows_agency, KNOWS_AGENCY_ODDS, 1.0)
    individual, group = therapists.has_free_individual, therapists.has_free_group
    has_place = np.stack([individual, individual | group, group])
    possible = np.where(therapists.possibly_has_places, POSSIBLE_PLACE_ODDS, 1.0)
    odds = odds * np.where(has_place, FREE_PLACE_ODDS, possible)
    return odds / (1.0 + odds)


def _smoothed_rate(therapists: TherapistColumns, parameters: Parameters) -> np.ndarray:
    strength, region = parameters.smoothing_strength, therapists.region - UNKNOWN_REGION
    asked, accepted = therapists.asked_count, therapists.accepted_count
    overall = (accepted.sum() + strength * parameters.prior_acceptance) / (asked.sum() + strength)
    asked_there = np.bincount(region, weights=asked)
    accepted_there = np.bincount(region, weights=accepted)
    regional = (accepted_there + strength * overall) / (asked_there + strength)
    expected = np.where(therapists.region == UNKNOWN_REGION, overall, regional[region])
    return (accepted + strength * expected) / (asked + strength)

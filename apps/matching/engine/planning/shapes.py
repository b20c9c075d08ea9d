"""What goes into the planner and what comes out."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class PlanReason(StrEnum):
    """In the order in which they are told."""

    FIRST_REQUEST = "first_request"  # the best line of a search that has no open request
    MOST_PROMISING = "most_promising"  # any other line: the gain decided
    ONLY_OPTION = "only_option"  # no other therapist fits the search
    BEST_CANDIDATE = "best_candidate"  # first in the ranking of the search
    LONGEST_WAITING = "longest_waiting"  # nobody who fits the therapist waits longer
    LEAVES_SCARCE_PLACE = "leaves_scarce_place"  # a better therapist is full with others


class UnplannedReason(StrEnum):
    NO_CANDIDATE = "no_candidate"
    ENOUGH_OPEN_REQUESTS = "enough_open_requests"
    NO_PLACE_LEFT = "no_place_left"


@dataclass(frozen=True)
class Edges:
    """Possible requests: fitting pairs, each once, in any order."""

    search_index: np.ndarray  # int (edges,)
    therapist_index: np.ndarray  # int (edges,)
    acceptance: np.ndarray  # float (edges,), expected acceptance, between 0 and 1
    score: np.ndarray  # float (edges,), decides between equal chances


@dataclass(frozen=True)
class PlannedLine:
    search_index: int
    therapist_index: int
    acceptance: float
    score: float
    gain: float  # waiting weight x what this line adds to the chance of the search, best line first
    rank: int  # place among the edges of the search by score, 1 is best
    option_count: int  # edges of the search
    waiting_days: int
    reasons: tuple[PlanReason, ...]
    chance_before: float  # that somebody accepts the search, by open requests and better lines
    chance_after: float  # and by this line


@dataclass(frozen=True)
class Plan:
    lines: tuple[PlannedLine, ...]  # by therapist, then search
    unplanned: dict[int, UnplannedReason]  # searches without a line
    expected_searches: float  # with at least one acceptance among the planned requests, unweighted
    is_improved_to_the_end: bool = True  # False: the work was cut short, what stands is feasible all the same

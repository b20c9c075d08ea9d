"""The state of an agency while weeks go by: who waits, who is being asked, who has a place to give."""

from collections import defaultdict
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np

from apps.matching.engine.columns import SearchColumns, TherapistColumns
from apps.matching.engine.ragged import Ragged
from apps.matching.engine.reasons import Reason
from apps.matching.simulation.settings import Rules
from apps.matching.simulation.world import World

NEVER = -1


class State(IntEnum):
    NOT_YET = 0
    WAITING = 1
    TRIAL = 2
    PLACED = 3
    GAVE_UP = 4


@dataclass
class Inquiry:
    """One contact on its way. `open` holds the searches still asked for."""

    therapist: int
    open: list[int]
    sent_on: int  # day of the run
    is_settled: bool = False
    withdrawn: dict[int, int] = field(default_factory=dict)  # search → day


class Agency:
    """Days are days of the run; columns get ordinals. Every method is one act with all that it entails."""

    def __init__(self, world: World, rules: Rules) -> None:
        self.world, self.rules = world, rules
        self.first = world.first_day.toordinal()
        therapists, searches = len(world.therapists), len(world.searches)
        columns = world.therapists
        self.paused_until = columns.paused_until.copy()
        self.last_contact_on = columns.last_contact_on.copy()
        self.asked = columns.asked_count.copy()
        self.accepted = columns.accepted_count.copy()
        self.is_known_free = columns.has_free_individual.copy()
        self.is_asked = np.zeros(therapists, dtype=bool)
        self.places = world.truth.places.copy()
        self.requests_of_therapist = np.zeros(therapists, dtype=np.int64)
        self.state = np.zeros(searches, dtype=np.int8)
        self.open_requests = np.zeros(searches, dtype=np.int32)
        self.requests_of_search = np.zeros(searches, dtype=np.int64)
        self.first_yes = np.full(searches, NEVER)
        self.placed = np.full(searches, NEVER)
        self.gave_up = np.full(searches, NEVER)
        self.had_option = np.zeros(searches, dtype=bool)
        self.conflicts = 0
        self.contacts = 0
        self.answers = 0
        self.yeses = 0
        self.locks: list[dict[int, int]] = [{} for _search in range(searches)]  # therapist id → last day
        self.excluded: list[set[int]] = [set() for _search in range(searches)]  # therapist ids
        self._take_over(world.searches)
        self.asked_by: dict[int, list[Inquiry]] = defaultdict(list)  # search → open inquiries

    # looking

    def waiting(self, day: int) -> np.ndarray:
        """Return the searches without a place, longest waiting first."""
        found = np.flatnonzero(self.state == State.WAITING)
        return found[np.lexsort((found, self.world.searches.started_on[found]))]

    def searches(self, rows: np.ndarray, day: int) -> SearchColumns:
        turned_down = [self._turned_down(row, day) for row in rows.tolist()]
        return replace(
            self.world.searches.take(rows),
            open_requests=self.open_requests[rows],
            turned_down=Ragged.pack(turned_down, width=2, dtype=np.int64),
        )

    def therapists(self) -> TherapistColumns:
        return replace(
            self.world.therapists,
            paused_until=self.paused_until.copy(),
            last_contact_on=self.last_contact_on.copy(),
            has_open_inquiry=self.is_asked.copy(),
            asked_count=self.asked.copy(),
            accepted_count=self.accepted.copy(),
            has_free_individual=self.is_known_free.copy(),
        )

    def _turned_down(self, search: int, day: int) -> list[tuple[int, int]]:
        """Return whom rule 3 keeps from this search, with the bits of the reasons."""
        locked = {therapist for therapist, until in self.locks[search].items() if until >= day}
        excluded = self.excluded[search]
        bits = Reason.EXCLUDED_BY_PATIENT.bit, Reason.LOCKED_AFTER_REJECTION.bit
        return [
            (therapist, bits[0] * (therapist in excluded) | bits[1] * (therapist in locked))
            for therapist in sorted(locked | excluded)
        ]

    def _take_over(self, searches: SearchColumns) -> None:
        """Exclusions of the records stay; their locks, whose end the columns do not tell, last one period."""
        pairs = zip(searches.turned_down.row.tolist(), searches.turned_down.values.tolist(), strict=True)
        for search, (therapist, bits) in pairs:
            if bits & Reason.EXCLUDED_BY_PATIENT.bit:
                self.excluded[search].add(therapist)
            if bits & Reason.LOCKED_AFTER_REJECTION.bit:
                self.locks[search][therapist] = self.rules.pair_lock_days

    # acting

    def send(self, therapist: int, searches: list[int], day: int) -> Inquiry:
        inquiry = Inquiry(therapist, list(searches), day)
        self.contacts += 1
        self.is_asked[therapist] = True
        self.last_contact_on[therapist] = self.first + day
        self.requests_of_therapist[therapist] += len(searches)
        for search in searches:
            self.open_requests[search] += 1
            self.requests_of_search[search] += 1
            self.asked_by[search].append(inquiry)
        return inquiry

    def settle(self, inquiry: Inquiry) -> None:
        """The inquiry is over: answered, expired, or empty."""
        inquiry.is_settled = True
        self.is_asked[inquiry.therapist] = False

    def pause(self, therapist: int, day: int) -> None:
        self.paused_until[therapist] = self.first + day + self.rules.contact_pause_days

    def close_request(self, inquiry: Inquiry, search: int) -> None:
        """The request has its answer or has expired; it counts in the therapist's history."""
        self.open_requests[search] -= 1
        self.asked_by[search].remove(inquiry)
        self.asked[inquiry.therapist] += 1

    def withdraw_all(self, search: int, day: int) -> None:
        """Take the other requests of a search back; an inquiry that is empty now is over."""
        for inquiry in self.asked_by.pop(search, []):
            inquiry.open.remove(search)
            inquiry.withdrawn[search] = day
            self.open_requests[search] -= 1
            if not inquiry.open and not inquiry.is_settled:
                self.settle(inquiry)

    def win(self, search: int, therapist: int, day: int) -> None:
        """The first yes: the search has a place on trial, everybody else is told."""
        self.state[search] = State.TRIAL
        self.places[therapist] = max(self.places[therapist] - 1, 0)
        self.accepted[therapist] += 1
        self.yeses += 1
        self._forget_place(therapist)
        if self.first_yes[search] == NEVER:
            self.first_yes[search] = day
        self.withdraw_all(search, day)

    def decline(self, search: int, therapist: int, until: int) -> None:
        self.locks[search][self._id(therapist)] = until
        self._forget_place(therapist)

    def exclude(self, search: int, therapist: int) -> None:
        self.excluded[search].add(self._id(therapist))

    def end_trial(self, search: int, therapist: int, day: int, is_confirmed: bool) -> None:
        if is_confirmed:
            self.state[search], self.placed[search] = State.PLACED, day
            return
        self.state[search] = State.WAITING
        self.places[therapist] += 1
        self.exclude(search, therapist)

    def give_up(self, search: int, day: int) -> None:
        self.state[search], self.gave_up[search] = State.GAVE_UP, day
        self.withdraw_all(search, day)

    def _forget_place(self, therapist: int) -> None:
        """Who has just answered is known: without a place the note is taken out."""
        if not self.places[therapist]:
            self.is_known_free[therapist] = False

    def _id(self, therapist: int) -> int:
        return int(self.world.therapists.id[therapist])

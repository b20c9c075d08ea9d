"""One policy lives through the weeks of one world."""

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from apps.matching.engine.matching import match
from apps.matching.simulation.agency import Agency, Inquiry, State
from apps.matching.simulation.policies import Week, choose
from apps.matching.simulation.settings import Settings
from apps.matching.simulation.world import World

MOST_CANDIDATES = 2000  # per search; enough for every policy, bounded for the memory's sake
_LIVES, _CAPACITY = 7, 8  # streams of random numbers


class Event(NamedTuple):
    """Something due on a day. `subject` is a search where there is no inquiry."""

    kind: str  # answer, follow_up, expire, waitlist, trial
    therapist: int
    inquiry: Inquiry | None = None
    search: int = -1


class Run:
    """Weeks of seven days; contacts go out on Mondays, answers come in between in the order of days.

    The same seed brings the same arrivals, patience, leanings and free places for every policy; answers are
    drawn as inquiries are sent.
    """

    def __init__(self, world: World, settings: Settings, policy: str, seed: int) -> None:
        self.world, self.settings, self.policy, self.seed = world, settings, policy, seed
        self.life, self.rules = settings.life, settings.rules
        self.agency = Agency(world, settings.rules)
        self.rng = np.random.default_rng([seed, _LIVES])
        self.chance = {flag: world.truth.chance(settings.life, flag) for flag in (True, False)}
        self.due: dict[int, list[Event]] = defaultdict(list)
        self.waiting_by_week: list[int] = []

    def live(self, on_week: Callable[[], None] = lambda: None) -> Agency:
        """Go through all weeks; `on_week` is called after each and may raise to stop."""
        for week in range(self.settings.weeks):
            self._arrive_and_leave(week * 7)
            self._open_and_close(week)
            self._ask(week * 7)
            for day in range(week * 7, week * 7 + 7):
                for event in self.due.pop(day, ()):
                    self._happen(event, day)
            self.waiting_by_week.append(int(np.count_nonzero(self.agency.state == State.WAITING)))
            on_week()
        return self.agency

    def _arrive_and_leave(self, day: int) -> None:
        agency, world = self.agency, self.world
        agency.state[(agency.state == State.NOT_YET) & (world.enters <= day)] = State.WAITING
        is_tired = day - world.enters > world.truth.patience_days
        for search in np.flatnonzero(is_tired & (agency.state == State.WAITING)).tolist():
            agency.give_up(search, day)

    def _open_and_close(self, week: int) -> None:
        """Places open and go to others; the draws are the same for every policy."""
        agency, life = self.agency, self.life
        rng = np.random.default_rng([self.seed, _CAPACITY, week])
        change, second, report, forget = rng.random((4, len(agency.places)))
        opens = (agency.places == 0) & (change < self.world.truth.opening)
        closes = (agency.places > 0) & (change < life.closing_hazard)
        agency.places += opens * (1 + (second < life.second_place_share))
        agency.places -= closes
        agency.is_known_free |= opens & (report < life.reported_share)
        agency.is_known_free &= (agency.places > 0) | (forget >= life.forgetting_hazard)

    def _ask(self, day: int) -> None:
        """Plan the round and send it."""
        agency = self.agency
        rows = agency.waiting(day)
        if not len(rows):
            return
        searches, therapists = agency.searches(rows, day), agency.therapists()
        today, engine = self.world.first_day.fromordinal(agency.first + day), self.rules.engine
        matches = match(
            searches, therapists, engine, today, top=min(max(len(therapists), 1), MOST_CANDIDATES)
        )
        agency.had_option[rows[matches.candidate_count > 0]] = True
        week = Week(
            matches=matches,
            therapists=therapists,
            waiting_days=agency.first + day - searches.started_on,
            open_requests=searches.open_requests,
            was_asked=agency.requests_of_search[rows] > 0,
            search_region=self.world.search_region[rows],
            parameters=engine,
            contacts=self.settings.contacts_per_week,
        )
        for therapist, asked in sorted(choose(self.policy, week).items()):
            self._send(therapist, rows[sorted(asked)].tolist(), day)

    def _send(self, therapist: int, searches: list[int], day: int) -> None:
        inquiry = self.agency.send(therapist, searches, day)
        delay = self._answer_delay(therapist)
        if delay is not None:
            self.due[day + delay].append(Event("answer", therapist, inquiry))
        self.due[day + self.rules.follow_up_days].append(Event("follow_up", therapist, inquiry))

    def _answer_delay(self, therapist: int) -> int | None:
        """Return the days until the therapist answers by herself, None if never."""
        life = self.life
        days = 1 + int(self.rng.lognormal(np.log(life.answer_days_median), life.answer_days_spread))
        return days if self.rng.random() < self.world.truth.answering[therapist] else None

    def _happen(self, event: Event, day: int) -> None:
        if event.inquiry is not None and event.inquiry.is_settled:
            self._note_crossing(event, day)
        else:
            getattr(self, f"_{event.kind}")(event, day)

    def _answer(self, event: Event, day: int) -> None:
        """Every open request gets its answer, in an order of chance; then the contact pause begins."""
        inquiry = event.inquiry
        assert inquiry is not None
        self._note_crossing(event, day)
        for search in self.rng.permutation(inquiry.open).tolist():
            inquiry.open.remove(search)
            self.agency.close_request(inquiry, search)
            self.agency.answers += 1
            if self._says_yes(event.therapist):
                self._win(search, event.therapist, day)
            else:
                self._decline(search, event.therapist, day)
        self.agency.settle(inquiry)
        self.agency.pause(event.therapist, day)

    def _follow_up(self, event: Event, day: int) -> None:
        self.agency.last_contact_on[event.therapist] = self.agency.first + day
        if self.rng.random() < self.life.follow_up_answer_share:
            self._answer(event, day)
        else:
            self.due[day + self.rules.expire_days].append(event._replace(kind="expire"))

    def _expire(self, event: Event, day: int) -> None:
        inquiry = event.inquiry
        assert inquiry is not None
        for search in inquiry.open:
            self.agency.close_request(inquiry, search)
        inquiry.open = []
        self.agency.settle(inquiry)

    def _waitlist(self, event: Event, day: int) -> None:
        """The end of a waiting list: now and then a place is offered."""
        is_offered = self.rng.random() < self.life.waitlist_place_share
        if is_offered and self.agency.state[event.search] == State.WAITING:
            self._win(event.search, event.therapist, day)

    def _trial(self, event: Event, day: int) -> None:
        is_confirmed = self.rng.random() < self.life.confirmed_share
        self.agency.end_trial(event.search, event.therapist, day, bool(is_confirmed))

    def _says_yes(self, therapist: int) -> bool:
        has_place = bool(self.agency.places[therapist])
        return bool(self.rng.random() < self.chance[has_place][therapist])

    def _win(self, search: int, therapist: int, day: int) -> None:
        self.agency.win(search, therapist, day)
        first, last = self.life.trial_weeks
        ends = day + 7 * int(self.rng.integers(first, last + 1))
        self.due[ends].append(Event("trial", therapist, None, search))

    def _decline(self, search: int, therapist: int, day: int) -> None:
        life, draw = self.life, self.rng.random()
        if draw < life.waitlist_share:
            until = day + 7 * life.waitlist_weeks
            self.due[until].append(Event("waitlist", therapist, None, search))
        else:
            until = day + self.rules.pair_lock_days
        self.agency.decline(search, therapist, until)
        if life.waitlist_share <= draw < life.waitlist_share + life.not_suitable_share:
            self.agency.exclude(search, therapist)

    def _note_crossing(self, event: Event, day: int) -> None:
        """A yes that was on its way while the request was withdrawn is a conflict for a coordinator."""
        inquiry = event.inquiry
        if inquiry is None or event.kind != "answer":
            return
        for withdrawn_on in inquiry.withdrawn.values():
            is_crossing = day - withdrawn_on < self.life.crossing_days
            if is_crossing and self._says_yes(event.therapist):
                self.agency.conflicts += 1
        inquiry.withdrawn.clear()

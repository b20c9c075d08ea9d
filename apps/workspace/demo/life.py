"""Some weeks of an agency's life on the invented people: every step through the services, mails over SMTP.

The clock is a parameter of every service, so weeks pass in seconds; the database is none the wiser.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.services import sending
from apps.core.errors import DomainError
from apps.events import services as events
from apps.matching.enums import AnswerSource, Channel, RejectionReason, RequestStatus, SessionOutcome
from apps.matching.models import PlacementRequest, Round
from apps.matching.services import (
    answers,
    calling,
    follow_up,
    patient_news,
    release,
    rounds,
    searches,
    trial,
)
from apps.matching.services.answers import Answer
from apps.patients.models import Patient
from apps.workspace.demo.people import weighted

BERLIN = ZoneInfo("Europe/Berlin")
ANSWER_CHANCE_A_DAY = 0.16
YES_SHARE, WAITLIST_SHARE = 0.16, 0.1
NOTES = (
    "Warteliste voll, bitte im Frühjahr wieder fragen.",
    "Derzeit nur Vormittagstermine frei.",
    "Meldet sich selbst, sobald ein Platz frei wird.",
    "",
    "",
)


@dataclass
class Life:
    """The agency on one day after the other."""

    rng: random.Random
    coordinator: User
    waiting_list: list[Patient]

    def day(self, day: date) -> None:
        """A working day: searches begin, answers come, calls are made; on Mondays a round goes out."""
        at = datetime.combine(day, time(9), tzinfo=BERLIN)
        self.begin_searches(at, share=0.12)
        self.answer(at)
        self.call(at)
        self.go_on_trial(at)
        follow_up.follow_up_due(at=at)
        follow_up.expire_due(at=at)
        searches.resume_due(today=day, at=at)
        if day.weekday() == 0:
            patient_news.send_status_letters(at=at)
            self.ask(at + timedelta(hours=1))
        self.deliver(at + timedelta(hours=2))

    def begin_searches(self, at: datetime, *, share: float) -> None:
        """Some of those who wait begin; whoever lacks something stays open."""
        for _number in range(max(1, int(len(self.waiting_list) * share))):
            if self.waiting_list:
                self._begin(self.waiting_list.pop(0), at)

    def _begin(self, patient: Patient, at: datetime) -> None:
        try:
            searches.open_search(patient=patient, actor=self.coordinator, at=at, today=at.date())
        except DomainError:
            return  # prerequisites are missing: the page of the patient says which

    def ask(self, at: datetime) -> Round:
        """Plan a round and release it, as a coordinator would after reading it."""
        round_ = rounds.plan_round(actor=self.coordinator, at=at, today=at.date())
        release.release_round(round_=round_, actor=self.coordinator, at=at, today=at.date())
        return round_

    def deliver(self, at: datetime) -> int:
        sent = sending.send_queue(at=at)
        events.dispatch(at=at, limit=100_000)
        return sent

    def answer(self, at: datetime) -> None:
        """Every asked therapist answers on any day with a small chance; most say no, as in life."""
        asked = PlacementRequest.objects.filter(status=RequestStatus.SENT, sent_at__lt=at).order_by("id")
        for request in asked.select_related("therapist", "inquiry"):
            if self.rng.random() < ANSWER_CHANCE_A_DAY:
                self._record(request, at)

    def _record(self, request: PlacementRequest, at: datetime) -> None:
        request.refresh_from_db()
        if request.status != RequestStatus.SENT:
            return
        source = AnswerSource.EMAIL if request.inquiry.channel == Channel.EMAIL else AnswerSource.PHONE
        answers.record_answer(
            request=request,
            answer=self._answer(request, at),
            source=source,
            actor=self.coordinator,
            at=at,
            today=at.date(),
        )

    def _answer(self, request: PlacementRequest, at: datetime) -> Answer:
        has_place = request.therapist.free_individual_from is not None
        draw = self.rng.random() - (0.35 if has_place else 0)
        if draw < YES_SHARE:
            return Answer(outcome=RequestStatus.ACCEPTED)
        note = self.rng.choice(NOTES)
        if draw < YES_SHARE + WAITLIST_SHARE:
            until = at.date() + timedelta(days=30 * self.rng.randrange(2, 7))
            return Answer(outcome=RequestStatus.WAITLISTED, waitlist_until=until, note=note)
        reason = weighted(self.rng, RejectionReason.values, (0.75, 0.12, 0.13))
        return Answer(outcome=RequestStatus.REJECTED, reason=reason, note=note)

    def call(self, at: datetime) -> None:
        """Make the calls whose window has passed; about half reach somebody, who then may answer."""
        due = PhoneCall.objects.filter(status=CallStatus.PLANNED, ends_at__lte=at).order_by("starts_at", "id")
        for call in list(due):
            outcome = weighted(self.rng, CallOutcome.values, (0.55, 0.25, 0.12, 0.08))
            calling.complete_call(
                call=call,
                outcome=CallOutcome(outcome),
                note=self.rng.choice(NOTES),
                actor=self.coordinator,
                at=max(call.ends_at, at - timedelta(hours=1)),
            )

    def go_on_trial(self, at: datetime) -> None:
        """Trial sessions a week after the acceptance; most places are confirmed."""
        won = PlacementRequest.objects.filter(
            status=RequestStatus.ACCEPTED, answered_at__lt=at - timedelta(days=4)
        )
        for request in won.order_by("id"):
            self._try_out(request, at)

    def _try_out(self, request: PlacementRequest, at: datetime) -> None:
        try:
            trial.release_identity(request=request, actor=self.coordinator, at=at, today=at.date())
        except DomainError:
            return  # no consent yet: a coordinator has to ask the patient first
        for week in (1, 0):
            planned_at = at - timedelta(days=week * 2, hours=-3)
            session = trial.plan_session(request=request, planned_at=planned_at)
            trial.record_session(session=session, outcome=SessionOutcome.HELD)
        if self.rng.random() < 0.88:
            trial.confirm(request=request, actor=self.coordinator, at=at, today=at.date())
        else:
            trial.did_not_fit(request=request, reason="Chemie stimmte nicht", actor=self.coordinator, at=at)


def working_days(first: date, last: date) -> Iterator[date]:
    """Mondays to Fridays from `first` to `last`, both included."""
    day = first
    while day <= last:
        if day.weekday() < 5:
            yield day
        day += timedelta(days=1)

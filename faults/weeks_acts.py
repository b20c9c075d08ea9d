"""What people and the timetable do in the eight weeks, each act once, by a worker and at its time."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db.models import QuerySet

from apps.communication.enums import CallOutcome, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.selectors import calls as call_selectors
from apps.communication.services import call_claims, sending
from apps.core import parameters
from apps.events import services as events
from apps.matching.enums import (
    ANSWERABLE_REQUESTS,
    AnswerSource,
    InquiryStatus,
    RejectionReason,
    RequestStatus,
    RoundStatus,
    SearchStatus,
)
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch, Round
from apps.matching.selectors import candidates, waiting
from apps.matching.services import (
    answers,
    calling,
    follow_up,
    recheck,
    release,
    rounds,
    searches,
    trial,
)
from apps.therapists.enums import PauseReason
from apps.therapists.models import Therapist
from apps.therapists.services import contact, status
from faults.weeks_worker import Worker

Act = Callable[[Worker], object]

LATE_ANSWERS = 0.05
RELEASED_BY_EACH = 0.25  # of the draft
OUTCOMES = {
    CallOutcome.REACHED: 45,
    CallOutcome.NOT_REACHED: 30,
    CallOutcome.MESSAGE_LEFT: 15,
    CallOutcome.CALL_BACK: 10,
}


def plan_round(worker: Worker) -> None:
    rounds.plan_round(actor=worker.user, at=worker.at, today=worker.today)


def plan_or_fill(worker: Worker) -> None:
    """While every second plans, the others add to drafts: what a plan has read may be outdated."""
    if worker.number % 2 == 0:
        plan_round(worker)
        return
    for act in (fill_a_draft, ask_by_hand, fill_a_draft):
        worker.do(act)


def release_some(worker: Worker) -> None:
    """Everybody another part of the draft: most inquiries are released by several at once."""
    for round_ in Round.objects.filter(status=RoundStatus.DRAFT):
        drafts = round_.inquiries.filter(status=InquiryStatus.DRAFT).values_list("pk", flat=True)
        some = [pk for pk in drafts if worker.chance.random() < RELEASED_BY_EACH]
        result = release.release_round(
            round_=round_, actor=worker.user, at=worker.at, today=worker.today, inquiry_ids=some
        )
        worker.counts["refused"] += len(result.refused)


def release_one(worker: Worker) -> None:
    for inquiry in worker.pick(_drafts(), together=True):
        _release(worker, inquiry)


def ask_by_hand(worker: Worker) -> None:
    """One of the best for a search, or anybody; released at once every second time."""
    for search in worker.pick(PlacementSearch.objects.filter(status=SearchStatus.ACTIVE)):
        request = _add(worker, search, _somebody_for(worker, search))
        if worker.chance.random() < 0.5:
            _release(worker, request.inquiry)


def fill_a_draft(worker: Worker) -> None:
    """Both of a pair add patients to the same draft."""
    for inquiry in worker.pick(_drafts(), together=True):
        therapist, operating = inquiry.therapist, parameters.current(at=worker.at)
        place = waiting.FreePlace(worker.today)
        offer = waiting.offer_place(
            therapist=therapist, place=place, today=worker.today, parameters=operating
        )
        ids = offer.searches.id[offer.fitting].tolist()
        for pk in worker.chance.sample(ids, min(3, len(ids))):
            search = PlacementSearch.objects.get(pk=pk)
            worker.do(partial(_add, search=search, therapist=therapist))


def drop_a_line(worker: Worker) -> None:
    for request in worker.pick(_requests(RequestStatus.PLANNED), together=True):
        rounds.drop_request(request=request, actor=worker.user, at=worker.at)


def answer(worker: Worker, *, together: bool = False) -> None:
    is_late = worker.chance.random() < LATE_ANSWERS
    for request in worker.pick(
        _requests(*(ANSWERABLE_REQUESTS if is_late else [RequestStatus.SENT])), together=together
    ):
        answers.record_answer(
            request=request,
            answer=_any_answer(worker),
            source=worker.chance.choice(list(AnswerSource)),
            actor=worker.user,
            at=worker.at,
            today=worker.today,
        )
        worker.counts["answers"] += 1


def answer_together(worker: Worker) -> None:
    """Both of a pair record an answer to the same request."""
    answer(worker, together=True)


def end_trial(worker: Worker) -> None:
    for request in worker.pick(_requests(RequestStatus.ACCEPTED), together=True):
        if worker.chance.random() < 0.7:
            trial.did_not_fit(request=request, reason="did not fit", actor=worker.user, at=worker.at)
        else:
            trial.confirm(request=request, actor=worker.user, at=worker.at, today=worker.today)


def call(worker: Worker) -> None:
    """The next one of the list of calls."""
    taken = call_claims.take_next(user=worker.user, at=worker.at)
    if taken is not None:
        _complete(worker, taken)


def call_together(worker: Worker) -> None:
    """Both of a pair open the page of the same call; it is made where the page says it may be."""
    due = PhoneCall.objects.filter(status=CallStatus.PLANNED, starts_at__lte=worker.at)
    for planned in worker.pick(due, together=True):
        taken = call_claims.take(call=planned, user=worker.user, at=worker.at)
        if call_selectors.planned(at=worker.at).filter(pk=taken.pk, is_wanted=True).exists():
            _complete(worker, taken)


def pause_therapist(worker: Worker) -> None:
    for therapist in worker.pick(Therapist.objects.all()):
        contact.pause(
            therapist=therapist,
            starts_on=worker.today + timedelta(days=worker.chance.choice([0, 0, 0, 5])),
            until=worker.today + timedelta(days=worker.chance.randint(5, 21)),
            reason=worker.chance.choice([PauseReason.REQUESTED, PauseReason.HOLIDAY]),
            at=worker.at,
        )


def object_to_contact(worker: Worker) -> None:
    for therapist in worker.pick(Therapist.objects.filter(inquiries__isnull=False), together=True):
        status.object_to_contact(
            therapist=therapist, on=worker.today, actor=worker.user, at=worker.at, reason="wrote to us"
        )


def pause_search(worker: Worker) -> None:
    for search in worker.pick(PlacementSearch.objects.filter(status=SearchStatus.ACTIVE), together=True):
        searches.pause(
            search=search,
            paused_from=worker.today,
            until=worker.chance.choice([None, worker.today + timedelta(days=6)]),
            reason="travels",
            actor=worker.user,
            at=worker.at,
            today=worker.today,
        )


def resume_search(worker: Worker) -> None:
    for search in worker.pick(PlacementSearch.objects.filter(status=SearchStatus.PAUSED), together=True):
        searches.resume(search=search, actor=worker.user, at=worker.at)


def dispatch(worker: Worker) -> int:
    return events.dispatch(at=worker.at)


def send(worker: Worker) -> int:
    return sending.send_queue(at=worker.at)


def plan_follow_ups(worker: Worker) -> None:
    follow_up.follow_up_due(at=worker.at)


def expire(worker: Worker) -> None:
    follow_up.expire_due(at=worker.at)


def look_again(worker: Worker) -> None:
    recheck.recheck_all(at=worker.at, today=worker.today)


def resume_due(worker: Worker) -> None:
    searches.resume_due(today=worker.today, at=worker.at)


def work_off(worker: Worker) -> None:
    """What sweeps do in the hour after: until neither events nor e-mails are due."""
    while dispatch(worker) + send(worker):
        pass


def _drafts() -> QuerySet[Inquiry]:
    return Inquiry.objects.filter(status=InquiryStatus.DRAFT)


def _requests(*states: RequestStatus) -> QuerySet[PlacementRequest]:
    return PlacementRequest.objects.filter(status__in=states)


def _release(worker: Worker, inquiry: Inquiry) -> None:
    release.release_inquiry(inquiry=inquiry, actor=worker.user, at=worker.at, today=worker.today)


def _add(worker: Worker, search: PlacementSearch, therapist: Therapist) -> PlacementRequest:
    return rounds.add_request(
        search=search, therapist=therapist, actor=worker.user, at=worker.at, today=worker.today
    )


def _somebody_for(worker: Worker, search: PlacementSearch) -> Therapist:
    operating = parameters.current(at=worker.at)
    best = candidates.look_at(search=search, today=worker.today, parameters=operating).candidates
    if best and worker.chance.random() < 0.8:
        return worker.chance.choice(best).therapist
    [anybody] = worker.pick(Therapist.objects.all())
    return anybody


def _any_answer(worker: Worker) -> answers.Answer:
    fate = worker.chance.random()
    if fate < 0.08:
        return answers.Answer(RequestStatus.ACCEPTED)
    if fate < 0.2:
        until = worker.today + timedelta(days=worker.chance.randint(7, 90))
        return answers.Answer(RequestStatus.WAITLISTED, waitlist_until=until)
    return answers.Answer(RequestStatus.REJECTED, reason=worker.chance.choice(RejectionReason.values))


def _complete(worker: Worker, planned: PhoneCall) -> None:
    outcome = worker.chance.choices(list(OUTCOMES), weights=list(OUTCOMES.values()))[0]
    back = calling.CallBack(worker.at + timedelta(days=1)) if outcome == CallOutcome.CALL_BACK else None
    calling.complete_call(
        call=planned, outcome=outcome, note="", actor=worker.user, at=worker.at, call_back=back
    )

"""What follows from a call about an inquiry: asked, the next try, given up; and calls to say thanks.

Not reached: the next try is at another time of day or on another weekday. A message left: two working days
later. Asked to call back: at that moment. After four calls in a row without reaching anybody the inquiry
is given up. Where the letter of a withdrawal cannot be sent, a short call says thanks.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import ngettext

from apps.communication import phone_hours
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.communication.models import PhoneCall
from apps.communication.services import calls
from apps.core import parameters as operating
from apps.core.errors import Refused
from apps.core.transitions import lock, move, operation
from apps.matching.enums import InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.matching.services import inquiries, release

TRIES = 4
THANKS_TRIES = 2
MESSAGE_LEFT_WORKING_DAYS = 2
IN_VAIN = (CallOutcome.NOT_REACHED, CallOutcome.MESSAGE_LEFT)
WAITING = (RequestStatus.RELEASED, RequestStatus.SENT)


@dataclass(frozen=True)
class CallBack:
    """The moment the practice asked for; `is_holiday_agreed` where that is a Sunday or public holiday."""

    at: datetime
    is_holiday_agreed: bool = False


@transaction.atomic
def complete_call(
    *,
    call: PhoneCall,
    outcome: CallOutcome,
    note: str,
    actor: Any,
    at: datetime,
    call_back: CallBack | None = None,
) -> PhoneCall:
    """Record a call: reached counts as asked, anything else plans the next try.

    Raises StaleState where the call was made or cancelled meanwhile or is in somebody else's hand, Refused
    where nobody can be called back at that moment.
    """
    with operation():
        inquiry = _held_inquiry_of(call)
        done = calls.complete(call=call, outcome=outcome, note=note, actor=actor, at=at)
        if inquiry is None:
            return done
        if done.purpose == CallPurpose.THANKS:
            _after_thanks(inquiry, done, call_back, actor=actor, at=at)
        elif outcome == CallOutcome.REACHED:
            inquiries.mark_sent(inquiry=inquiry, actor=actor, at=at)
            inquiries.note_contact(inquiry=lock(inquiry), at=at)
        else:
            _after_no_talk(inquiry, done, call_back, actor=actor, at=at)
        return done


@transaction.atomic
def plan_thanks(*, request: PlacementRequest, at: datetime) -> PhoneCall | None:
    """A short call for a withdrawn request whose therapist was asked and can be told by phone only.

    One call tells of all withdrawn requests of an inquiry. None where nobody is to be told, where somebody
    has been, and where no call can be planned.
    """
    inquiry = inquiries.hold(inquiry=request.inquiry)
    fresh = inquiry.requests.get(pk=request.pk)
    if fresh.status != RequestStatus.WITHDRAWN or fresh.sent_at is None or _is_told(fresh):
        return None
    if contact := _planned_thanks(inquiry):
        contact.request_ids = [*contact.request_ids, fresh.pk]
        contact.save(update_fields=["request_ids"])
        return contact.call
    try:
        with transaction.atomic():
            return _plan_thanks(inquiry, [fresh.pk], not_before=at, attempt=1, actor=None, at=at)
    except Refused:
        return None


def cancel_paused(*, patient_id: int, at: datetime) -> int:
    """A search pauses: calls about nothing but paused searches are cancelled; returns how many inquiries.

    `follow_up.follow_up_due` plans them anew when one of the searches goes on.
    """
    running = PlacementRequest.objects.filter(status__in=WAITING, search__status=SearchStatus.ACTIVE)
    about = Inquiry.objects.filter(
        requests__search__patient=patient_id, contacts__call__status=CallStatus.PLANNED
    )
    idle = about.exclude(pk__in=running.values("inquiry")).distinct().order_by("id")
    for inquiry in idle:
        with transaction.atomic():
            held = inquiries.hold(inquiry=inquiry)
            if not running.filter(inquiry=held).exists():
                inquiries.cancel_calls(inquiry=held, actor=None, at=at, reason="search paused")
    return len(idle)


def _held_inquiry_of(call: PhoneCall) -> Inquiry | None:
    contact = InquiryContact.objects.filter(call=call).select_related("inquiry").first()
    return inquiries.hold(inquiry=contact.inquiry) if contact else None


def _after_no_talk(
    inquiry: Inquiry, done: PhoneCall, call_back: CallBack | None, *, actor: Any, at: datetime
) -> None:
    planned = inquiry.contacts.filter(call__status=CallStatus.PLANNED)
    if inquiry.status not in (InquiryStatus.RELEASED, InquiryStatus.SENT) or planned.exists():
        return
    if done.outcome == CallOutcome.CALL_BACK and call_back is not None:
        _call_back(inquiry, done, call_back, actor=actor, at=at)
        return
    in_vain = _calls_in_vain(inquiry)
    if len(in_vain) >= TRIES:
        _give_up(inquiry, tries=len(in_vain), actor=actor, at=at)
        return
    try:
        with transaction.atomic():
            _try_again(inquiry, done, in_vain, actor=actor, at=at)
    except Refused:
        return  # no number, an objection, no free moment: the inquiry runs out by itself


def _try_again(
    inquiry: Inquiry, done: PhoneCall, in_vain: list[PhoneCall], *, actor: Any, at: datetime
) -> None:
    is_missed = done.outcome == CallOutcome.NOT_REACHED
    release.plan_call(
        inquiry=inquiry,
        purpose=CallPurpose(done.purpose),
        parameters=operating.current(at=at),
        not_before=_next_day(done, at),
        actor=actor,
        at=at,
        attempt=done.attempt + 1,
        tried=[call.done_at for call in in_vain if call.done_at] if is_missed else (),
    )


def _next_day(done: PhoneCall, at: datetime) -> datetime:
    """Tomorrow, or some working days later where somebody may hear the message first."""
    today = timezone.localdate(at)
    if done.outcome != CallOutcome.MESSAGE_LEFT:
        return phone_hours.midnight(today + timedelta(days=1))
    state = done.practice.state if done.practice else ""
    return phone_hours.midnight(phone_hours.working_days_later(today, MESSAGE_LEFT_WORKING_DAYS, state))


def _call_back(
    inquiry: Inquiry, done: PhoneCall, call_back: CallBack, *, actor: Any, at: datetime
) -> PhoneCall:
    ids = release.waiting_ids(inquiry)
    if done.purpose == CallPurpose.THANKS:
        ids = done.inquiry_contact.request_ids  # type: ignore[attr-defined]
    parameters = operating.current(at=at)
    call = calls.plan_agreed(
        therapist=inquiry.therapist,
        purpose=CallPurpose(done.purpose),
        starts_at=call_back.at,
        minutes=release.call_minutes(parameters, len(ids)),
        actor=actor,
        at=at,
        coordinator=actor,
        attempt=done.attempt + 1,
        is_holiday_agreed=call_back.is_holiday_agreed,
    )
    InquiryContact.objects.create(inquiry=inquiry, call=call, request_ids=ids)
    return call


def _calls_in_vain(inquiry: Inquiry) -> list[PhoneCall]:
    """The latest calls in a row in which nobody spoke to us."""
    made = PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry, status=CallStatus.DONE)
    rows = made.exclude(purpose=CallPurpose.THANKS).defer("note").order_by("-done_at", "-id")
    in_vain = []
    for call in rows:
        if call.outcome not in IN_VAIN:
            break
        in_vain.append(call)
    return in_vain


def _give_up(inquiry: Inquiry, *, tries: int, actor: Any, at: datetime) -> None:
    text = ngettext("not reached in %(count)s call", "not reached in %(count)s calls", tries)
    reason = text % {"count": tries}
    if inquiry.status == InquiryStatus.RELEASED:
        inquiries.end_unsent(inquiry=inquiry, actor=actor, at=at, reason=reason)
        return
    waiting = inquiry.requests.filter(status=RequestStatus.SENT).select_for_update().order_by("id")
    for request in waiting:
        move(request, to=RequestStatus.EXPIRED, actor=actor, at=at, reason=reason, fields={"ended_at": at})
    inquiries.settle(inquiry=lock(inquiry), actor=actor, at=at, reason=reason)


def _after_thanks(
    inquiry: Inquiry, done: PhoneCall, call_back: CallBack | None, *, actor: Any, at: datetime
) -> None:
    """A kindness, not a duty: one more try, or the moment the practice asked for."""
    if done.outcome == CallOutcome.CALL_BACK and call_back is not None:
        _call_back(inquiry, done, call_back, actor=actor, at=at)
    elif done.outcome == CallOutcome.NOT_REACHED and done.attempt < THANKS_TRIES:
        ids = done.inquiry_contact.request_ids  # type: ignore[attr-defined]
        try:
            with transaction.atomic():
                later, attempt = _next_day(done, at), done.attempt + 1
                _plan_thanks(inquiry, ids, not_before=later, attempt=attempt, actor=actor, at=at)
        except Refused:
            return


def _plan_thanks(
    inquiry: Inquiry, ids: list[int], *, not_before: datetime, attempt: int, actor: Any, at: datetime
) -> PhoneCall:
    call = calls.plan(
        therapist=inquiry.therapist,
        purpose=CallPurpose.THANKS,
        not_before=not_before,
        minutes=operating.current(at=at).call_minutes,
        actor=actor,
        at=at,
        attempt=attempt,
    )
    InquiryContact.objects.create(inquiry=inquiry, call=call, request_ids=ids)
    return call


def _is_told(request: PlacementRequest) -> bool:
    """By letter or in a call, or such a call is planned."""
    told = request.inquiry.contacts.filter(request_ids__contains=[request.pk])
    by_letter = told.filter(email__kind=LetterKind.WITHDRAWAL).exclude(email__status=EmailStatus.CANCELLED)
    by_phone = told.filter(call__purpose=CallPurpose.THANKS).exclude(call__status=CallStatus.CANCELLED)
    return by_letter.exists() or by_phone.exists()


def _planned_thanks(inquiry: Inquiry) -> InquiryContact | None:
    planned = inquiry.contacts.filter(call__purpose=CallPurpose.THANKS, call__status=CallStatus.PLANNED)
    return planned.select_related("call").first()

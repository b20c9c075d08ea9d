"""No answer: first a call, then the end."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.services import calls
from apps.core import parameters as operating
from apps.core.errors import Refused
from apps.core.transitions import lock, move, operation
from apps.matching.enums import Channel, InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.matching.services import inquiries, release
from apps.therapists.models import ContactPause


def follow_up_due(*, at: datetime) -> int:
    """Plan a follow-up call for every inquiry unanswered for `follow_up_days`; returns how many.

    Nobody is reminded of patients whose searches pause, and nobody called in a contact pause.
    """
    parameters = operating.current(at=at)
    waiting = PlacementRequest.objects.filter(status=RequestStatus.SENT, search__status=SearchStatus.ACTIVE)
    due = Inquiry.objects.filter(
        pk__in=waiting.values("inquiry"),
        status=InquiryStatus.SENT,
        last_contact_at__lte=at - timedelta(days=parameters.follow_up_days),
    ).exclude(contacts__call__purpose=CallPurpose.FOLLOW_UP)
    due = due.exclude(contact_group__in=_paused_groups(timezone.localdate(at)))
    planned = 0
    for inquiry in due.order_by("id"):
        planned += _plan_follow_up(inquiry, parameters=parameters, at=at)
    return planned


def expire_due(*, at: datetime) -> int:
    """End inquiries `expire_days` after the last contact without an answer; returns how many.

    An inquiry by phone whose therapist was never reached in that time is given up as well.
    """
    parameters = operating.current(at=at)
    unreached = Inquiry.objects.filter(
        status=InquiryStatus.RELEASED,
        channel=Channel.PHONE,
        released_at__lte=at - timedelta(days=parameters.expire_days),
    )
    for inquiry in unreached.order_by("id"):
        inquiries.end_unsent(inquiry=inquiry, actor=None, at=at, reason="never reached")
    due = Inquiry.objects.filter(
        status=InquiryStatus.SENT, last_contact_at__lte=at - timedelta(days=parameters.expire_days)
    )
    ids = list(due.order_by("id").values_list("id", flat=True))
    for inquiry in Inquiry.objects.filter(pk__in=ids).order_by("id"):
        _expire(inquiry, at=at)
    return len(ids)


@transaction.atomic
def complete_call(*, call: PhoneCall, outcome: CallOutcome, note: str, actor: Any, at: datetime) -> PhoneCall:
    """Record a call about an inquiry: reached counts as asked, anything else plans the next try."""
    parameters = operating.current(at=at)
    with operation():
        inquiry = _held_inquiry_of(call)
        done = calls.complete(call=call, outcome=outcome, note=note, actor=actor, at=at)
        if inquiry is None:
            return done
        if outcome == CallOutcome.REACHED:
            inquiries.mark_sent(inquiry=inquiry, actor=actor, at=at)
            inquiries.note_contact(inquiry=lock(inquiry), at=at)
        else:
            tomorrow = at + timedelta(days=1)
            _plan_again(inquiry, done, parameters=parameters, not_before=tomorrow, actor=actor, at=at)
        return done


def _held_inquiry_of(call: PhoneCall) -> Inquiry | None:
    contact = InquiryContact.objects.filter(call=call).select_related("inquiry").first()
    return inquiries.hold(inquiry=contact.inquiry) if contact else None


def _plan_again(
    inquiry: Inquiry, call: PhoneCall, *, parameters: Any, not_before: datetime, actor: Any, at: datetime
) -> None:
    planned = PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry, status=CallStatus.PLANNED)
    if inquiry.status in (InquiryStatus.RELEASED, InquiryStatus.SENT) and not planned.exists():
        purpose = CallPurpose(call.purpose)
        _try_to_plan(inquiry, purpose, parameters, not_before=not_before, actor=actor, at=at)


def _plan_follow_up(inquiry: Inquiry, *, parameters: Any, at: datetime) -> bool:
    with transaction.atomic():
        if lock(inquiry).status != InquiryStatus.SENT:
            return False
        return _try_to_plan(inquiry, CallPurpose.FOLLOW_UP, parameters, not_before=at, actor=None, at=at)


def _try_to_plan(
    inquiry: Inquiry,
    purpose: CallPurpose,
    parameters: Any,
    *,
    not_before: datetime,
    actor: Any,
    at: datetime,
) -> bool:
    """False where no call can be planned (no number, an objection): the inquiry then runs out by itself."""
    try:
        with transaction.atomic():
            release.plan_call(
                inquiry=inquiry,
                purpose=purpose,
                parameters=parameters,
                not_before=not_before,
                actor=actor,
                at=at,
            )
    except Refused:
        return False
    return True


@transaction.atomic
def _expire(inquiry: Inquiry, *, at: datetime) -> None:
    with operation():
        waiting = inquiry.requests.filter(status=RequestStatus.SENT).select_for_update().order_by("id")
        for request in waiting:
            move(request, to=RequestStatus.EXPIRED, actor=None, at=at, fields={"ended_at": at})
        inquiries.settle(inquiry=lock(inquiry), actor=None, at=at)


def _paused_groups(today: date) -> QuerySet[ContactPause, int]:
    in_force = ContactPause.objects.filter(lifted_at__isnull=True, starts_on__lte=today, until__gte=today)
    return in_force.values_list("therapist__contact_group_id", flat=True)

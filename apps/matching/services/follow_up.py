"""No answer: first a call (or, where there is no number, a reminder), then the end.

Everything here may run at any time, twice, and at once in two processes: what is due is asked once more
under the lock of the inquiry.
"""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from apps.communication.enums import CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.communication.models import PhoneCall
from apps.core import parameters as operating
from apps.core.errors import Refused
from apps.core.transitions import lock, move, operation
from apps.matching.enums import Channel, InquiryStatus, RequestStatus, SearchStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.matching.services import inquiries, release, reminders
from apps.therapists.models import ContactPause
from apps.therapists.selectors import phone_of


def follow_up_due(*, at: datetime) -> int:
    """Plan a follow-up call for every inquiry unanswered for `follow_up_days`; returns how many.

    Without a phone number a reminder is written instead. Nobody is reminded of patients whose searches
    pause, and nobody in a contact pause. A call cancelled by such a pause comes back after it.
    """
    parameters = operating.current(at=at)
    planned = 0
    for inquiry in _due(parameters, at).order_by("id"):
        planned += _follow_up(inquiry, parameters=parameters, at=at)
    return planned


def expire_due(*, at: datetime) -> int:
    """End inquiries `expire_days` after the last contact without an answer; returns how many.

    An inquiry by phone whose therapist was never reached in that time is given up as well.
    """
    limit = days_before(at, operating.current(at=at).expire_days)
    unreached = Inquiry.objects.filter(
        status=InquiryStatus.RELEASED, channel=Channel.PHONE, released_at__lte=limit
    )
    for inquiry in unreached.order_by("id"):
        inquiries.end_unsent(inquiry=inquiry, actor=None, at=at, reason="never reached")
    due = Inquiry.objects.filter(status=InquiryStatus.SENT, last_contact_at__lte=limit)
    return sum(_expire(inquiry, limit=limit, at=at) for inquiry in due.order_by("id"))


def days_before(at: datetime, days: int) -> datetime:
    """The same hour on the clock so many days ago, also where the clocks were changed in between."""
    return timezone.localtime(at) - timedelta(days=days)


def _due(parameters: Any, at: datetime) -> QuerySet[Inquiry]:
    """Unanswered long enough, and neither called again nor reminded; only the latest call counts."""
    waiting = PlacementRequest.objects.filter(status=RequestStatus.SENT, search__status=SearchStatus.ACTIVE)
    called = _follow_up_calls().filter(inquiry_contact__inquiry=OuterRef("pk"))
    reminders_out = InquiryContact.objects.filter(
        inquiry=OuterRef("pk"), email__kind=LetterKind.REMINDER
    ).exclude(email__status=EmailStatus.CANCELLED)
    due = Inquiry.objects.filter(
        ~Exists(reminders_out),
        pk__in=waiting.values("inquiry"),
        status=InquiryStatus.SENT,
        last_contact_at__lte=days_before(at, parameters.follow_up_days),
    ).annotate(latest_call=Subquery(called.values("status")[:1]))
    uncalled = due.filter(Q(latest_call__isnull=True) | Q(latest_call=CallStatus.CANCELLED))
    return uncalled.exclude(contact_group__in=_paused_groups(timezone.localdate(at)))


def _follow_up(inquiry: Inquiry, *, parameters: Any, at: datetime) -> bool:
    with transaction.atomic():
        lock(inquiry)
        if not _due(parameters, at).filter(pk=inquiry.pk).exists():
            return False
        if phone_of(inquiry.therapist):
            return _plan_call(inquiry, parameters=parameters, at=at)
        return reminders.remind(inquiry=inquiry, parameters=parameters, at=at)


def _plan_call(inquiry: Inquiry, *, parameters: Any, at: datetime) -> bool:
    """False where no call can be planned (an objection, no free moment): the inquiry runs out by itself.

    A call that a pause had cancelled keeps its number.
    """
    cancelled = _follow_up_calls().filter(inquiry_contact__inquiry=inquiry).first()
    try:
        with transaction.atomic():
            release.plan_call(
                inquiry=inquiry,
                purpose=CallPurpose.FOLLOW_UP,
                parameters=parameters,
                not_before=at,
                actor=None,
                at=at,
                attempt=cancelled.attempt if cancelled else 1,
            )
    except Refused:
        return False
    return True


def _follow_up_calls() -> QuerySet[PhoneCall]:
    return PhoneCall.objects.filter(purpose=CallPurpose.FOLLOW_UP).order_by("-id")


@transaction.atomic
def _expire(inquiry: Inquiry, *, limit: datetime, at: datetime) -> bool:
    """False where an answer or another contact has come since the inquiry was found to be due."""
    with operation():
        waiting = list(inquiry.requests.filter(status=RequestStatus.SENT).select_for_update().order_by("id"))
        fresh = lock(inquiry)
        if (
            fresh.status != InquiryStatus.SENT
            or fresh.last_contact_at is None
            or fresh.last_contact_at > limit
        ):
            return False
        for request in waiting:
            move(request, to=RequestStatus.EXPIRED, actor=None, at=at, fields={"ended_at": at})
        inquiries.settle(inquiry=fresh, actor=None, at=at)
        return True


def _paused_groups(today: date) -> QuerySet[ContactPause, int]:
    in_force = ContactPause.objects.filter(lifted_at__isnull=True, starts_on__lte=today, until__gte=today)
    return in_force.values_list("therapist__contact_group_id", flat=True)

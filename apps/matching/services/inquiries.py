"""Inquiries between release and end: sent, shrunk, settled. Used by the services beside it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet
from django.utils import timezone

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.communication.models import EmailMessage, PhoneCall
from apps.communication.services import calls, queue
from apps.core import parameters as operating
from apps.core.transitions import lock, move, operation
from apps.matching import letters
from apps.matching.enums import UNSENT_INQUIRIES, UNSENT_REQUESTS, InquiryStatus, RequestStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest, RequestHistory
from apps.therapists.selectors import may_be_emailed

R = RequestStatus
# The message is, or may be, on its way: whoever is in it counts as asked.
OUT_OF_HAND = [EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR, EmailStatus.SENT]
MAY_HAVE_ARRIVED = [EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR, EmailStatus.SENT]


def hold(*, inquiry: Inquiry) -> Inquiry:
    """Lock the requests of an inquiry, then itself, as docs/architecture.md orders; returns the fresh row."""
    list(_locked(inquiry.requests.all()))
    return lock(inquiry)


@transaction.atomic
def mark_sent(*, inquiry: Inquiry, at: datetime, actor: Any = None) -> None:
    """The therapist has been asked, by e-mail or in a call. A second notice changes nothing."""
    with operation():
        requests = list(_locked(inquiry.requests.filter(status=R.RELEASED)))
        fresh = lock(inquiry)
        if fresh.status != InquiryStatus.RELEASED:
            return
        for request in requests:
            move(request, to=R.SENT, actor=actor, at=at, fields={"sent_at": at})
        fields = {"sent_at": at, "last_contact_at": at, "contact_window": _window_from(fresh, at)}
        move(fresh, to=InquiryStatus.SENT, actor=actor, at=at, fields=fields)
        cancel_calls(inquiry=fresh, actor=actor, at=at, reason="has been asked")
        settle(inquiry=fresh, actor=actor, at=at)


@transaction.atomic
def note_arrival(*, inquiry: Inquiry, at: datetime) -> None:
    """Who answers has got the letter, though the news of it is still on its way or nobody knew."""
    email = inquiry_email(inquiry)
    if email is None or email.status not in MAY_HAVE_ARRIVED:
        return
    mark_sent(inquiry=inquiry, at=email.sent_at or at)
    if email.status == EmailStatus.UNCLEAR:
        queue.settle_as_sent(email=email, actor=None, at=at, reason="the therapist answered")


@transaction.atomic
def end_unsent(*, inquiry: Inquiry, actor: Any, at: datetime, reason: str) -> None:
    """Nobody is going to ask any more: what is left in the inquiry is withdrawn, itself cancelled."""
    with operation():
        for request in _locked(inquiry.requests.filter(status__in=UNSENT_REQUESTS)):
            _withdraw_unsent(request, actor=actor, at=at, reason=reason)
        fresh = lock(inquiry)
        if fresh.status in UNSENT_INQUIRIES:
            _cancel(fresh, _locked_email(fresh), actor=actor, at=at, reason=reason)


@transaction.atomic
def take_out(*, requests: Iterable[PlacementRequest], actor: Any, at: datetime, reason: str) -> int:
    """Take unsent requests out of their inquiries, which shrink or vanish; returns how many went.

    A request whose e-mail a worker already has in hand is withdrawn as one that was asked.
    """
    taken = 0
    with operation():
        ids = [request.pk for request in requests]
        for inquiry in Inquiry.objects.filter(requests__in=ids).distinct().order_by("id"):
            taken += _take_out_of_one(inquiry, ids, actor=actor, at=at, reason=reason)
    return taken


@transaction.atomic
def settle(*, inquiry: Inquiry, actor: Any, at: datetime, reason: str = "") -> None:
    """End an inquiry when nothing in it waits for an answer any more; planned calls are cancelled.

    An ended one without an answer becomes an answered one when an answer comes late.
    """
    if inquiry.requests.filter(status__in=[R.RELEASED, R.SENT]).exists():
        return
    answered = inquiry.requests.filter(answered_at__isnull=False).exists()
    is_late = answered and inquiry.status in (InquiryStatus.EXPIRED, InquiryStatus.WITHDRAWN)
    if inquiry.status != InquiryStatus.SENT and not is_late:
        return
    expired = inquiry.requests.filter(status=R.EXPIRED).exists()
    to = InquiryStatus.ANSWERED if answered else InquiryStatus.EXPIRED if expired else InquiryStatus.WITHDRAWN
    move(inquiry, to=to, actor=actor, at=at, reason=reason, fields={"ended_at": at})
    cancel_calls(inquiry=inquiry, actor=actor, at=at, reason="inquiry ended")


def tell_withdrawal(*, inquiry: Inquiry, requests: list[PlacementRequest], actor: Any, at: datetime) -> None:
    """Tell an asked therapist kindly by letter, where one may be sent.

    Where none may, `calling.plan_thanks` follows the event of the withdrawal with a short call.
    """
    to_email = _address_for_thanks(inquiry, at=at)
    if not to_email or not requests:
        return
    email = queue.enqueue(
        letter=letters.withdrawal_letter(inquiry=inquiry, requests=requests),
        to_email=to_email,
        to_name=inquiry.therapist.full_name,
        therapist=inquiry.therapist,
        actor=actor,
        at=at,
    )
    InquiryContact.objects.create(
        inquiry=inquiry, email=email, request_ids=[request.pk for request in requests]
    )


def cancel_calls(
    *, inquiry: Inquiry, actor: Any, at: datetime, reason: str, is_thanks_included: bool = False
) -> None:
    """Calls that ask; those that say thanks are about what is over already."""
    planned = PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry, status=CallStatus.PLANNED)
    if not is_thanks_included:
        planned = planned.exclude(purpose=CallPurpose.THANKS)
    for call in planned.order_by("id"):
        calls.cancel(call=call, actor=actor, at=at, reason=reason)


def note_contact(*, inquiry: Inquiry, at: datetime) -> None:
    """The therapist was in touch about this inquiry; expiry counts from here."""
    inquiry.last_contact_at = at
    inquiry.save(update_fields=["last_contact_at", "updated_at"])


def reopen(*, inquiry: Inquiry, actor: Any, at: datetime, reason: str) -> None:
    """An answer was undone: the inquiry waits again."""
    fresh = lock(inquiry)
    if fresh.status in (InquiryStatus.ANSWERED, InquiryStatus.WITHDRAWN, InquiryStatus.EXPIRED):
        move(
            fresh,
            to=InquiryStatus.SENT,
            actor=actor,
            at=at,
            reason=reason,
            fields={"ended_at": None},
            undo=True,
        )


def take_back_withdrawals(*, operation_id: UUID, actor: Any, at: datetime, reason: str) -> int:
    """Undo the withdrawals of one act as far as nobody was told: their letters still wait in the queue."""
    rows = RequestHistory.objects.filter(operation=operation_id, old=R.SENT, new=R.WITHDRAWN)
    requests = list(_locked(PlacementRequest.objects.filter(history__in=rows, status=R.WITHDRAWN)))
    return sum(_take_back(request, actor=actor, at=at, reason=reason) for request in requests)


def hold_back_withdrawal(*, request: PlacementRequest, actor: Any, at: datetime, reason: str) -> bool:
    """Cancel letter or call that tells of a withdrawal while it waits; False if somebody has been told."""
    is_silent = _hold_back_thanks(request, actor=actor, at=at, reason=reason)
    told = EmailMessage.objects.filter(
        kind=LetterKind.WITHDRAWAL, inquiry_contact__request_ids__contains=[request.pk]
    )
    email = told.select_for_update().order_by("-id").first()
    if email is not None and email.status == EmailStatus.QUEUED:
        queue.cancel(email=email, actor=actor, at=at, reason=reason)
    return is_silent and (email is None or email.status == EmailStatus.CANCELLED)


def _hold_back_thanks(request: PlacementRequest, *, actor: Any, at: datetime, reason: str) -> bool:
    """Take a request out of the planned call that says thanks; False where that call was made."""
    about = InquiryContact.objects.filter(
        call__purpose=CallPurpose.THANKS, request_ids__contains=[request.pk]
    ).exclude(call__status=CallStatus.CANCELLED)
    contact = about.select_related("call").order_by("-id").first()
    if contact is None or contact.call is None:
        return True
    if contact.call.status != CallStatus.PLANNED:
        return contact.call.outcome == CallOutcome.NOT_REACHED
    contact.request_ids = [pk for pk in contact.request_ids if pk != request.pk]
    contact.save(update_fields=["request_ids"])
    if not contact.request_ids:
        calls.cancel(call=contact.call, actor=actor, at=at, reason=reason)
    return True


def _take_back(request: PlacementRequest, *, actor: Any, at: datetime, reason: str) -> bool:
    if not hold_back_withdrawal(request=request, actor=actor, at=at, reason=reason):
        return False
    move(request, to=R.SENT, actor=actor, at=at, reason=reason, fields={"ended_at": None}, undo=True)
    reopen(inquiry=request.inquiry, actor=actor, at=at, reason=reason)
    return True


def renew_letter(*, inquiry: Inquiry, actor: Any, at: datetime) -> bool:
    """Queue a refused letter again that named a request withdrawn meanwhile; False where that was not why."""
    email = _locked_email(inquiry)
    if email is None or email.status != EmailStatus.REFUSED:
        return False
    left = list(inquiry.requests.filter(status__in=UNSENT_REQUESTS).values_list("id", flat=True))
    if not left or set(left) == set(email.inquiry_contact.request_ids):
        return False
    queue.requeue(email=email, actor=actor, at=at, reason="letter renewed")
    _shrink(inquiry, email, actor=actor, at=at, reason="letter renewed")
    return True


def inquiry_email(inquiry: Inquiry) -> EmailMessage | None:
    """The newest first-contact e-mail of an inquiry."""
    return (
        EmailMessage.objects.filter(inquiry_contact__inquiry=inquiry, kind=LetterKind.INQUIRY)
        .order_by("-id")
        .first()
    )


def _take_out_of_one(inquiry: Inquiry, ids: list[int], *, actor: Any, at: datetime, reason: str) -> int:
    requests = list(_locked(inquiry.requests.filter(pk__in=ids, status__in=UNSENT_REQUESTS)))
    fresh = lock(inquiry)
    email = _locked_email(fresh)
    for request in requests:
        _withdraw_unsent(request, actor=actor, at=at, reason=reason)
    if not requests:
        return 0
    if email is not None and email.status in OUT_OF_HAND:
        tell_withdrawal(inquiry=fresh, requests=requests, actor=actor, at=at)
    else:
        _shrink(fresh, email, actor=actor, at=at, reason=reason)
    return len(requests)


def _withdraw_unsent(request: PlacementRequest, *, actor: Any, at: datetime, reason: str) -> None:
    to = R.DROPPED if request.status == R.PLANNED else R.WITHDRAWN
    move(request, to=to, actor=actor, at=at, reason=reason, fields={"ended_at": at})


def _shrink(inquiry: Inquiry, email: EmailMessage | None, *, actor: Any, at: datetime, reason: str) -> None:
    """Bring letter and call in line with the requests that are left."""
    left = list(
        inquiry.requests.filter(status__in=UNSENT_REQUESTS).select_related("search__patient", "therapist")
    )
    if not left:
        _cancel(inquiry, email, actor=actor, at=at, reason=reason)
    elif email is not None and email.status == EmailStatus.QUEUED:
        letter = letters.inquiry_letter(inquiry=inquiry, requests=left, today=timezone.localdate(at))
        queue.rewrite(email=email, letter=letter)
        email.inquiry_contact.request_ids = [request.pk for request in left]
        email.inquiry_contact.save(update_fields=["request_ids"])


def _cancel(inquiry: Inquiry, email: EmailMessage | None, *, actor: Any, at: datetime, reason: str) -> None:
    if email is not None and email.status in (EmailStatus.QUEUED, EmailStatus.FAILED, EmailStatus.REFUSED):
        queue.cancel(email=email, actor=actor, at=at, reason=reason)
    for thanks in _unsent_thanks(inquiry):  # nobody was asked, so nobody is thanked
        queue.cancel(email=thanks, actor=actor, at=at, reason=reason)
    cancel_calls(inquiry=inquiry, actor=actor, at=at, reason=reason, is_thanks_included=True)
    move(inquiry, to=InquiryStatus.CANCELLED, actor=actor, at=at, reason=reason, fields={"ended_at": at})


def _window_from(inquiry: Inquiry, at: datetime) -> DateTimeTZRange:
    """From the release to the end of the interval after the contact itself, which may come days later.

    Nobody else's window can stand in the way: until now no other inquiry of the contact group was open.
    """
    window = inquiry.contact_window
    assert window is not None and window.upper is not None  # a released inquiry has one
    until = at + timedelta(days=operating.current(at=at).contact_interval_days)
    return DateTimeTZRange(window.lower, max(window.upper, until))


def _address_for_thanks(inquiry: Inquiry, *, at: datetime) -> str | None:
    """Where the inquiry was written to, else the address a therapist asked by phone may be written to."""
    asked_by = inquiry_email(inquiry)
    if asked_by is not None:
        return asked_by.to_email if asked_by.status in OUT_OF_HAND else None
    policy = operating.current(at=at).email_policy
    return may_be_emailed(therapist=inquiry.therapist, policy=policy)


def _unsent_thanks(inquiry: Inquiry) -> QuerySet[EmailMessage]:
    emails = EmailMessage.objects.filter(inquiry_contact__inquiry=inquiry, kind=LetterKind.WITHDRAWAL)
    return emails.filter(status=EmailStatus.QUEUED).order_by("id")


def _locked(requests: Any) -> Any:
    return (
        requests.select_for_update(of=("self",)).select_related("search__patient", "therapist").order_by("id")
    )


def _locked_email(inquiry: Inquiry) -> EmailMessage | None:
    email = inquiry_email(inquiry)
    return lock(email) if email else None

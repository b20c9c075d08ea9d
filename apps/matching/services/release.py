"""A person lets inquiries out: looked at once more, then an e-mail is queued or a call planned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.gates import undeliverable
from apps.communication.models import PhoneCall
from apps.communication.services import calls, queue
from apps.core import parameters as operating
from apps.core.errors import DomainError, Refused, StaleState
from apps.core.parameters import Parameters
from apps.core.transitions import lock, move, operation
from apps.matching import letters
from apps.matching.enums import Channel, InquiryStatus, RequestStatus, RoundStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest, PlacementSearch, Round
from apps.matching.services import inquiries, recheck
from apps.therapists.models import ContactGroup
from apps.therapists.selectors import may_be_emailed

WITHIN_INTERVAL = _("The therapist or the shared practice was contacted within the contact interval.")


@dataclass
class Released:
    """What a release did. `refused`: inquiries that stayed behind, with the reason for a person."""

    released: list[Inquiry] = field(default_factory=list)
    refused: list[tuple[Inquiry, str]] = field(default_factory=list)


def release_round(
    *, round_: Round, actor: Any, at: datetime, today: date, inquiry_ids: Iterable[int] | None = None
) -> Released:
    """Release all inquiries of a draft round, or those named. One that fails does not stop the others."""
    drafts = round_.inquiries.filter(status=InquiryStatus.DRAFT)
    if inquiry_ids is not None:
        drafts = drafts.filter(pk__in=inquiry_ids)
    chosen = list(drafts.order_by("id"))
    parameters = operating.current(at=at)
    recheck.drop_unfit(inquiries_=chosen, parameters=parameters, actor=actor, at=at, today=today)
    result = Released()
    for inquiry in chosen:
        try:
            result.released.append(_release_checked(inquiry, parameters, actor=actor, at=at, today=today))
        except DomainError as error:
            result.refused.append((inquiry, str(error.message)))
    close_if_done(round_=round_, actor=actor, at=at)
    return result


def release_inquiry(*, inquiry: Inquiry, actor: Any, at: datetime, today: date) -> Inquiry:
    """Release one inquiry. Requests that no longer fit are dropped first.

    Raises Refused if nothing is left or somebody behind the same mailbox or number was contacted within
    the interval (the database says so, whatever else was checked), StaleState if it is no draft any more.
    """
    parameters = operating.current(at=at)
    recheck.drop_unfit(inquiries_=[inquiry], parameters=parameters, actor=actor, at=at, today=today)
    return _release_checked(inquiry, parameters, actor=actor, at=at, today=today)


def _release_checked(
    inquiry: Inquiry, parameters: Parameters, *, actor: Any, at: datetime, today: date
) -> Inquiry:
    try:
        with transaction.atomic(), operation():
            return _release(inquiry, parameters, actor=actor, at=at, today=today)
    except IntegrityError:
        raise Refused(WITHIN_INTERVAL) from None


def close_if_done(*, round_: Round, actor: Any, at: datetime) -> None:
    """A round without drafts is released; called after every release and drop."""
    with transaction.atomic():
        fresh = lock(round_)
        has_drafts = fresh.inquiries.filter(status=InquiryStatus.DRAFT).exists()
        if fresh.status == RoundStatus.DRAFT and not has_drafts:
            any_out = fresh.inquiries.exclude(status=InquiryStatus.CANCELLED).exists()
            move(fresh, to=RoundStatus.RELEASED if any_out else RoundStatus.DISCARDED, actor=actor, at=at)


def _release(inquiry: Inquiry, parameters: Parameters, *, actor: Any, at: datetime, today: date) -> Inquiry:
    requests = _locked_requests(inquiry)
    fresh = lock(inquiry)
    if not requests and fresh.status in (InquiryStatus.DRAFT, InquiryStatus.CANCELLED):
        raise Refused(_("No request of this inquiry fits any more."))
    if fresh.status != InquiryStatus.DRAFT:
        raise StaleState()
    interval = timedelta(days=parameters.contact_interval_days)
    if _were_called(fresh.therapist.contact_group_id, since=at - interval):
        raise Refused(WITHIN_INTERVAL)
    for request in requests:
        move(request, to=RequestStatus.RELEASED, actor=actor, at=at)
    window = DateTimeTZRange(at, at + interval)
    released = move(
        fresh,
        to=InquiryStatus.RELEASED,
        actor=actor,
        at=at,
        fields={
            "contact_group_id": fresh.therapist.contact_group_id,  # the mailbox may be shared since the draft
            "released_at": at,
            "released_by": actor,
            "contact_window": window,
        },
    )
    start_contact(inquiry=released, requests=requests, parameters=parameters, actor=actor, at=at, today=today)
    return released


def _were_called(contact_group_id: int, *, since: datetime) -> bool:
    """To the minute, also where the inquiry was given up after a message on the machine: its window no longer
    counts, and the rules look at days."""
    made = PhoneCall.objects.filter(
        status=CallStatus.DONE,
        purpose=CallPurpose.FIRST_CONTACT,
        done_at__gt=since,
        therapist__contact_group=contact_group_id,
    )
    return made.exclude(outcome=CallOutcome.NOT_REACHED).exists()


def start_contact(
    *,
    inquiry: Inquiry,
    requests: list[PlacementRequest],
    parameters: Parameters,
    actor: Any,
    at: datetime,
    today: date,
) -> None:
    """Queue the e-mail or plan the call of a released inquiry."""
    ids = [request.pk for request in requests]
    address = may_be_emailed(therapist=inquiry.therapist, policy=parameters.email_policy)
    if inquiry.channel == Channel.EMAIL and address and not undeliverable([address]):
        email = queue.enqueue(
            letter=letters.inquiry_letter(inquiry=inquiry, requests=requests, today=today),
            to_email=address,
            to_name=inquiry.therapist.full_name,
            therapist=inquiry.therapist,
            actor=actor,
            at=at,
        )
        InquiryContact.objects.create(inquiry=inquiry, email=email, request_ids=ids)
        return
    _plan_first_call(inquiry, parameters, actor=actor, at=at)


def plan_call(
    *,
    inquiry: Inquiry,
    purpose: CallPurpose,
    parameters: Parameters,
    not_before: datetime,
    actor: Any,
    at: datetime,
    attempt: int = 1,
    tried: Sequence[datetime] = (),
) -> InquiryContact:
    """Plan a call about the waiting requests of an inquiry. Raises Refused without number or free moment.

    `attempt` and `tried` (the moments of earlier calls in vain) are those of `calls.plan`.
    """
    ids = waiting_ids(inquiry)
    call = calls.plan(
        therapist=inquiry.therapist,
        purpose=purpose,
        not_before=not_before,
        minutes=call_minutes(parameters, len(ids)),
        actor=actor,
        at=at,
        attempt=attempt,
        tried=tried,
    )
    return InquiryContact.objects.create(inquiry=inquiry, call=call, request_ids=ids)


def waiting_ids(inquiry: Inquiry) -> list[int]:
    """What a call about an inquiry is about: released or asked, without an answer."""
    waiting = inquiry.requests.filter(status__in=[RequestStatus.RELEASED, RequestStatus.SENT])
    return list(waiting.order_by("id").values_list("id", flat=True))


def call_minutes(parameters: Parameters, request_count: int) -> int:
    """Two requests fit into the length of a call; `calls.plan` never goes beyond the phone hours."""
    return int(parameters.call_minutes) * max(1, ceil(request_count / 2))


def after_failed_email(*, inquiry: Inquiry, actor: Any, at: datetime, today: date, reason: str) -> None:
    """The e-mail did not go out: renew an outdated letter, else call; what no longer fits is withdrawn."""
    parameters = operating.current(at=at)
    recheck.drop_unfit(inquiries_=[inquiry], parameters=parameters, actor=actor, at=at, today=today)
    with transaction.atomic(), operation():
        fresh = inquiries.hold(inquiry=inquiry)
        if fresh.status != InquiryStatus.RELEASED:
            return
        if not fresh.requests.filter(status=RequestStatus.RELEASED).exists():
            inquiries.end_unsent(inquiry=fresh, actor=actor, at=at, reason=reason)
            return
        if inquiries.renew_letter(inquiry=fresh, actor=actor, at=at):
            return
        try:
            with transaction.atomic():
                _plan_first_call(fresh, parameters, actor=actor, at=at)
        except Refused:
            inquiries.take_out(requests=fresh.requests.all(), actor=actor, at=at, reason=reason)


@transaction.atomic
def after_bounce(*, inquiry: Inquiry, actor: Any, at: datetime) -> bool:
    """The letter of an inquiry came back after all: the therapist is called instead, if there is a number."""
    with operation():
        fresh = inquiries.hold(inquiry=inquiry)
        is_called = fresh.contacts.filter(call__status__in=[CallStatus.PLANNED, CallStatus.DONE]).exists()
        if fresh.status not in (InquiryStatus.RELEASED, InquiryStatus.SENT) or is_called:
            return False
        try:
            with transaction.atomic():
                _plan_first_call(fresh, operating.current(at=at), actor=actor, at=at)
        except Refused:
            return False
        return True


def _plan_first_call(inquiry: Inquiry, parameters: Parameters, *, actor: Any, at: datetime) -> None:
    plan_call(
        inquiry=inquiry,
        purpose=CallPurpose.FIRST_CONTACT,
        parameters=parameters,
        not_before=at,
        actor=actor,
        at=at,
    )
    if inquiry.channel != Channel.PHONE:
        inquiry.channel = Channel.PHONE
        inquiry.save(update_fields=["channel", "updated_at"])


def _locked_requests(inquiry: Inquiry) -> list[PlacementRequest]:
    """Contact group, then searches, then requests: the order of docs/architecture.md.

    Without keys and without the therapist's row: whoever adds a request holds its search, and at the commit
    looks whether therapist and group are still there.
    """
    groups = ContactGroup.objects.select_for_update(of=("self",), no_key=True)
    groups.get(therapists=inquiry.therapist_id)
    search_ids = inquiry.requests.filter(status=RequestStatus.PLANNED).values("search_id")
    searches = PlacementSearch.objects.select_for_update(no_key=True).filter(pk__in=search_ids)
    list(searches.order_by("id"))
    return list(
        inquiry.requests.filter(status=RequestStatus.PLANNED)
        .select_for_update(of=("self",))
        .select_related("search__patient", "therapist")
        .order_by("id")
    )

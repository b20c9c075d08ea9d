"""Contacts and answers as the services leave them, written directly: every state at any moment."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus, EmailStatus, LetterKind
from apps.communication.models import EmailMessage, PhoneCall
from apps.core.transitions import write_history
from apps.matching.enums import AnswerSource, Channel, InquiryStatus, RequestStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest, PlacementSearch
from apps.therapists.models import Therapist
from apps.therapists.selectors import main_practice
from tests.factories.matching import InquiryFactory, RequestFactory
from tests.factories.therapists import TherapistFactory

BERLIN = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 30)
LONG = date(2027, 6, 1)


def moment(day: int, hour: int = 10, minute: int = 0) -> datetime:
    """In November 2026."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


def requested(
    search: PlacementSearch,
    therapist: Therapist | None = None,
    *,
    by: User | None,
    at: datetime,
    **fields: Any,
) -> PlacementRequest:
    """A request that is under way, without any contact yet."""
    inquiry = InquiryFactory(
        therapist=therapist or TherapistFactory(),
        released_at=at,
        released_by=by,
        sent_at=at,
        contact_window=DateTimeTZRange(at, at + timedelta(days=1)),
    )
    return RequestFactory(search=search, inquiry=inquiry, sent_at=at, **fields)


def emailed(
    request: PlacementRequest,
    *,
    by: User | None,
    at: datetime,
    status: str = EmailStatus.SENT,
    reply: str = "250 2.0.0 queued",
    kind: str = LetterKind.INQUIRY,
    provider_id: str = "",
) -> EmailMessage:
    number = EmailMessage.objects.count() + 1
    email = EmailMessage.objects.create(
        kind=kind,
        status=status,
        to_email="praxis@example.org",
        subject="Anfrage",
        text="…",
        therapist=request.therapist,
        message_id=f"<anfrage-{number}@example.org>",
        sent_at=at if status in (EmailStatus.SENT, EmailStatus.BOUNCED) else None,
        claimed_at=at,
        server_reply=reply,
        provider_id=provider_id,
        refusal="objected" if status == EmailStatus.REFUSED else "",
    )
    write_history(email, old="", new=email.status, actor=by, at=at)  # no event: nothing begins as sent
    InquiryContact.objects.create(inquiry=request.inquiry, email=email, request_ids=[request.pk])
    return email


def called(
    request: PlacementRequest,
    outcome: str = CallOutcome.REACHED,
    *,
    by: User | None,
    at: datetime,
    purpose: str = CallPurpose.FIRST_CONTACT,
    status: str = CallStatus.DONE,
) -> PhoneCall:
    practice = main_practice(request.therapist)
    is_done = status == CallStatus.DONE
    call = PhoneCall.objects.create(
        purpose=purpose,
        status=status,
        therapist=request.therapist,
        practice=practice,
        phone=practice.phone if practice else "+49341000001",
        starts_at=at,
        ends_at=at + timedelta(minutes=5),
        coordinator=by,
        outcome=outcome if is_done else "",
        done_at=at if is_done else None,
    )
    InquiryContact.objects.create(inquiry=request.inquiry, call=call, request_ids=[request.pk])
    return call


def answered(
    request: PlacementRequest,
    status: str,
    *,
    by: User | None,
    at: datetime,
    source: str = AnswerSource.PHONE,
    reason: str = "capacity",
    until: date | None = LONG,
) -> PlacementRequest:
    """Booked, with its row of history."""
    old, request.status = request.status, RequestStatus(status)
    request.answered_at, request.answer_source = at, AnswerSource(source)
    request.rejection_reason = reason if status == RequestStatus.REJECTED else ""
    request.waitlist_until = until if status == RequestStatus.WAITLISTED else None
    request.save()
    write_history(request, old=old, new=status, actor=by, at=at)
    _close(request, InquiryStatus.ANSWERED)
    return request


def ended(
    request: PlacementRequest, status: str, *, at: datetime, by: User | None = None, reason: str = ""
) -> PlacementRequest:
    old, request.status, request.ended_at = request.status, RequestStatus(status), at
    request.save()
    write_history(request, old=old, new=status, actor=by, at=at, reason=reason)
    _close(request, InquiryStatus.EXPIRED)
    return request


def never_reached(request: PlacementRequest, *, at: datetime) -> PlacementRequest:
    """As the services leave a request whose therapist never picked up the phone."""
    request.sent_at = None
    ended(request, RequestStatus.WITHDRAWN, at=at, reason="never reached")
    _close(request, InquiryStatus.CANCELLED, channel=Channel.PHONE, sent_at=None)
    return request


def _close(request: PlacementRequest, status: str, **fields: Any) -> None:
    Inquiry.objects.filter(pk=request.inquiry_id).update(status=status, **fields)


def declined(search: PlacementSearch, *, by: User, day: int, **fields: Any) -> PlacementRequest:
    """Asked by e-mail at ten, declined on the phone two days later."""
    request = requested(search, by=by, at=moment(day), **fields)
    emailed(request, by=by, at=moment(day))
    return answered(request, RequestStatus.REJECTED, by=by, at=moment(day + 2))

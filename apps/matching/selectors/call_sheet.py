"""Everything for one call on one page, in a fixed number of queries."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from apps.communication import phone_hours
from apps.communication.enums import CallPurpose, CallStatus, EmailStatus
from apps.communication.models import EmailMessage, Note, PhoneCall
from apps.communication.notes import notes_of
from apps.communication.selectors.calls import is_held_by_another, planned
from apps.core.weekly import Interval, Weekday, format_ranges
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.selectors.lists import inquiry_page
from apps.therapists import selectors as therapists
from apps.therapists.enums import HoursKind
from apps.therapists.models import Therapist

SHOWN = 5  # of each kind of what was before
WAITING = (RequestStatus.RELEASED, RequestStatus.SENT)


@dataclass(frozen=True)
class PhoneDay:
    """The phone hours of one weekday, as text."""

    label: Any
    times: str
    is_today: bool


@dataclass(frozen=True)
class CallSheet:
    """One call. `requests` wait for an answer, `withdrawn` are what a call of thanks is about."""

    call: PhoneCall
    therapist: Therapist
    inquiry: Inquiry | None
    requests: list[PlacementRequest]
    withdrawn: list[PlacementRequest]
    attempts: list[PhoneCall]
    calls_before: list[PhoneCall]
    emails_before: list[EmailMessage]
    notes: list[Note]
    phone_days: list[PhoneDay]
    open_until: datetime | None
    is_planned: bool
    is_wanted: bool
    is_in_other_hand: bool

    @property
    def last_attempt(self) -> PhoneCall | None:
        return self.attempts[0] if self.attempts else None

    @property
    def patient_ids(self) -> list[int]:
        """Whose case facts the sheet shows."""
        return sorted({row.search.patient_id for row in (*self.requests, *self.withdrawn)})


def call_sheet(*, pk: int, user: Any, at: datetime) -> CallSheet | None:
    related = ("practice", "coordinator", "taken_by", "therapist")
    call = PhoneCall.objects.select_related(*related).filter(pk=pk).first()
    if call is None:
        return None
    inquiry = inquiry_page().filter(contacts__call=call).first()
    therapist = inquiry.therapist if inquiry else call.therapist
    hours = therapists.hours(therapist, HoursKind.PHONE)
    made = _made(call)
    is_planned = call.status == CallStatus.PLANNED
    return CallSheet(
        call=call,
        therapist=therapist,
        inquiry=inquiry,
        requests=_requests(inquiry, call),
        withdrawn=_withdrawn(inquiry, call),
        attempts=[row for row in made if _inquiry_id(row) == (inquiry.pk if inquiry else None)],
        calls_before=made[:SHOWN],
        emails_before=_emails(call),
        notes=_notes(call),
        phone_days=_phone_days(hours, at),
        open_until=phone_hours.open_until(
            hours or phone_hours.USUAL_HOURS, at=at, state=call.practice.state if call.practice else ""
        ),
        is_planned=is_planned,
        is_wanted=is_planned and planned(at=at).filter(pk=call.pk, is_wanted=True).exists(),
        is_in_other_hand=is_planned and is_held_by_another(call, user, at=at),
    )


def _requests(inquiry: Inquiry | None, call: PhoneCall) -> list[PlacementRequest]:
    """Nobody is asked about a patient whose search pauses."""
    if inquiry is None or call.purpose == CallPurpose.THANKS:
        return []
    rows = inquiry.requests.all()
    return [row for row in rows if row.status in WAITING and row.search.status == SearchStatus.ACTIVE]


def _withdrawn(inquiry: Inquiry | None, call: PhoneCall) -> list[PlacementRequest]:
    if inquiry is None or call.purpose != CallPurpose.THANKS:
        return []
    contacts = inquiry.contacts.all()
    ids = next((contact.request_ids for contact in contacts if contact.call_id == call.pk), [])
    return [row for row in inquiry.requests.all() if row.pk in ids]


def _made(call: PhoneCall) -> list[PhoneCall]:
    """Calls to this therapist that were made before, the newest first."""
    made = PhoneCall.objects.filter(therapist=call.therapist_id, status=CallStatus.DONE).exclude(pk=call.pk)
    rows = made.select_related("coordinator", "inquiry_contact").order_by("-done_at", "-pk")
    return list(rows[: 2 * SHOWN])


def _inquiry_id(call: PhoneCall) -> int | None:
    contact = getattr(call, "inquiry_contact", None)
    return contact.inquiry_id if contact else None


def _emails(call: PhoneCall) -> list[EmailMessage]:
    sent = EmailMessage.objects.filter(therapist=call.therapist_id, status=EmailStatus.SENT)
    return list(sent.defer("text", "html").order_by("-sent_at", "-pk")[:SHOWN])


def _notes(call: PhoneCall) -> list[Note]:
    return list(notes_of(therapist=call.therapist)[:SHOWN])


def _phone_days(hours: list[Interval], at: datetime) -> list[PhoneDay]:
    today = timezone.localdate(at).weekday()
    days = sorted({interval.weekday for interval in hours})
    return [
        PhoneDay(
            label=Weekday(day).label,
            times=format_ranges((one.start, one.end) for one in hours if one.weekday == day),
            is_today=day == today,
        )
        for day in days
    ]

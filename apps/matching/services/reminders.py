"""The reminder by e-mail where there is no phone number: one per inquiry, never about a pausing search."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.core.parameters import Parameters
from apps.core.transitions import lock
from apps.matching import letters
from apps.matching.enums import RequestStatus, SearchStatus
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.matching.services import inquiries
from apps.therapists.selectors import may_be_emailed


@transaction.atomic
def remind(*, inquiry: Inquiry, parameters: Parameters, at: datetime) -> bool:
    """Queue the reminder of a locked inquiry. False where no address may be used: it then runs out."""
    address = may_be_emailed(therapist=inquiry.therapist, policy=parameters.email_policy)
    requests = list(_unanswered(inquiry))
    if not address or not requests:
        return False
    asked_by = inquiries.inquiry_email(inquiry)
    email = queue.enqueue(
        letter=letters.reminder_letter(inquiry=inquiry, requests=requests, today=timezone.localdate(at)),
        to_email=address,
        to_name=inquiry.therapist.full_name,
        therapist=inquiry.therapist,
        in_reply_to=asked_by.message_id if asked_by else "",
        once_key=once_key(inquiry),
        actor=None,
        at=at,
    )
    ids = [request.pk for request in requests]
    InquiryContact.objects.get_or_create(email=email, defaults={"inquiry": inquiry, "request_ids": ids})
    return True


@transaction.atomic
def bring_in_line(*, inquiry: Inquiry, at: datetime, reason: str) -> None:
    """A reminder that still waits names only what is still unanswered and not pausing; else it is cancelled.

    A cancelled one gives its key back, so that the inquiry can be reminded of once the search goes on.
    """
    fresh = lock(inquiry)
    contact = InquiryContact.objects.filter(inquiry=fresh, email__once_key=once_key(fresh)).first()
    email = lock(contact.email) if contact and contact.email else None
    if contact is None or email is None or email.status != EmailStatus.QUEUED:
        return
    requests = list(_unanswered(fresh))
    if not requests:
        queue.cancel(email=email, actor=None, at=at, reason=reason)
        EmailMessage.objects.filter(pk=email.pk).update(once_key=None)
    elif {request.pk for request in requests} != set(contact.request_ids):
        letter = letters.reminder_letter(inquiry=fresh, requests=requests, today=timezone.localdate(at))
        queue.rewrite(email=email, letter=letter)
        contact.request_ids = [request.pk for request in requests]
        contact.save(update_fields=["request_ids"])


def note_sent(*, inquiry: Inquiry, at: datetime) -> None:
    """Who has been reminded has the whole time once more to answer."""
    with transaction.atomic():
        fresh = lock(inquiry)
        if fresh.last_contact_at is None or fresh.last_contact_at < at:
            inquiries.note_contact(inquiry=fresh, at=at)


def still_waiting(of: QuerySet[Inquiry]) -> QuerySet[Inquiry]:
    """Those of the inquiries whose reminder has not gone out."""
    waiting = InquiryContact.objects.filter(email__kind=LetterKind.REMINDER, email__status=EmailStatus.QUEUED)
    return of.filter(pk__in=waiting.values("inquiry")).distinct().order_by("id")


def once_key(inquiry: Inquiry) -> str:
    return f"reminder:{inquiry.pk}"


def _unanswered(inquiry: Inquiry) -> QuerySet[PlacementRequest]:
    asked = inquiry.requests.filter(status=RequestStatus.SENT, search__status=SearchStatus.ACTIVE)
    return asked.select_related("search__patient", "therapist").order_by("id")

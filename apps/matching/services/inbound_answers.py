"""What a person makes of an incoming message: answers booked, the inquiry named, a letter back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.communication.enums import INBOUND_OPEN, InboundKind, InboundStatus
from apps.communication.models import EmailMessage, InboundMessage
from apps.communication.services import inbound, queue
from apps.core.errors import Refused
from apps.matching import letters
from apps.matching.enums import AnswerSource
from apps.matching.models import Inquiry, InquiryContact, PlacementRequest
from apps.matching.services.bookings import Booking, record_answers
from apps.therapists.enums import PauseReason
from apps.therapists.selectors import main_practice
from apps.therapists.services import contact, status

BOOKED = "answers booked"
ANSWERED = "answered by e-mail"


@dataclass(frozen=True)
class Wishes:
    """What the therapist wants of us beside the answers."""

    is_objection: bool = False
    pause_until: date | None = None

    def __bool__(self) -> bool:
        return self.is_objection or self.pause_until is not None


def book(
    *,
    message: InboundMessage,
    bookings: Sequence[Booking],
    wishes: Wishes,
    actor: Any,
    at: datetime,
    today: date,
) -> list[PlacementRequest]:
    """Everything a person read in a message, all or nothing; each answer can be undone by itself.

    Clicked twice, the second click finds the message done and books nothing. Raises Refused where nothing
    was chosen, StaleState where an answer is not possible any more: then nothing is booked at all.
    """
    if not bookings and not wishes:
        raise Refused(_("Nothing is chosen. If nothing has to be booked, mark the message as done."))
    with transaction.atomic():
        row = InboundMessage.objects.select_for_update().get(pk=message.pk)
        if row.status == InboundStatus.DONE:
            return []
        booked = record_answers(bookings=bookings, source=AnswerSource.EMAIL, actor=actor, at=at, today=today)
        _note(row, wishes, actor, at, today)
        inbound.finish(message=row, actor=actor, at=at, reason=BOOKED)
    return booked


@transaction.atomic
def write_back(
    *, message: InboundMessage, text: str, subject: str, form_id: UUID, actor: Any, at: datetime
) -> EmailMessage:
    """Queue an answer to the therapist who wrote; `form_id` makes a second click the same letter.

    Only ever called by a person: nothing answers an incoming message by itself.
    """
    therapist = message.therapist
    if therapist is None or message.kind not in (InboundKind.ANSWER, InboundKind.REPLY_PAGE):
        raise Refused(_("Only a message of a known therapist can be answered here."))
    if not (address := address_of(message)):
        raise Refused(_("There is no address to answer to."))
    email = queue.enqueue(
        letter=letters.answer_letter(therapist=therapist, text=text, subject=subject),
        to_email=address,
        to_name=therapist.full_name,
        therapist=therapist,
        actor=actor,
        at=at,
        in_reply_to=message.message_id[:200],
        once_key=f"inbound:{message.pk}:{form_id}",
    )
    inquiry = inquiry_of(message)
    if inquiry is not None:
        InquiryContact.objects.get_or_create(email=email, defaults={"inquiry": inquiry})
    return email


def address_of(message: InboundMessage) -> str:
    """Where an answer goes: to whom it came from, for words of the reply page to the practice."""
    if message.from_email:
        return message.from_email
    practice = main_practice(message.therapist) if message.therapist is not None else None
    return practice.email if practice is not None else ""


def inquiry_of(message: InboundMessage) -> Inquiry | None:
    """The inquiry the message was matched to, if any."""
    suggestion = message.suggestion or {}
    if reference := suggestion.get("reference"):
        return Inquiry.objects.filter(reference=reference, therapist=message.therapist_id).first()
    if message.email_id is None:
        return None
    return Inquiry.objects.filter(contacts__email=message.email_id).first()


def _note(message: InboundMessage, wishes: Wishes, actor: Any, at: datetime, today: date) -> None:
    if not wishes:
        return
    if message.therapist is None or message.status not in (*INBOUND_OPEN, InboundStatus.PARKED):
        raise Refused(_("Please say first which therapist wrote."))
    if wishes.is_objection:
        status.object_to_contact(
            therapist=message.therapist, on=today, actor=actor, at=at, reason=f"e-mail, message {message.pk}"
        )
    if wishes.pause_until is not None:
        is_away = message.kind == InboundKind.OUT_OF_OFFICE
        contact.pause(
            therapist=message.therapist,
            starts_on=today,
            until=wishes.pause_until,
            reason=PauseReason.HOLIDAY if is_away else PauseReason.REQUESTED,
            at=at,
        )

"""What therapists send on the reply page, and the end of the link to it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.communication.enums import InboundKind, InboundSource, InboundStatus, MatchedBy
from apps.communication.models import InboundMessage
from apps.core.errors import DomainError, Refused
from apps.core.transitions import lock, record_start, write_history
from apps.matching.enums import AnswerSource, InquiryStatus
from apps.matching.models import Inquiry, PlacementRequest, ReplySubmission
from apps.matching.models.inquiry import new_reply_key
from apps.matching.reply_links import LINK_REVOKED
from apps.matching.services import inquiries
from apps.matching.services.answers import Answer, record_answer
from apps.therapists.enums import PauseReason
from apps.therapists.services import contact, records

NOT_OUT = (InquiryStatus.DRAFT, InquiryStatus.RELEASED, InquiryStatus.CANCELLED)


@dataclass(frozen=True)
class News:
    """What a therapist tells of the practice beside the answers."""

    free: dict[str, date] = field(default_factory=dict)  # field of the therapist → free from
    pause_until: date | None = None
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.free or self.pause_until or self.words)


def submit(
    *,
    inquiry: Inquiry,
    form_id: UUID,
    answers: Iterable[tuple[PlacementRequest, Answer]],
    news: News,
    at: datetime,
    today: date,
) -> ReplySubmission:
    """Book everything one sending of the page says. Sent twice, even at the same moment, it counts once.

    Each answer is an act of its own, which repeated changes nothing: one that cannot be booked any more
    does not take the others with it, and a sending that broke off is finished by the next attempt. The
    row of the submission is written last and decides who of two writes down the news.
    """
    known = ReplySubmission.objects.filter(form_id=form_id).first()
    if known is not None:
        return known
    for request, answer in answers:
        _book(request, answer, at=at, today=today)
    return _receive(inquiry, form_id, news, at=at, today=today)


def words_of(submission: ReplySubmission) -> InboundMessage | None:
    """The message a therapist wrote with this sending."""
    return InboundMessage.objects.filter(fingerprint=_fingerprint(submission.form_id)).first()


@transaction.atomic
def revoke_reply_link(*, inquiry: Inquiry, actor: Any, at: datetime, reason: str) -> Inquiry:
    """Every link sent so far opens nothing any more; a letter written from now on carries a new one.

    Raises Refused before the inquiry has gone out: its waiting letter would carry the dead link.
    """
    fresh = lock(inquiry)
    if fresh.status in NOT_OUT:
        raise Refused(_("This inquiry has not gone out: there is no link to revoke."))
    fresh.reply_key = new_reply_key()
    fresh.save(update_fields=["reply_key", "updated_at"])
    write_history(fresh, old=fresh.status, new=LINK_REVOKED, actor=actor, at=at, reason=reason)
    return fresh


def _book(request: PlacementRequest, answer: Answer, *, at: datetime, today: date) -> None:
    try:
        record_answer(
            request=request, answer=answer, source=AnswerSource.PORTAL, actor=None, at=at, today=today
        )
    except DomainError:  # the case ended meanwhile; the page that follows says what became of it
        return


@transaction.atomic
def _receive(inquiry: Inquiry, form_id: UUID, news: News, *, at: datetime, today: date) -> ReplySubmission:
    submission, is_new = ReplySubmission.objects.get_or_create(
        form_id=form_id, defaults={"inquiry": inquiry, "at": at}
    )
    if is_new:
        _note_news(submission, news, at=at, today=today)
    return submission


def _note_news(submission: ReplySubmission, news: News, *, at: datetime, today: date) -> None:
    inquiry = submission.inquiry
    therapist = inquiry.therapist
    if news.free:
        records.update(therapist=therapist, changes=news.free, actor=None, at=at)
    if news.pause_until is not None:
        contact.pause(
            therapist=therapist,
            starts_on=today,
            until=news.pause_until,
            reason=PauseReason.REQUESTED,
            note=inquiry.reference,
            at=at,
        )
    if news.words:
        _put_into_tray(submission, news.words, at=at)


def _put_into_tray(submission: ReplySubmission, words: str, *, at: datetime) -> None:
    """A person reads it: free words are never turned into anything by the program."""
    inquiry = submission.inquiry
    message = InboundMessage.objects.create(
        status=InboundStatus.WAITING,
        kind=InboundKind.REPLY_PAGE,
        source=InboundSource.REPLY_PAGE,
        fingerprint=_fingerprint(submission.form_id),
        received_at=at,
        from_name=inquiry.therapist.full_name,
        subject=inquiry.reference,
        text=words,
        size=len(words.encode()),
        email=inquiries.inquiry_email(inquiry),
        therapist=inquiry.therapist,
        matched_by=MatchedBy.REFERENCE,
    )
    record_start(message, actor=None, at=at)


def _fingerprint(form_id: UUID) -> str:
    return hashlib.sha256(str(form_id).encode()).hexdigest()

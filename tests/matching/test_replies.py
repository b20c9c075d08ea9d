"""A sending of the reply page is booked once; its link can be revoked."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from django.db import connections

from apps.accounts.models import User
from apps.communication.models import InboundMessage
from apps.core.errors import Refused
from apps.events.models import DomainEvent
from apps.matching import reply_links, timeline
from apps.matching.enums import RequestStatus
from apps.matching.models import Inquiry, PlacementRequest, ReplySubmission, RequestHistory
from apps.matching.services import answers, replies
from apps.matching.services.answers import Answer
from apps.matching.services.replies import News
from apps.therapists.models import ContactPause, Therapist
from tests.factories.matching import InquiryFactory, RequestFactory

pytestmark = pytest.mark.django_db

YES = Answer(outcome=RequestStatus.ACCEPTED)
NO = Answer(outcome=RequestStatus.REJECTED, reason="capacity")
NEWS = News(
    free={"free_individual_from": date(2027, 1, 15)}, pause_until=date(2027, 3, 1), words="Nur vormittags"
)


def submit(
    row: PlacementRequest, answer: Answer, at: datetime, form_id: UUID, news: News = NEWS
) -> ReplySubmission:
    return replies.submit(
        inquiry=Inquiry.objects.get(pk=row.inquiry_id),
        form_id=form_id,
        answers=[(PlacementRequest.objects.get(pk=row.pk), answer)],
        news=news,
        at=at,
        today=at.date(),
    )


def counts() -> tuple[int, ...]:
    requested = ContactPause.objects.filter(reason="requested").count()
    return ReplySubmission.objects.count(), InboundMessage.objects.count(), requested


def test_sending_is_booked_once(at: datetime) -> None:
    row, form_id = RequestFactory(), uuid4()
    first = submit(row, NO, at, form_id)
    assert submit(row, NO, at, form_id) == first
    assert counts() == (1, 1, 1)
    assert RequestHistory.objects.filter(subject=row, new="rejected").count() == 1


def test_sending_that_broke_off_is_finished_by_the_next_attempt(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, form_id = RequestFactory(), uuid4()

    def broken(**values: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch, pytest.raises(ConnectionError):
        patch.setattr(replies.contact, "pause", broken)
        submit(row, YES, at, form_id)
    assert counts() == (0, 0, 0)
    assert Therapist.objects.get(pk=row.therapist_id).free_individual_from is None
    submit(row, YES, at, form_id)
    assert counts() == (1, 1, 1)
    assert RequestHistory.objects.filter(subject=row, new="accepted").count() == 1


def test_repeated_sending_does_not_redo_what_a_person_has_undone(at: datetime, coordinator: User) -> None:
    row, form_id = RequestFactory(), uuid4()
    submit(row, NO, at, form_id)
    answers.undo_answer(request=row, actor=coordinator, at=at, reason="wrong practice")
    submit(row, NO, at, form_id)
    row.refresh_from_db()
    assert row.status == RequestStatus.SENT


def test_words_wait_in_the_tray(at: datetime) -> None:
    row, form_id = RequestFactory(), uuid4()
    submission = submit(row, YES, at, form_id)
    message = replies.words_of(submission)
    assert message is not None
    assert message.fingerprint == hashlib.sha256(str(form_id).encode()).hexdigest()
    assert (message.status, message.received_at, message.subject) == ("waiting", at, row.inquiry.reference)
    assert list(message.history.values_list("old", "new", "actor")) == [("", "waiting", None)]
    assert DomainEvent.objects.filter(type="inbound.waiting").count() == 1


def test_without_words_there_is_no_message(at: datetime) -> None:
    submission = submit(RequestFactory(), YES, at, uuid4(), News())
    assert replies.words_of(submission) is None
    assert counts() == (1, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_two_sendings_at_the_same_moment_count_once(at: datetime) -> None:
    for _round in range(5):
        rows = [RequestFactory(inquiry=inquiry) for inquiry in [InquiryFactory()] for _row in range(2)]
        form_id, barrier = uuid4(), Barrier(4)

        def send(_number: int, rows=rows, form_id=form_id, barrier=barrier) -> ReplySubmission:
            try:
                inquiry = Inquiry.objects.get(pk=rows[0].inquiry_id)
                given = list(zip(inquiry.requests.order_by("pk"), (YES, NO), strict=True))
                barrier.wait(timeout=30)
                return replies.submit(
                    inquiry=inquiry, form_id=form_id, answers=given, news=NEWS, at=at, today=at.date()
                )
            finally:
                connections.close_all()

        with ThreadPoolExecutor(4) as pool:
            submissions = list(pool.map(send, range(4)))
        assert len(set(submissions)) == 1
        written = RequestHistory.objects.filter(subject__in=rows, new__in=["accepted", "rejected"])
        assert sorted(written.values_list("new", flat=True)) == ["accepted", "rejected"]
    assert counts() == (5, 5, 5)
    assert ContactPause.objects.filter(reason="answered").count() == 5


def test_revoked_link_names_nothing_any_more(at: datetime, coordinator: User) -> None:
    inquiry = InquiryFactory()
    token = reply_links.reply_token(inquiry)
    fresh = replies.revoke_reply_link(inquiry=inquiry, actor=coordinator, at=at, reason="went astray")
    assert reply_links.reference_and_key(token, valid_days=60) != (fresh.reference, fresh.reply_key)
    assert Inquiry.objects.get(pk=inquiry.pk).reply_key == fresh.reply_key
    row = inquiry.history.get()
    assert (row.old, row.new, row.actor, row.reason) == ("sent", "link_revoked", coordinator, "went astray")
    assert timeline.of_inquiry(inquiry)[0]["reason"] == "went astray"


@pytest.mark.parametrize("status", ["draft", "released", "cancelled"])
def test_link_that_was_never_sent_cannot_be_revoked(at: datetime, coordinator: User, status: str) -> None:
    inquiry = InquiryFactory(status=status)
    with pytest.raises(Refused):
        replies.revoke_reply_link(inquiry=inquiry, actor=coordinator, at=at, reason="went astray")
    assert Inquiry.objects.get(pk=inquiry.pk).reply_key == inquiry.reply_key

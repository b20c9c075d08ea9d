from datetime import datetime

import pytest

from apps.communication.services import queue
from apps.core.parameters import current
from apps.matching import letters
from apps.matching.models import InquiryContact, PlacementRequest
from apps.matching.selectors import lists, previews
from tests.factories.matching import InquiryFactory, RequestFactory, RoundFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db


def write(row: PlacementRequest, at: datetime) -> None:
    """The inquiry of this request went out by e-mail."""
    letter = letters.inquiry_letter(inquiry=row.inquiry, requests=[row], today=at.date())
    email = queue.enqueue(
        letter=letter, to_email="a@example.org", to_name="", therapist=row.therapist, actor=None, at=at
    )
    InquiryContact.objects.create(inquiry=row.inquiry, email=email, request_ids=[row.pk])


def test_withdrawal_counts_unsent_asked_and_who_is_told(at: datetime) -> None:
    written = RequestFactory()
    search = written.search
    write(written, at)
    by_phone = InquiryFactory(therapist=TherapistFactory(practice__email=""))
    called = RequestFactory(search=search, status="waitlisted", inquiry=by_phone)
    RequestFactory(search=search, status="planned")
    RequestFactory(search=search, status="rejected")
    found = previews.withdrawal(search=search)
    assert (found.unsent, found.asked, found.told) == (1, 2, (written.therapist.full_name,))
    assert found.called == (called.therapist.full_name,)
    assert len(found.sentences) == 4


def test_withdrawal_of_a_request_by_phone_is_told_by_letter_where_that_may_be() -> None:
    asked = RequestFactory()
    found = previews.withdrawal(search=asked.search)
    assert (found.told, found.called) == ((asked.therapist.full_name,), ())


def test_withdrawal_leaves_the_winner_out() -> None:
    winner = RequestFactory()
    assert previews.withdrawal(search=winner.search, except_for=winner).sentences == []


def test_release_counts_emails_calls_and_requests(at: datetime) -> None:
    round_ = RoundFactory()
    by_email = InquiryFactory(round=round_, status="draft")
    for _row in range(2):
        RequestFactory(inquiry=by_email, status="planned")
    RequestFactory(inquiry=InquiryFactory(round=round_, status="draft", channel="phone"), status="planned")
    chosen = list(lists.inquiries_of_round(round_))
    found = previews.release(inquiries=chosen, parameters=current(at=at))
    assert (found.emails, found.calls, found.requests) == (1, 1, 3)
    assert len(found.sentences) == 3

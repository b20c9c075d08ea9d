"""Who cannot be called is reminded by e-mail: once, not while the search pauses, only of what still waits."""

from datetime import timedelta
from typing import Any

import pytest

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.events import services as events
from apps.matching.models import Inquiry, PlacementSearch
from apps.matching.services import follow_up, searches
from tests.factories.matching import SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    ask,
    change_parameter,
    deliver,
    fresh,
    reject,
    status_of,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WEEK = AT + 7 * DAY


def without_phone(**fields: Any) -> Any:
    return TherapistFactory(practice__phone="", **fields)


def ask_by_email(*of: PlacementSearch) -> Inquiry:
    return ask(*of, therapist=without_phone())


def pause(search: PlacementSearch) -> PlacementSearch:
    paused = searches.pause(
        search=search, paused_from=TODAY, until=None, reason="ill", actor=None, at=WEEK, today=TODAY
    )
    events.dispatch(at=WEEK)
    return paused


def reminders(inquiry: Inquiry) -> list[EmailMessage]:
    found = EmailMessage.objects.filter(inquiry_contact__inquiry=inquiry, kind=LetterKind.REMINDER)
    return list(found.order_by("id"))


def test_reminder_instead_of_a_call_where_there_is_no_number() -> None:
    inquiry = ask_by_email(SearchFactory(), SearchFactory())
    assert follow_up.follow_up_due(at=WEEK) == 1
    (email,) = reminders(inquiry)
    asked_by = EmailMessage.objects.get(kind=LetterKind.INQUIRY)
    assert (email.status, email.to_email) == ("queued", asked_by.to_email)
    assert (email.once_key, email.in_reply_to) == (f"reminder:{inquiry.pk}", asked_by.message_id)
    assert inquiry.reference in email.subject
    ids = list(inquiry.requests.order_by("id").values_list("id", flat=True))
    assert email.inquiry_contact.request_ids == ids
    assert waiting_calls(inquiry) == []


def test_reminder_is_written_once() -> None:
    inquiry = ask_by_email()
    runs = [follow_up.follow_up_due(at=WEEK), follow_up.follow_up_due(at=WEEK)]
    deliver(at=WEEK)
    runs += [follow_up.follow_up_due(at=WEEK + DAY), follow_up.follow_up_due(at=WEEK + 8 * DAY)]
    assert runs == [1, 0, 0, 0]
    assert len(reminders(inquiry)) == 1


def test_no_reminder_where_no_address_may_be_used() -> None:
    """The policy was tightened since: neither a call nor a letter; the inquiry runs out by itself."""
    inquiry = ask(therapist=without_phone(email_permission_since=None, email_permission_how=""))
    change_parameter("email_policy", "permission")
    assert follow_up.follow_up_due(at=WEEK) == 0
    assert reminders(inquiry) == []
    assert follow_up.expire_due(at=AT + 14 * DAY) == 1


def test_no_reminder_in_a_contact_pause() -> None:
    therapist = without_phone()
    inquiry = ask(therapist=therapist)
    ContactPauseFactory(therapist=therapist, starts_on=TODAY, until=TODAY + 8 * DAY)
    assert (follow_up.follow_up_due(at=WEEK), follow_up.follow_up_due(at=WEEK + 2 * DAY)) == (0, 1)
    assert len(reminders(inquiry)) == 1


def test_reminder_names_only_searches_that_do_not_pause() -> None:
    paused, active = SearchFactory(), SearchFactory()
    inquiry = ask_by_email(paused, active)
    pause(paused)
    follow_up.follow_up_due(at=WEEK)
    (email,) = reminders(inquiry)
    assert email.inquiry_contact.request_ids == [active.requests.get().pk]
    assert active.patient.case_code in email.text
    assert paused.patient.case_code not in email.text


def test_waiting_reminder_is_cancelled_by_the_pause_and_comes_back_after_it() -> None:
    search = SearchFactory()
    inquiry = ask_by_email(search)
    follow_up.follow_up_due(at=WEEK)
    paused = pause(search)
    assert [email.status for email in reminders(inquiry)] == ["cancelled"]
    assert follow_up.follow_up_due(at=WEEK) == 0
    searches.resume(search=paused, actor=None, at=WEEK + DAY)
    assert (follow_up.follow_up_due(at=WEEK + DAY), follow_up.follow_up_due(at=WEEK + DAY)) == (1, 0)
    assert [email.status for email in reminders(inquiry)] == ["cancelled", "queued"]


def test_waiting_reminder_is_rewritten_when_one_of_two_searches_pauses() -> None:
    paused, active = SearchFactory(), SearchFactory()
    inquiry = ask_by_email(paused, active)
    follow_up.follow_up_due(at=WEEK)
    pause(paused)
    (email,) = reminders(inquiry)
    assert (email.status, email.inquiry_contact.request_ids) == ("queued", [active.requests.get().pk])
    assert paused.patient.case_code not in email.text


def test_waiting_reminder_is_cancelled_by_the_answer() -> None:
    inquiry = ask_by_email()
    follow_up.follow_up_due(at=WEEK)
    accept(inquiry.requests.get(), at=WEEK)
    events.dispatch(at=WEEK)
    assert [email.status for email in reminders(inquiry)] == ["cancelled"]


def test_waiting_reminder_leaves_out_what_was_answered() -> None:
    change_parameter("contact_pause_days", 0)
    inquiry = ask_by_email(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    follow_up.follow_up_due(at=WEEK)
    reject(first, at=WEEK)
    events.dispatch(at=WEEK)
    (email,) = reminders(inquiry)
    assert (email.status, email.inquiry_contact.request_ids) == ("queued", [second.pk])


def test_sent_reminder_is_left_alone_by_a_pause() -> None:
    search = SearchFactory()
    inquiry = ask_by_email(search)
    follow_up.follow_up_due(at=WEEK)
    deliver(at=WEEK)
    pause(search)
    assert [email.status for email in reminders(inquiry)] == ["sent"]


def test_expiry_counts_from_the_reminder() -> None:
    inquiry = ask_by_email()
    follow_up.follow_up_due(at=WEEK)
    deliver(at=WEEK)
    assert fresh(inquiry).last_contact_at == WEEK
    assert (follow_up.expire_due(at=AT + 14 * DAY), status_of(inquiry)) == (0, ["sent"])
    assert (follow_up.expire_due(at=WEEK + 14 * DAY), status_of(inquiry)) == (1, ["expired"])


def test_expiry_does_not_wait_for_a_reminder_that_was_cancelled_by_hand() -> None:
    inquiry = ask_by_email()
    follow_up.follow_up_due(at=WEEK)
    (email,) = reminders(inquiry)
    queue.cancel(email=email, actor=None, at=WEEK, reason="told on the street")
    events.dispatch(at=WEEK)
    assert (fresh(email).status, fresh(inquiry).last_contact_at) == (EmailStatus.CANCELLED, AT)
    assert follow_up.expire_due(at=AT + 14 * DAY) == 1

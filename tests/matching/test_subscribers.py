"""What matching does on the news of others, through the outbox."""

from datetime import timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallStatus, EmailStatus
from apps.communication.models import EmailMessage
from apps.communication.services import calls, queue, sending
from apps.events import services as events
from apps.events.models import DomainEvent
from apps.matching.services import follow_up, inquiries, release, searches
from apps.patients.enums import Purpose
from apps.patients.services import consents, registration
from apps.therapists.services import contact, offer, records, status
from apps.therapists.services.practices import update_practice
from apps.workspace.demo.mailserver import CatchingHandler
from tests.communication.rows import call_at, plain
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    asked,
    bring,
    by_phone,
    change_parameter,
    deliver,
    fresh,
    let_out,
    letters_to,
    operations,
    status_of,
    steps,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(hours=1)


def _dispatch() -> None:
    """The news, and the news that follows from it; no subscriber may fail."""
    while events.dispatch(at=LATER):
        pass
    assert DomainEvent.objects.filter(dispatched_at__isnull=True).count() == 0


def _letter(inquiry: Any) -> EmailMessage:
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    return letter


# patients


@pytest.mark.parametrize("change", ["moved", "wish", "consent"])
def test_patient_who_changed_leaves_unsent_inquiries(change: str) -> None:
    search, other = SearchFactory(), SearchFactory()
    sent, alone, shared = asked(search), let_out(search), let_out(search, other)
    patient = fresh(search.patient)
    if change == "moved":
        far = {"plz": "80331", "city": "München", "latitude": 48.14, "longitude": 11.58}
        registration.update(patient=patient, changes=far, actor=None, at=AT)
    if change == "wish":
        registration.update(patient=patient, changes={"wished_gender": "male"}, actor=None, at=AT)
    if change == "consent":
        consents.withdraw(patient=patient, purpose=Purpose.PSEUDONYMOUS, on=TODAY, at=AT)
    _dispatch()
    assert status_of(alone, _letter(alone)) == ["cancelled", "cancelled"]
    assert status_of(*shared.requests.order_by("id")) == ["withdrawn", "released"]
    text = _letter(shared).text
    assert (patient.case_code in text, other.patient.case_code in text) == (False, True)
    assert status_of(sent) == ["sent"]


def test_patient_with_a_harmless_change_stays() -> None:
    inquiry = let_out()
    patient = inquiry.requests.get().search.patient
    registration.update(patient=fresh(patient), changes={"phone": "+49341555555"}, actor=None, at=AT)
    _dispatch()
    assert status_of(inquiry) == ["released"]


# therapists


@pytest.mark.parametrize(
    "change", ["blocked", "inactive", "objected", "paused", "moved", "changed", "approvals"]
)
def test_therapist_who_changed_is_not_asked(change: str) -> None:
    inquiry = let_out()
    therapist = fresh(inquiry.therapist)
    if change == "blocked":
        status.block(therapist=therapist, reason="ill", until=None, actor=None, at=AT)
    if change == "inactive":
        status.deactivate(therapist=therapist, actor=None, at=AT)
    if change == "objected":
        status.object_to_contact(therapist=therapist, on=TODAY, actor=None, at=AT, reason="letter")
    if change == "paused":
        contact.pause(therapist=therapist, starts_on=TODAY, until=TODAY, reason="holiday", at=AT)
    if change == "moved":
        far = {"plz": "80331", "city": "München", "latitude": 48.14, "longitude": 11.58}
        practice = therapist.workplaces.get().practice
        update_practice(practice=practice, changes=far, actor=None, at=AT)
    if change == "changed":
        records.update(therapist=therapist, changes={"seat": "none"}, actor=None, at=AT)
    if change == "approvals":
        offer.set_approvals(therapist=therapist, approvals=[("VT", "minors", "individual")], at=AT)
    _dispatch()
    assert status_of(inquiry, inquiry.requests.get(), _letter(inquiry)) == [
        "cancelled",
        "withdrawn",
        "cancelled",
    ]


def test_therapist_pause_holds_for_the_colleague_too() -> None:
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    inquiry = let_out(therapist=colleague)
    contact.pause(therapist=therapist, starts_on=TODAY, until=TODAY, reason="holiday", at=AT)
    _dispatch()
    assert status_of(inquiry) == ["cancelled"]


# e-mails


def test_email_sent_asks_all_requests_of_the_inquiry(mailbox: CatchingHandler) -> None:
    inquiry = let_out(SearchFactory(), SearchFactory())
    sending.send_queue(at=LATER)
    _dispatch()
    out = fresh(inquiry)
    assert (out.status, out.sent_at, out.last_contact_at) == ("sent", LATER, LATER)
    assert [(row.status, row.sent_at) for row in inquiry.requests.all()] == [("sent", LATER)] * 2


def test_email_sent_told_twice_changes_nothing() -> None:
    inquiry = let_out()
    deliver()
    before = steps(inquiry)
    DomainEvent.objects.update(dispatched_at=None)
    DomainEvent.objects.get(type="email.sent").deliveries.all().delete()
    _dispatch()
    assert steps(inquiry) == before


def test_email_sent_of_a_withdrawal_letter_asks_nobody() -> None:
    search = SearchFactory()
    first, second = asked(search), asked(search)
    accept(first)
    before = steps(second.inquiry)
    deliver()
    assert steps(second.inquiry) == before


def test_email_failed_becomes_a_call(mailbox: CatchingHandler) -> None:
    inquiry = let_out()
    mailbox.rcpt_replies[_letter(inquiry).to_email] = "550 no such user"
    sending.send_queue(at=LATER)
    _dispatch()
    (call,) = waiting_calls(inquiry)
    assert (fresh(inquiry).channel, fresh(inquiry).status, call.purpose) == (
        "phone",
        "released",
        "first_contact",
    )
    assert status_of(inquiry.requests.get(), _letter(inquiry)) == ["released", "failed"]


def test_email_that_came_back_becomes_a_call_once(mailbox: CatchingHandler) -> None:
    """The server took the letter; hours later its report said that nobody reads there."""
    inquiry = let_out()
    sending.send_queue(at=AT)
    _dispatch()
    bring(_letter(inquiry), EmailStatus.BOUNCED)
    _dispatch()
    (call,) = waiting_calls(inquiry)
    assert (fresh(inquiry).channel, fresh(inquiry).status, call.purpose) == ("phone", "sent", "first_contact")
    assert release.after_bounce(inquiry=inquiry, actor=None, at=LATER) is False
    assert len(waiting_calls(inquiry)) == 1


def test_email_that_came_back_after_the_answer_plans_no_call(mailbox: CatchingHandler) -> None:
    inquiry = let_out()
    sending.send_queue(at=AT)
    _dispatch()
    accept(inquiry.requests.get())
    bring(_letter(inquiry), EmailStatus.BOUNCED)
    _dispatch()
    assert waiting_calls(inquiry) == []


def test_email_failed_without_a_number_withdraws(mailbox: CatchingHandler) -> None:
    inquiry = let_out(therapist=TherapistFactory(practice__phone=""))
    mailbox.rcpt_replies[_letter(inquiry).to_email] = "550 no such user"
    sending.send_queue(at=LATER)
    _dispatch()
    assert status_of(inquiry, inquiry.requests.get()) == ["cancelled", "withdrawn"]


def test_email_failed_after_the_search_ended_plans_no_call(mailbox: CatchingHandler) -> None:
    """The worker had the letter in hand when the search was cancelled; then the address turned out wrong."""
    search = SearchFactory()
    inquiry = let_out(search)
    [email] = sending.claim(at=AT)
    searches.cancel(search=search, reason="moved away", actor=None, at=AT, today=TODAY)
    assert len(letters_to(inquiry.therapist, "withdrawal")) == 1
    bring(email, EmailStatus.FAILED)
    _dispatch()
    assert status_of(inquiry, inquiry.requests.get()) == ["cancelled", "withdrawn"]
    assert waiting_calls(inquiry) == []
    assert [one.status for one in letters_to(inquiry.therapist, "withdrawal")] == ["cancelled"]


def test_email_refused_for_an_outdated_letter_is_renewed(mailbox: CatchingHandler) -> None:
    """One of two was withdrawn past the letter: the gate stops it, the rest goes out again."""
    stays, goes = SearchFactory(), SearchFactory()
    inquiry = let_out(stays, goes)
    goes_row = inquiry.requests.get(search=goes)
    type(goes_row).objects.filter(pk=goes_row.pk).update(status="withdrawn")
    assert sending.send_queue(at=AT) == 0
    assert status_of(_letter(inquiry)) == ["refused"]
    _dispatch()
    assert status_of(_letter(inquiry)) == ["queued"]
    assert sending.send_queue(at=LATER) == 1
    (message,) = mailbox.messages
    assert stays.patient.case_code in plain(message)
    assert goes.patient.case_code not in plain(message)


def test_email_refused_by_the_policy_becomes_a_call(mailbox: CatchingHandler) -> None:
    therapist = TherapistFactory(email_permission_since=None, email_permission_how="")
    inquiry = let_out(therapist=therapist)
    change_parameter("email_policy", "permission")
    sending.send_queue(at=LATER)
    _dispatch()
    assert mailbox.messages == []
    assert len(waiting_calls(inquiry)) == 1


def test_email_refused_as_too_early_waits_for_a_person_and_may_go_all_the_same(
    mailbox: CatchingHandler, coordinator: User
) -> None:
    """Somebody behind the same mailbox was talked to meanwhile: nobody calls in the letter's place."""
    inquiry = let_out()
    colleague = TherapistFactory(contact_group=inquiry.therapist.contact_group)
    call = call_at(AT, therapist=colleague)
    calls.complete(call=call, outcome=CallOutcome.REACHED, note="", actor=coordinator, at=AT)
    assert sending.send_queue(at=LATER) == 0
    _dispatch()
    letter = _letter(inquiry)
    assert (letter.status, letter.refusal) == ("refused", "contact_interval")
    assert (fresh(inquiry).status, waiting_calls(inquiry)) == ("released", [])
    queue.requeue(email=letter, actor=coordinator, at=LATER, reason="agreed", sets_refusal_aside=True)
    assert sending.send_queue(at=LATER) == 1
    _dispatch()
    assert fresh(inquiry).status == "sent"


def test_email_sent_after_all_ends_the_call_planned_instead() -> None:
    """It failed, a call was planned; somebody corrected the address and sent it again."""
    inquiry = let_out()
    bring(_letter(inquiry), EmailStatus.SENDING, EmailStatus.FAILED)
    _dispatch()
    (call,) = waiting_calls(inquiry)
    queue.requeue(email=_letter(inquiry), actor=None, at=LATER, reason="address corrected")
    deliver(at=LATER)
    assert status_of(inquiry, call) == ["sent", CallStatus.CANCELLED]


def test_email_cancelled_by_a_person_ends_the_inquiry() -> None:
    """Else the therapist and all colleagues would wait for it for ever."""
    inquiry = let_out(SearchFactory(), SearchFactory())
    queue.cancel(email=_letter(inquiry), actor=None, at=LATER, reason="wrong person")
    _dispatch()
    assert status_of(inquiry, *inquiry.requests.all()) == ["cancelled", "withdrawn", "withdrawn"]
    assert {row.at for row in inquiry.history.filter(new="cancelled")} == {LATER}


def test_email_cancelled_after_a_call_was_planned_leaves_the_call() -> None:
    inquiry = let_out()
    bring(_letter(inquiry), EmailStatus.SENDING, EmailStatus.FAILED)
    _dispatch()
    queue.cancel(email=_letter(inquiry), actor=None, at=LATER, reason="we call")
    _dispatch()
    assert status_of(inquiry) == ["released"]
    assert len(waiting_calls(inquiry)) == 1


def test_email_unclear_waits_for_a_person_and_settled_counts() -> None:
    inquiry = let_out()
    bring(_letter(inquiry), EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR)
    _dispatch()
    assert status_of(inquiry) == ["released"]
    queue.settle_as_sent(email=_letter(inquiry), actor=None, at=LATER, reason="they have it")
    _dispatch()
    assert status_of(inquiry, inquiry.requests.get()) == ["sent", "sent"]


def test_email_sent_is_one_operation() -> None:
    inquiry = let_out(SearchFactory(), SearchFactory())
    email = _letter(inquiry)
    bring(email, EmailStatus.SENDING, EmailStatus.HANDING_OVER)
    bring(email, EmailStatus.SENT, at=LATER)
    email.history.filter(at=LATER).delete()
    _dispatch()
    assert len(operations(LATER)) == 1


def test_mark_sent_ends_a_planned_call_even_before_any_news() -> None:
    inquiry = let_out(therapist=by_phone())
    (call,) = waiting_calls(inquiry)
    inquiries.mark_sent(inquiry=inquiry, at=LATER)
    assert status_of(inquiry, call) == ["sent", CallStatus.CANCELLED]


@pytest.mark.parametrize("change", ["blocked", "inactive", "objected"])
def test_therapist_who_is_gone_is_not_called_about_what_was_asked_before(change: str) -> None:
    inquiry = asked().inquiry
    follow_up.follow_up_due(at=AT + timedelta(days=7))
    (call,) = waiting_calls(inquiry)
    therapist = fresh(inquiry.therapist)
    if change == "blocked":
        status.block(therapist=therapist, reason="ill", until=None, actor=None, at=AT)
    if change == "inactive":
        status.deactivate(therapist=therapist, actor=None, at=AT)
    if change == "objected":
        status.object_to_contact(therapist=therapist, on=TODAY, actor=None, at=AT, reason="letter")
    _dispatch()
    assert status_of(call, inquiry) == [CallStatus.CANCELLED, "sent"]

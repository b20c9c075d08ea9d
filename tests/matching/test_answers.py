"""Answers: first acceptance wins, nothing that comes later is lost, a mis-click can be undone with trace."""

from datetime import date, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from apps.core.errors import StaleState
from apps.events.models import DomainEvent
from apps.matching.engine.reasons import Reason
from apps.matching.enums import AnswerSource, ExclusionSource, RequestStatus
from apps.matching.models import TherapistExclusion
from apps.matching.services import answers, follow_up, searches
from apps.matching.services.answers import Answer
from apps.therapists.enums import PauseReason
from apps.therapists.models import ContactPause
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    answer,
    ask,
    asked,
    bring,
    by_phone,
    change_parameter,
    deliver,
    fresh,
    let_out,
    letters_to,
    operations,
    plan,
    reasons,
    refused,
    reject,
    status_of,
    steps,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

R = RequestStatus
LATER = AT + timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
UNTIL = date(2027, 2, 1)


# what an answer must say


def test_answer_rejected_without_a_reason_is_refused() -> None:
    for reason in ("", "no idea"):
        with refused():
            Answer(outcome=R.REJECTED, reason=reason)


def test_answer_waitlisted_without_a_date_is_refused() -> None:
    with refused():
        Answer(outcome=R.WAITLISTED)


def test_answer_of_another_kind_is_a_bug() -> None:
    with pytest.raises(ValueError, match="is not an answer"):
        Answer(outcome=R.SENT)


# acceptance


def test_accepted_wins_and_withdraws_all_others(coordinator: User) -> None:
    """One sent by e-mail, one by phone, one whose letter waits, one draft, one on a waiting list."""
    search, other = SearchFactory(), SearchFactory()
    winner = asked(search)
    by_mail, phoned = asked(search), asked(search, by_phone())
    listed = answer(asked(search), R.WAITLISTED, waitlist_until=UNTIL)
    waits, draft = let_out(search), plan(search)
    shared = let_out(search, other)
    answers.record_answer(
        request=winner,
        answer=Answer(outcome=R.ACCEPTED, note="ab Januar"),
        source=AnswerSource.PHONE,
        actor=coordinator,
        at=LATER,
        today=TOMORROW,
    )
    won = fresh(winner)
    assert (won.status, won.answered_at, won.answer_source, won.answer_note) == (
        R.ACCEPTED,
        LATER,
        AnswerSource.PHONE,
        "ab Januar",
    )
    assert status_of(search, by_mail, phoned, listed) == ["trial", "withdrawn", "withdrawn", "withdrawn"]
    assert status_of(waits, draft) == ["cancelled", "cancelled"]
    assert status_of(*shared.requests.order_by("id")) == ["withdrawn", "released"]
    assert status_of(winner.inquiry, by_mail.inquiry, shared) == ["answered", "withdrawn", "released"]
    assert fresh(search.patient).first_place_on == TOMORROW


def test_accepted_tells_those_asked_by_mail_and_cancels_waiting_letters() -> None:
    search = SearchFactory()
    winner, told = asked(search), asked(search)
    waits = let_out(search)
    called = let_out(search, therapist=by_phone())
    accept(winner)
    assert [email.status for email in letters_to(told.therapist, "withdrawal")] == ["queued"]
    assert [email.status for email in letters_to(waits.therapist, "inquiry")] == ["cancelled"]
    assert letters_to(waits.therapist, "withdrawal") == []
    assert letters_to(winner.therapist, "withdrawal") == []
    assert waiting_calls(called) == []
    assert [email.kind for email in EmailMessage.objects.filter(status="queued")] == [
        "withdrawal",
        "patient_place_found",
    ]


def test_accepted_shrinks_the_letter_of_a_shared_inquiry() -> None:
    search, other = SearchFactory(), SearchFactory()
    winner, shared = asked(search), let_out(search, other)
    (letter,) = letters_to(shared.therapist, "inquiry")
    assert search.patient.case_code in letter.text
    accept(winner)
    (letter,) = letters_to(shared.therapist, "inquiry")
    assert search.patient.case_code not in letter.text
    assert other.patient.case_code in letter.text
    left = [request.pk for request in shared.requests.filter(status=R.RELEASED)]
    assert letter.inquiry_contact.request_ids == left


@pytest.mark.parametrize(
    "states",
    [
        (EmailStatus.SENDING,),
        (EmailStatus.SENDING, EmailStatus.HANDING_OVER),
        (EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR),
    ],
)
def test_accepted_while_a_letter_is_out_of_hand_counts_it_as_asked(states: tuple[EmailStatus, ...]) -> None:
    search = SearchFactory()
    winner, inquiry = asked(search), let_out(search)
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    bring(letter, *states)
    accept(winner)
    assert status_of(inquiry.requests.get(), inquiry, letter) == ["withdrawn", "released", states[-1]]
    assert len(letters_to(inquiry.therapist, "withdrawal")) == 1
    bring(letter, *(state for state in (EmailStatus.HANDING_OVER, EmailStatus.SENT) if state not in states))
    deliver()
    assert status_of(inquiry) == ["withdrawn"]


def test_accepted_is_one_operation_and_tells_it() -> None:
    search = SearchFactory()
    winner, other, waits = asked(search), asked(search), let_out(search)
    accept(winner, at=LATER)
    assert len(operations(LATER)) == 1
    assert steps(winner)[-1] == ("sent", "accepted")
    assert steps(other)[-1] == ("sent", "withdrawn")
    assert steps(waits) == [("", "draft"), ("draft", "released"), ("released", "cancelled")]
    assert steps(search)[-1] == ("active", "trial")
    told = DomainEvent.objects.filter(occurred_at=LATER).values_list("type", flat=True)
    assert {"request.accepted", "search.trial", "request.withdrawn", "inquiry.cancelled"} <= set(told)


@pytest.mark.parametrize("before", ["paused", "expired", "waitlisted", "rejected"])
def test_accepted_after_something_else_still_wins(before: str) -> None:
    search = SearchFactory()
    request = asked(search)
    if before == "paused":
        search = searches.pause(
            search=search, paused_from=TODAY, until=None, reason="ill", actor=None, at=AT, today=TODAY
        )
    if before == "expired":
        assert follow_up.expire_due(at=AT + timedelta(days=14)) == 1
    if before == "waitlisted":
        answer(request, R.WAITLISTED, waitlist_until=UNTIL)
    if before == "rejected":
        reject(request)
    accept(fresh(request), at=AT + timedelta(days=15))
    assert status_of(request, search, request.inquiry) == ["accepted", "trial", "answered"]
    assert fresh(request).rejection_reason == ""


def test_accepted_second_time_elsewhere_is_a_conflict() -> None:
    search = SearchFactory()
    first, second = asked(search), asked(search)
    accept(first)
    accept(second, at=LATER)
    late = fresh(second)
    assert (late.status, late.answered_at, late.conflict_resolved_at) == (R.CONFLICT, LATER, None)
    assert steps(second) == [
        ("", "planned"),
        ("planned", "released"),
        ("released", "sent"),
        ("sent", "withdrawn"),
        ("withdrawn", "conflict"),
    ]
    assert status_of(first, search) == ["accepted", "trial"]
    assert status_of(second.inquiry) == ["answered"]


def test_accepted_after_the_search_was_cancelled_is_a_conflict() -> None:
    search = SearchFactory()
    request = asked(search)
    searches.cancel(search=search, reason="moved away", actor=None, at=AT, today=TODAY)
    accept(fresh(request), at=LATER)
    assert status_of(request, search) == ["conflict", "cancelled"]


def test_answer_to_a_draft_or_waiting_letter_is_stale() -> None:
    """Nobody has been asked yet."""
    for request in (plan().requests.get(), let_out().requests.get()):
        with pytest.raises(StaleState):
            accept(request)
        assert status_of(request, request.search) == [request.status, "active"]


@pytest.mark.parametrize("last", [EmailStatus.HANDING_OVER, EmailStatus.UNCLEAR, EmailStatus.SENT])
def test_answer_before_the_news_of_the_sending_counts(last: EmailStatus) -> None:
    """Whoever answers has got the letter, whatever the mail server said."""
    search, other = SearchFactory(), SearchFactory()
    inquiry = let_out(search, other)
    (letter,) = letters_to(inquiry.therapist, "inquiry")
    way = [EmailStatus.SENDING, EmailStatus.HANDING_OVER, last]
    bring(letter, *dict.fromkeys(way))
    request, beside = inquiry.requests.order_by("id")
    reject(request, at=LATER)
    assert status_of(request, beside, inquiry) == ["rejected", "sent", "sent"]
    expected = EmailStatus.SENT if last == EmailStatus.UNCLEAR else last
    assert status_of(letter) == [expected]


# waiting list and rejection


def test_waitlisted_locks_the_pair_until_that_day() -> None:
    request = asked()
    answer(request, R.WAITLISTED, waitlist_until=UNTIL, note="Platz 3")
    listed = fresh(request)
    assert (listed.status, listed.waitlist_until, listed.locked_until) == (R.WAITLISTED, UNTIL, UNTIL)
    assert (listed.rejection_reason, listed.ended_at, listed.answer_note) == ("", None, "Platz 3")
    assert status_of(request.search, request.inquiry) == ["active", "answered"]
    assert Reason.LOCKED_AFTER_REJECTION in reasons(request.search, request.therapist, UNTIL)
    after = UNTIL + timedelta(days=1)
    assert Reason.LOCKED_AFTER_REJECTION not in reasons(request.search, request.therapist, after)


@pytest.mark.parametrize("reason", ["capacity", "other", "not_suitable"])
def test_rejected_locks_the_pair_for_28_days(reason: str) -> None:
    request = asked()
    reject(request, reason=reason)
    declined = fresh(request)
    last_day = date(2026, 12, 21)
    assert (declined.status, declined.rejection_reason, declined.locked_until, declined.ended_at) == (
        R.REJECTED,
        reason,
        last_day,
        AT,
    )
    found = [
        Reason.LOCKED_AFTER_REJECTION in reasons(request.search, request.therapist, on)
        for on in (last_day, last_day + timedelta(days=1))
    ]
    assert found == [True, False]
    assert Reason.LOCKED_AFTER_REJECTION not in reasons(SearchFactory(), request.therapist, TODAY)


@pytest.mark.parametrize(("reason", "count"), [("capacity", 0), ("other", 0), ("not_suitable", 1)])
def test_rejected_as_not_suitable_excludes_the_therapist_for_good(reason: str, count: int) -> None:
    request = asked()
    reject(request, reason=reason)
    rows = TherapistExclusion.objects.filter(patient=request.search.patient, therapist=request.therapist)
    assert rows.filter(source=ExclusionSource.NOT_SUITABLE).count() == count
    in_a_year = TODAY + timedelta(days=365)
    excluded = Reason.EXCLUDED_BY_PATIENT in reasons(request.search, request.therapist, in_a_year)
    assert excluded is bool(count)


def test_any_answer_pauses_the_whole_contact_group_for_28_days() -> None:
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    request = asked(therapist=therapist)
    reject(request)
    pause = ContactPause.objects.get()
    assert (pause.therapist, pause.starts_on, pause.until, pause.reason) == (
        therapist,
        TODAY,
        date(2026, 12, 21),
        PauseReason.ANSWERED,
    )
    search = SearchFactory()
    for one in (therapist, colleague):
        assert Reason.CONTACT_PAUSE in reasons(search, one, pause.until)
        assert reasons(search, one, pause.until + timedelta(days=1)) == ()


@pytest.mark.parametrize("outcome", [R.ACCEPTED, R.WAITLISTED, R.REJECTED])
def test_answer_of_every_kind_starts_the_pause(outcome: RequestStatus) -> None:
    parts = {R.WAITLISTED: {"waitlist_until": UNTIL}, R.REJECTED: {"reason": "capacity"}}
    answer(asked(), outcome, **parts.get(outcome, {}))
    assert ContactPause.objects.count() == 1


def test_answers_to_several_requests_of_one_day_pause_once() -> None:
    inquiry = ask(SearchFactory(), SearchFactory())
    for request in inquiry.requests.order_by("id"):
        reject(request)
    assert ContactPause.objects.count() == 1


def test_answer_without_a_pause_where_the_parameter_is_zero() -> None:
    change_parameter("contact_pause_days", 0)
    reject(asked())
    assert ContactPause.objects.count() == 0


def test_answers_to_all_requests_end_the_inquiry() -> None:
    inquiry = ask(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    reject(first)
    assert status_of(inquiry) == ["sent"]
    answer(second, R.WAITLISTED, at=LATER, waitlist_until=UNTIL)
    ended = fresh(inquiry)
    assert (ended.status, ended.ended_at, ended.last_contact_at) == ("answered", LATER, LATER)


# the same again, something else


@pytest.mark.parametrize(
    ("outcome", "parts"),
    [(R.ACCEPTED, {}), (R.WAITLISTED, {"waitlist_until": UNTIL}), (R.REJECTED, {"reason": "not_suitable"})],
)
def test_answer_repeated_is_booked_once(outcome: RequestStatus, parts: dict[str, Any]) -> None:
    request = asked()
    answer(request, outcome, **parts)
    again = answer(request, outcome, at=LATER, source=AnswerSource.PORTAL, **parts)
    assert (again.status, again.answered_at, again.answer_source) == (outcome, AT, AnswerSource.PHONE)
    assert [new for _old, new in steps(request)].count(outcome) == 1
    assert ContactPause.objects.count() == 1


def test_answer_accepted_again_after_a_conflict_stays_a_conflict() -> None:
    search = SearchFactory()
    first, second = asked(search), asked(search)
    accept(first)
    accept(second)
    assert accept(fresh(second)).status == R.CONFLICT
    assert [new for _old, new in steps(second)].count("conflict") == 1


def test_answer_no_after_a_yes_is_stale() -> None:
    request = asked()
    accept(request)
    with pytest.raises(StaleState):
        reject(fresh(request))
    assert status_of(request, request.search) == ["accepted", "trial"]

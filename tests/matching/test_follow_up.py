"""No answer: after a week a call, after two weeks the end."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose
from apps.communication.models import PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.core.errors import StaleState
from apps.matching.services import calling, follow_up, searches
from tests.communication.rows import call_at
from tests.factories.matching import SearchFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import (
    AT,
    TODAY,
    accept,
    answer,
    ask,
    asked,
    by_phone,
    change_parameter,
    fresh,
    let_out,
    operations,
    reach,
    reject,
    status_of,
    steps,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WEEK = AT + 7 * DAY
SECOND = timedelta(seconds=1)


def _due(at: datetime = WEEK) -> int:
    return follow_up.follow_up_due(at=at)


def _expire(at: datetime = AT + 14 * DAY) -> int:
    return follow_up.expire_due(at=at)


# the follow-up call


def test_follow_up_is_planned_after_exactly_a_week() -> None:
    inquiry = ask(SearchFactory(), SearchFactory(), therapist=TherapistFactory(phone_hours=[(1, 840, 865)]))
    assert _due(WEEK - SECOND) == 0
    assert _due(WEEK) == 1
    (call,) = waiting_calls(inquiry)
    assert call.purpose == CallPurpose.FOLLOW_UP
    assert call.starts_at == datetime(2026, 12, 1, 14, 0, tzinfo=BERLIN)
    assert len(call.inquiry_contact.request_ids) == 2
    assert status_of(inquiry) == ["sent"]


def test_follow_up_is_planned_once() -> None:
    inquiry = ask()
    _due()
    assert (_due(), _due(WEEK + DAY)) == (0, 0)
    assert PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry).count() == 1


def test_follow_up_after_another_time_where_the_parameter_says_so() -> None:
    change_parameter("follow_up_days", 3)
    ask()
    assert (_due(AT + 3 * DAY - SECOND), _due(AT + 3 * DAY)) == (0, 1)


def test_follow_up_only_where_an_answer_is_missing() -> None:
    answered = asked()
    reject(answered)
    let_out()
    assert _due(WEEK + DAY) == 0


def test_follow_up_where_one_of_two_answers_is_missing() -> None:
    change_parameter("contact_pause_days", 0)
    inquiry = ask(SearchFactory(), SearchFactory())
    reject(inquiry.requests.earliest("id"), at=AT + DAY)
    assert _due(WEEK) == 0  # the answer was a contact: the week counts from there
    assert _due(WEEK + DAY) == 1


def test_follow_up_is_not_planned_in_a_contact_pause_of_the_group() -> None:
    therapist = TherapistFactory()
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    asked(therapist=therapist)
    last_day = TODAY + 9 * DAY
    ContactPauseFactory(therapist=colleague, starts_on=TODAY, until=last_day)
    assert (_due(WEEK), _due(AT + 9 * DAY), _due(AT + 10 * DAY)) == (0, 0, 1)


def test_follow_up_of_a_paused_search_waits_until_it_goes_on() -> None:
    """No reminders while a search pauses."""
    search = SearchFactory()
    asked(search)
    paused = searches.pause(
        search=search, paused_from=TODAY, until=None, reason="ill", actor=None, at=AT, today=TODAY
    )
    assert _due() == 0
    searches.resume(search=paused, actor=None, at=WEEK)
    assert _due() == 1


def test_follow_up_of_a_shared_inquiry_with_one_paused_search_is_planned() -> None:
    paused, active = SearchFactory(), SearchFactory()
    ask(paused, active)
    searches.pause(search=paused, paused_from=TODAY, until=None, reason="ill", actor=None, at=AT, today=TODAY)
    assert _due() == 1


def test_follow_up_without_a_number_does_not_stop_the_others() -> None:
    silent = ask(therapist=TherapistFactory(practice__phone=""))
    other = ask()
    assert _due() == 2  # the silent one gets a reminder, see test_reminders.py
    assert (len(waiting_calls(silent)), len(waiting_calls(other))) == (0, 1)


@pytest.mark.parametrize("kind", ["accepted", "waitlisted", "rejected"])
def test_follow_up_call_is_cancelled_by_the_answer(kind: str) -> None:
    request = asked()
    _due()
    (call,) = waiting_calls(request.inquiry)
    parts = {"waitlisted": {"waitlist_until": TODAY}, "rejected": {"reason": "capacity"}}
    answer(request, kind, at=WEEK, **parts.get(kind, {}))  # type: ignore[arg-type]
    assert status_of(call, request.inquiry) == ["cancelled", "answered"]


# the end


def test_expire_after_exactly_two_weeks() -> None:
    request = asked()
    assert _expire(AT + 14 * DAY - SECOND) == 0
    assert _expire() == 1
    ended = fresh(request)
    assert (ended.status, ended.ended_at, ended.locked_until) == ("expired", AT + 14 * DAY, None)
    assert (status_of(request.inquiry), fresh(request.inquiry).ended_at) == (["expired"], AT + 14 * DAY)
    assert status_of(request.search) == ["active"]
    assert len(operations(AT + 14 * DAY)) == 1
    assert _expire() == 0


def test_expire_cancels_the_follow_up_call_that_was_never_made() -> None:
    request = asked()
    _due()
    (call,) = waiting_calls(request.inquiry)
    _expire()
    assert status_of(call) == ["cancelled"]


def test_expire_of_a_partly_answered_inquiry_is_answered() -> None:
    inquiry = ask(SearchFactory(), SearchFactory())
    first, second = inquiry.requests.order_by("id")
    reject(first)
    assert _expire() == 1
    assert status_of(first, second, inquiry) == ["rejected", "expired", "answered"]


def test_expire_gives_up_who_was_never_reached_by_phone() -> None:
    inquiry, written = let_out(therapist=by_phone()), let_out()
    reach(inquiry, CallOutcome.NOT_REACHED)
    (call,) = waiting_calls(inquiry)
    _expire(AT + 14 * DAY - SECOND)
    assert status_of(inquiry) == ["released"]
    _expire()
    assert status_of(inquiry, inquiry.requests.get(), call) == ["cancelled", "withdrawn", "cancelled"]
    assert status_of(written) == ["released"]


def test_expire_counts_from_the_talk() -> None:
    request = asked()
    _due()
    reach(request.inquiry, at=AT + 10 * DAY)
    assert _expire(AT + 14 * DAY) == 0
    assert _expire(AT + 24 * DAY) == 1


def test_late_answer_after_the_expiry_counts() -> None:
    request = asked()
    _expire()
    accept(fresh(request), at=AT + 15 * DAY)
    assert status_of(request, request.search, request.inquiry) == ["accepted", "trial", "answered"]
    assert steps(request.inquiry)[-2:] == [("sent", "expired"), ("expired", "answered")]


def test_late_answer_after_the_expiry_and_another_place_is_a_conflict() -> None:
    search = SearchFactory()
    late = asked(search)
    _expire()
    accept(asked(search, at=AT + 15 * DAY), at=AT + 15 * DAY)
    accept(fresh(late), at=AT + 16 * DAY)
    assert status_of(late, late.inquiry) == ["conflict", "answered"]


# calls


def test_complete_call_reached_counts_as_asked(coordinator: User) -> None:
    inquiry = let_out(SearchFactory(), SearchFactory(), therapist=by_phone())
    (call,) = waiting_calls(inquiry)
    later = AT + DAY
    calling.complete_call(
        call=call, outcome=CallOutcome.REACHED, note="ruft zurück", actor=coordinator, at=later
    )
    out = fresh(inquiry)
    assert (out.status, out.sent_at, out.last_contact_at) == ("sent", later, later)
    assert [request.sent_at for request in inquiry.requests.all()] == [later, later]
    assert (fresh(call).status, fresh(call).note, fresh(call).coordinator) == (
        "done",
        "ruft zurück",
        coordinator,
    )
    assert len(operations(later)) == 1


@pytest.mark.parametrize(
    ("outcome", "following"),
    [(CallOutcome.NOT_REACHED, 24), (CallOutcome.MESSAGE_LEFT, 30), (CallOutcome.CALL_BACK, 24)],
)
def test_complete_call_without_a_talk_plans_the_next(outcome: CallOutcome, following: int) -> None:
    inquiry = let_out(therapist=by_phone(phone_hours=[(0, 600, 660), (1, 600, 660)]))
    first = reach(inquiry, outcome, at=datetime(2026, 11, 23, 10, 1, tzinfo=BERLIN))
    (second,) = waiting_calls(inquiry)
    assert second.starts_at == datetime(2026, 11, following, 10, 0, tzinfo=BERLIN)
    assert (first.status, second.purpose) == ("done", CallPurpose.FIRST_CONTACT)
    assert status_of(inquiry, inquiry.requests.get()) == ["released", "released"]


def test_complete_follow_up_call_not_reached_plans_another_follow_up() -> None:
    inquiry = ask()
    _due()
    reach(inquiry, CallOutcome.NOT_REACHED, at=WEEK)
    (call,) = waiting_calls(inquiry)
    assert call.purpose == CallPurpose.FOLLOW_UP
    assert status_of(inquiry) == ["sent"]


def test_complete_call_not_reached_after_the_end_plans_nothing() -> None:
    """The call went on while the answer came in by the reply page."""
    request = asked()
    _due()
    (call,) = waiting_calls(request.inquiry)
    PhoneCall.objects.filter(pk=call.pk).update(status="cancelled")
    reject(request, at=WEEK)
    PhoneCall.objects.filter(pk=call.pk).update(status="planned")
    calling.complete_call(call=call, outcome=CallOutcome.NOT_REACHED, note="", actor=None, at=WEEK)
    assert waiting_calls(request.inquiry) == []


def test_complete_call_twice_is_stale() -> None:
    inquiry = let_out(therapist=by_phone())
    (call,) = waiting_calls(inquiry)
    reach(inquiry)
    with pytest.raises(StaleState):
        calling.complete_call(call=call, outcome=CallOutcome.NOT_REACHED, note="", actor=None, at=AT)
    assert waiting_calls(inquiry) == []


def test_complete_call_without_an_inquiry_is_only_a_call() -> None:
    call = call_at(AT)
    done = calling.complete_call(call=call, outcome=CallOutcome.NOT_REACHED, note="", actor=None, at=AT)
    assert (done.status, PhoneCall.objects.count()) == ("done", 1)


def _locked_tables(captured: CaptureQueriesContext) -> list[str]:
    """The tables locked, in order, each named where it is locked first."""
    found: dict[str, None] = {}
    for query in captured.captured_queries:
        if "FOR UPDATE" in query["sql"]:
            found[query["sql"].split(' FROM "')[1].split('"')[0]] = None
    return list(found)


def test_complete_call_locks_in_the_order_of_the_house() -> None:
    """Request, inquiry, call: the other way round a simultaneous answer would deadlock."""
    inquiry: Any = let_out(therapist=by_phone())
    with CaptureQueriesContext(
        connection,
    ) as captured:
        reach(inquiry)
    assert _locked_tables(captured) == [
        "matching_placementrequest",
        "matching_inquiry",
        "communication_phonecall",
    ]

"""What follows from a call: the next try, giving up, calling back, saying thanks; calls without a reason."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose, LetterKind
from apps.communication.models import PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.selectors.calls import reachable
from apps.core.errors import Refused
from apps.events import services as events
from apps.matching.enums import RequestStatus
from apps.matching.models import Inquiry
from apps.matching.services import answers, calling, follow_up, searches
from apps.matching.services.calling import CallBack
from apps.therapists.models import Therapist
from apps.therapists.services import status
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
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
    letters_to,
    reach,
    reject,
    status_of,
    waiting_calls,
)

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
EVERY_MORNING = [(day, 9 * 60, 12 * 60) for day in range(5)]


def silent(**fields: object) -> Therapist:
    """Can be reached by phone only."""
    return by_phone(**{"phone_hours": EVERY_MORNING, **fields})


def _call(inquiry: Inquiry) -> PhoneCall:
    (call,) = waiting_calls(inquiry)
    return call


def _thanks(inquiry: Inquiry) -> list[PhoneCall]:
    return list(
        PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry, purpose=CallPurpose.THANKS).order_by("id")
    )


# the length of a call, and its attempts


@pytest.mark.parametrize(("count", "minutes"), [(1, 5), (2, 5), (3, 10), (5, 15)])
def test_call_about_several_requests_takes_longer(count: int, minutes: int) -> None:
    inquiry = let_out(*(SearchFactory() for _count in range(count)), therapist=silent())
    call = _call(inquiry)
    assert call.ends_at - call.starts_at == timedelta(minutes=minutes)
    assert len(call.inquiry_contact.request_ids) == count  # type: ignore[attr-defined]


def test_call_about_several_requests_stays_inside_25_minutes() -> None:
    change_parameter("call_minutes", 15)
    inquiry = let_out(
        *(SearchFactory() for _count in range(4)), therapist=by_phone(phone_hours=[(1, 840, 865)])
    )
    call = _call(inquiry)
    assert call.starts_at == datetime(2026, 11, 24, 14, 0, tzinfo=BERLIN)
    assert call.ends_at == datetime(2026, 11, 24, 14, 25, tzinfo=BERLIN)


def test_not_reached_is_tried_at_another_time_of_the_day() -> None:
    hours = [*EVERY_MORNING, (3, 15 * 60, 16 * 60)]
    inquiry = let_out(therapist=silent(phone_hours=hours))
    reach(inquiry, CallOutcome.NOT_REACHED, at=AT)
    call = _call(inquiry)
    assert (call.starts_at, call.attempt) == (datetime(2026, 11, 26, 15, 0, tzinfo=BERLIN), 2)


def test_message_left_waits_two_working_days() -> None:
    inquiry = let_out(therapist=silent())
    friday = datetime(2026, 11, 27, 10, 0, tzinfo=BERLIN)
    reach(inquiry, CallOutcome.MESSAGE_LEFT, at=friday)
    assert _call(inquiry).starts_at == datetime(2026, 12, 1, 9, 0, tzinfo=BERLIN)


def test_message_left_counts_the_holidays_of_the_state() -> None:
    before = datetime(2027, 1, 5, 10, 0, tzinfo=BERLIN)
    inquiry = let_out(therapist=silent(practice__state="BY"), at=before)
    reach(inquiry, CallOutcome.MESSAGE_LEFT, at=before)
    assert _call(inquiry).starts_at.date() == date(2027, 1, 8)


# giving up


def test_first_contact_is_given_up_after_four_calls_in_vain(coordinator: User) -> None:
    inquiry = let_out(therapist=silent())
    outcomes = [CallOutcome.NOT_REACHED, CallOutcome.MESSAGE_LEFT, CallOutcome.NOT_REACHED]
    for number, outcome in enumerate(outcomes):
        reach(inquiry, outcome, at=AT + number * 3 * DAY)
        assert _call(inquiry).attempt == number + 2
    with translation.override("en"):
        reach(inquiry, CallOutcome.NOT_REACHED, at=AT + 10 * DAY)
    assert status_of(inquiry, inquiry.requests.get()) == ["cancelled", "withdrawn"]
    assert fresh(inquiry).history.latest("id").reason == "not reached in 4 calls"
    assert waiting_calls(inquiry) == []


def test_follow_up_is_given_up_after_four_calls_in_vain() -> None:
    inquiry = ask(therapist=TherapistFactory(phone_hours=EVERY_MORNING))
    follow_up.follow_up_due(at=AT + 7 * DAY)
    for number in range(4):
        reach(inquiry, CallOutcome.NOT_REACHED, at=AT + (7 + number) * DAY)
    request = inquiry.requests.get()
    assert status_of(inquiry, request) == ["expired", "expired"]
    assert (fresh(request).ended_at, waiting_calls(inquiry)) == (AT + 10 * DAY, [])
    assert fresh(inquiry).history.latest("id").reason != ""


def test_somebody_who_asked_to_call_back_was_reached() -> None:
    inquiry = let_out(therapist=silent())
    for number in range(3):
        reach(inquiry, CallOutcome.NOT_REACHED, at=AT + number * DAY)
    reach(inquiry, CallOutcome.CALL_BACK, at=AT + 3 * DAY)
    reach(inquiry, CallOutcome.NOT_REACHED, at=AT + 4 * DAY)
    assert status_of(inquiry) == ["released"]
    assert _call(inquiry).attempt == 6


# calling back


def test_call_back_is_planned_for_that_moment_and_who_promised_it(coordinator: User, manager: User) -> None:
    inquiry = let_out(therapist=silent())
    moment = datetime(2026, 11, 25, 18, 15, tzinfo=BERLIN)
    calling.complete_call(
        call=_call(inquiry),
        outcome=CallOutcome.CALL_BACK,
        note="nach der letzten Sitzung",
        actor=coordinator,
        at=AT,
        call_back=CallBack(at=moment),
    )
    call = _call(inquiry)
    assert (call.starts_at, call.coordinator, call.attempt) == (moment, coordinator, 2)
    assert call.inquiry_contact.request_ids == [inquiry.requests.get().pk]  # type: ignore[attr-defined]
    assert list(reachable(at=AT + DAY)) == []
    assert list(reachable(at=moment)) == [call]


def test_call_back_that_cannot_be_planned_leaves_everything_as_it_was(coordinator: User) -> None:
    inquiry = let_out(therapist=silent())
    sunday = datetime(2026, 11, 29, 11, 0, tzinfo=BERLIN)
    first = _call(inquiry)
    with pytest.raises(Refused):
        calling.complete_call(
            call=first,
            outcome=CallOutcome.CALL_BACK,
            note="",
            actor=coordinator,
            at=AT,
            call_back=CallBack(at=sunday),
        )
    assert _call(inquiry) == first


# thanks


def _found_elsewhere(therapist: Therapist, at: datetime = AT + DAY) -> Inquiry:
    """The therapist was asked; somebody else then accepted."""
    search = SearchFactory()
    inquiry = ask(search, therapist=therapist)
    accept(asked(search), at=at)
    events.dispatch(at=at)
    return inquiry


def test_who_was_asked_by_phone_is_thanked_in_a_short_call() -> None:
    inquiry = _found_elsewhere(silent())
    (call,) = _thanks(inquiry)
    assert (call.status, call.purpose, call.ends_at - call.starts_at) == (
        "planned",
        "thanks",
        timedelta(minutes=5),
    )
    assert call.inquiry_contact.request_ids == [inquiry.requests.get().pk]  # type: ignore[attr-defined]
    assert status_of(inquiry) == ["withdrawn"]


def test_who_was_asked_by_phone_and_may_be_written_to_gets_the_letter() -> None:
    therapist = silent()
    inquiry = ask(search := SearchFactory(), therapist=therapist)
    therapist.practices.update(email="neu@example.org")
    accept(asked(search), at=AT + DAY)
    events.dispatch(at=AT + DAY)
    (letter,) = letters_to(therapist, LetterKind.WITHDRAWAL)
    assert (letter.to_email, _thanks(inquiry)) == ("neu@example.org", [])


def test_who_was_asked_by_letter_is_not_called() -> None:
    therapist = TherapistFactory()
    inquiry = _found_elsewhere(therapist)
    assert (len(letters_to(therapist, LetterKind.WITHDRAWAL)), _thanks(inquiry)) == (1, [])


def test_thanks_for_several_requests_is_one_call() -> None:
    searches_ = [SearchFactory(), SearchFactory()]
    inquiry = ask(*searches_, therapist=silent())
    for search in searches_:
        accept(asked(search), at=AT + DAY)
        events.dispatch(at=AT + DAY)
    (call,) = _thanks(inquiry)
    assert sorted(call.inquiry_contact.request_ids) == sorted(  # type: ignore[attr-defined]
        inquiry.requests.values_list("id", flat=True)
    )


def test_thanks_told_twice_is_planned_once() -> None:
    inquiry = _found_elsewhere(silent())
    for _time in range(2):
        assert calling.plan_thanks(request=inquiry.requests.get(), at=AT + DAY) is None
    assert len(_thanks(inquiry)) == 1


def test_thanks_to_nobody_who_was_not_asked() -> None:
    search = SearchFactory()
    inquiry = let_out(search, therapist=silent())
    accept(asked(search), at=AT + DAY)
    events.dispatch(at=AT + DAY)
    assert (status_of(inquiry), _thanks(inquiry)) == (["cancelled"], [])


def test_thanks_is_left_where_nobody_can_be_called() -> None:
    therapist = silent()
    inquiry = ask(search := SearchFactory(), therapist=therapist)
    status.object_to_contact(therapist=fresh(therapist), actor=None, at=AT, on=TODAY, reason="x")
    accept(asked(search), at=AT + DAY)
    events.dispatch(at=AT + DAY)
    assert (status_of(inquiry), _thanks(inquiry)) == (["withdrawn"], [])


def test_thanks_is_called_off_by_a_late_yes() -> None:
    inquiry = _found_elsewhere(silent())
    (call,) = _thanks(inquiry)
    accept(inquiry.requests.get(), at=AT + 2 * DAY)
    events.dispatch(at=AT + 2 * DAY)
    assert status_of(inquiry.requests.get(), call) == ["conflict", "cancelled"]


def test_thanks_is_called_off_when_the_acceptance_is_undone() -> None:
    search = SearchFactory()
    inquiry = ask(search, therapist=silent())
    winner = asked(search)
    accept(winner, at=AT + DAY)
    events.dispatch(at=AT + DAY)
    (call,) = _thanks(inquiry)
    answers.undo_answer(request=fresh(winner), actor=None, at=AT + DAY, reason="mis-click")
    assert status_of(call, inquiry.requests.get(), inquiry) == ["cancelled", "sent", "sent"]


def test_withdrawal_somebody_was_thanked_for_stays_after_an_undo() -> None:
    search = SearchFactory()
    inquiry = ask(search, therapist=silent())
    winner = asked(search)
    accept(winner, at=AT + DAY)
    events.dispatch(at=AT + DAY)
    reach(inquiry, at=AT + 2 * DAY)
    answers.undo_answer(request=fresh(winner), actor=None, at=AT + 3 * DAY, reason="mis-click")
    assert status_of(inquiry.requests.get()) == ["withdrawn"]


def test_thanks_does_not_ask_again_and_is_tried_twice() -> None:
    inquiry = _found_elsewhere(silent())
    last_contact = fresh(inquiry).last_contact_at
    reach(inquiry, CallOutcome.NOT_REACHED, at=AT + 2 * DAY)
    assert _call(inquiry).attempt == 2
    reach(inquiry, CallOutcome.NOT_REACHED, at=AT + 3 * DAY)
    assert waiting_calls(inquiry) == []
    assert (status_of(inquiry), fresh(inquiry).last_contact_at) == (["withdrawn"], last_contact)


def test_answer_to_another_request_leaves_the_thanks() -> None:
    found, other = SearchFactory(), SearchFactory()
    inquiry = ask(found, other, therapist=silent())
    accept(asked(found), at=AT + DAY)
    events.dispatch(at=AT + DAY)
    (call,) = _thanks(inquiry)
    reject(inquiry.requests.get(search=other), at=AT + DAY)
    assert status_of(call, inquiry) == ["planned", "answered"]


# calls whose reason is gone


def test_pausing_the_only_search_cancels_the_call_and_resuming_brings_it_back() -> None:
    search = SearchFactory()
    inquiry = ask(search, therapist=TherapistFactory(phone_hours=EVERY_MORNING))
    week = AT + 7 * DAY
    follow_up.follow_up_due(at=week)
    call = _call(inquiry)
    paused = searches.pause(
        search=search, paused_from=TODAY, until=None, reason="ill", actor=None, at=week, today=TODAY
    )
    assert list(reachable(at=week + DAY)) == []  # at once, before the news has arrived
    events.dispatch(at=week)
    assert status_of(call) == ["cancelled"]
    assert fresh(call).history.latest("id").reason == "search paused"
    assert follow_up.follow_up_due(at=week) == 0
    searches.resume(search=paused, actor=None, at=week + DAY)
    assert follow_up.follow_up_due(at=week + DAY) == 1
    assert _call(inquiry).purpose == CallPurpose.FOLLOW_UP


def test_pausing_one_of_two_searches_leaves_the_call() -> None:
    first, second = SearchFactory(), SearchFactory()
    inquiry = ask(first, second)
    follow_up.follow_up_due(at=AT + 7 * DAY)
    searches.pause(search=first, paused_from=TODAY, until=None, reason="ill", actor=None, at=AT, today=TODAY)
    events.dispatch(at=AT + 7 * DAY)
    assert status_of(_call(inquiry)) == ["planned"]


@pytest.mark.parametrize("what", ["objected", "blocked", "inactive"])
def test_therapist_who_is_gone_is_not_called_at_all(what: str) -> None:
    thanked = _found_elsewhere(silent())
    therapist = fresh(thanked.therapist)
    (call,) = _thanks(thanked)
    if what == "objected":
        status.object_to_contact(therapist=therapist, actor=None, at=AT + DAY, on=TODAY, reason="x")
    elif what == "blocked":
        status.block(therapist=therapist, reason="x", until=None, actor=None, at=AT + DAY)
    else:
        status.deactivate(therapist=therapist, actor=None, at=AT + DAY, reason="x")
    assert list(reachable(at=AT + 2 * DAY)) == []
    events.dispatch(at=AT + DAY)
    assert status_of(call) == ["cancelled"]


@pytest.mark.parametrize("outcome", [RequestStatus.REJECTED, RequestStatus.ACCEPTED])
def test_answer_cancels_the_call(outcome: RequestStatus) -> None:
    request = asked(therapist=TherapistFactory(phone_hours=EVERY_MORNING))
    follow_up.follow_up_due(at=AT + 7 * DAY)
    call = _call(request.inquiry)
    reason = {"reason": "capacity"} if outcome == RequestStatus.REJECTED else {}
    answer(request, outcome, at=AT + 7 * DAY, **reason)
    assert status_of(call) == ["cancelled"]

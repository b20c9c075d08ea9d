"""Follow-up and expiry when the clocks are changed, jump, or two timetables run at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connections

from apps.communication.enums import CallPurpose, CallStatus, LetterKind
from apps.communication.models import EmailMessage, PhoneCall
from apps.events import services as events
from apps.matching import tasks
from apps.matching.models import Inquiry, InquiryHistory, RequestHistory
from apps.matching.services import follow_up, searches
from apps.matching.services.follow_up import days_before
from tests.conftest import BERLIN
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT, TODAY, ask, asked, fresh, status_of, waiting_calls

pytestmark = pytest.mark.django_db

DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
WEEK = AT + 7 * DAY
# the clocks go back on 25 October 2026 and forward on 28 March 2027
BEFORE_SPRING = datetime(2027, 3, 24, 9, 30, tzinfo=BERLIN)
BEFORE_AUTUMN = datetime(2026, 10, 21, 9, 30, tzinfo=BERLIN)


def follow_up_calls(inquiry: Inquiry) -> list[str]:
    calls = PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry, purpose=CallPurpose.FOLLOW_UP)
    return list(calls.order_by("id").values_list("status", flat=True))


@pytest.mark.parametrize(
    ("then", "hours"), [(BEFORE_SPRING, 7 * 24 - 1), (BEFORE_AUTUMN, 7 * 24 + 1), (AT, 7 * 24)]
)
def test_a_week_ends_at_the_same_hour_on_the_clock(then: datetime, hours: int) -> None:
    due = then + 7 * DAY  # with a zone that knows its changes this is the same hour on the clock
    assert (due.hour, due.minute) == (then.hour, then.minute)
    assert due.timestamp() - then.timestamp() == hours * 3600
    assert days_before(due, 7) == then


@pytest.mark.parametrize("then", [BEFORE_SPRING, BEFORE_AUTUMN])
def test_follow_up_and_expiry_keep_the_hour_over_a_change_of_the_clocks(then: datetime) -> None:
    with time_machine.travel(then, tick=False):
        inquiry = ask(at=then)
    Inquiry.objects.filter(pk=inquiry.pk).update(last_contact_at=then)
    assert follow_up.follow_up_due(at=then + 7 * DAY - SECOND) == 0
    assert follow_up.follow_up_due(at=then + 7 * DAY) == 1
    assert follow_up.expire_due(at=then + 14 * DAY - SECOND) == 0
    assert follow_up.expire_due(at=then + 14 * DAY) == 1


def test_days_before_of_an_hour_that_did_not_exist_is_a_moment() -> None:
    """On 28 March 2027 the clocks in Berlin go from 02:00 to 03:00."""
    found = days_before(datetime(2027, 4, 4, 2, 30, tzinfo=BERLIN), 7)
    assert found.timestamp() == datetime(2027, 3, 28, 3, 30, tzinfo=BERLIN).timestamp()


def test_follow_up_where_the_clock_jumps_back_is_not_planned_twice() -> None:
    inquiry = ask()
    runs = [follow_up.follow_up_due(at=moment) for moment in (WEEK, WEEK - HOUR, WEEK, WEEK + HOUR)]
    assert runs == [1, 0, 0, 0]
    assert follow_up_calls(inquiry) == ["planned"]


def test_follow_up_of_a_contact_noted_by_a_fast_clock_comes_when_its_week_is_over() -> None:
    inquiry = ask()
    Inquiry.objects.filter(pk=inquiry.pk).update(last_contact_at=AT + HOUR)
    assert (follow_up.follow_up_due(at=WEEK), follow_up.follow_up_due(at=WEEK + HOUR)) == (0, 1)


def test_expiry_where_the_clock_jumps_happens_once() -> None:
    request = asked()
    end = AT + 14 * DAY
    runs = [follow_up.expire_due(at=moment) for moment in (end - HOUR, end, end - HOUR, end + HOUR)]
    assert runs == [0, 1, 0, 0]
    assert list(RequestHistory.objects.filter(subject=request, new="expired").values_list("at")) == [(end,)]


# pauses and calls that come back


def pause(search: object, at: datetime) -> object:
    paused = searches.pause(
        search=search,  # type: ignore[arg-type]
        paused_from=TODAY,
        until=None,
        reason="ill",
        actor=None,
        at=at,
        today=TODAY,
    )
    events.dispatch(at=at)
    return paused


def test_follow_up_call_cancelled_by_a_pause_comes_back_after_it() -> None:
    search = SearchFactory()
    inquiry = ask(search)
    follow_up.follow_up_due(at=WEEK)
    paused = pause(search, WEEK)
    assert follow_up_calls(inquiry) == ["cancelled"]
    assert follow_up.follow_up_due(at=WEEK + HOUR) == 0
    searches.resume(search=paused, actor=None, at=WEEK + DAY)  # type: ignore[arg-type]
    assert (follow_up.follow_up_due(at=WEEK + DAY), follow_up.follow_up_due(at=WEEK + DAY)) == (1, 0)
    assert follow_up_calls(inquiry) == ["cancelled", "planned"]


def test_follow_up_call_that_comes_back_keeps_its_number() -> None:
    search = SearchFactory()
    inquiry = ask(search)
    follow_up.follow_up_due(at=WEEK)
    PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry).update(attempt=3)
    paused = pause(search, WEEK)
    searches.resume(search=paused, actor=None, at=WEEK)  # type: ignore[arg-type]
    follow_up.follow_up_due(at=WEEK)
    (call,) = waiting_calls(inquiry)
    assert call.attempt == 3


def test_follow_up_call_that_was_made_is_not_planned_again() -> None:
    inquiry = ask()
    follow_up.follow_up_due(at=WEEK)
    PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry).update(
        status=CallStatus.DONE, outcome="reached", done_at=WEEK
    )
    assert follow_up.follow_up_due(at=WEEK + 6 * DAY) == 0


# two timetables at once, each over a connection of its own


def at_once(run: Callable[[], object], times: int = 4) -> list[object]:
    barrier = Barrier(times)

    def one(_number: int) -> object:
        try:
            barrier.wait(timeout=30)
            return run()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


@pytest.mark.django_db(transaction=True)
def test_follow_up_of_four_timetables_at_once_is_one_call_or_reminder_each() -> None:
    called = [ask() for _count in range(3)]
    written = ask(therapist=TherapistFactory(practice__phone=""))
    counts = at_once(lambda: follow_up.follow_up_due(at=WEEK))
    assert sum(counts) == 4  # type: ignore[arg-type]
    assert [follow_up_calls(inquiry) for inquiry in called] == [["planned"]] * 3
    reminders = EmailMessage.objects.filter(kind=LetterKind.REMINDER)
    assert [email.inquiry_contact.inquiry for email in reminders] == [written]


@pytest.mark.django_db(transaction=True)
def test_expiry_of_four_timetables_at_once_happens_once() -> None:
    inquiries = [ask(SearchFactory(), SearchFactory()) for _count in range(3)]
    end = AT + 14 * DAY
    assert sum(at_once(lambda: follow_up.expire_due(at=end))) == 3  # type: ignore[arg-type]
    assert status_of(*inquiries) == ["expired"] * 3
    assert InquiryHistory.objects.filter(new="expired").count() == 3
    assert RequestHistory.objects.filter(new="expired").count() == 6


def test_tasks_read_the_clock() -> None:
    inquiry = ask()
    with time_machine.travel(WEEK, tick=False):
        tasks.follow_up_due()
    assert follow_up_calls(inquiry) == ["planned"]
    with time_machine.travel(AT + 14 * DAY, tick=False):
        tasks.expire_due()
    assert fresh(inquiry).status == "expired"

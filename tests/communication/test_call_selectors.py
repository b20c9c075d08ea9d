"""Who can be reached now, who next, and in which order."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from apps.accounts.models import User
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.selectors import calls
from apps.therapists.models import Therapist
from tests.communication.rows import call_at
from tests.factories.therapists import ContactPauseFactory, TherapistFactory

pytestmark = pytest.mark.django_db

OPEN = [(0, 9 * 60, 10 * 60)]  # at the moment of the tests and an hour on
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)


def planned(therapist: Therapist, starts_at: datetime, **fields: Any) -> PhoneCall:
    return call_at(starts_at, therapist=therapist, practice=therapist.practices.first(), **fields)


def made(therapist: Therapist, done_at: datetime, outcome: CallOutcome) -> PhoneCall:
    return planned(therapist, done_at, status=CallStatus.DONE, outcome=outcome, done_at=done_at)


def reachable(at: datetime) -> list[PhoneCall]:
    return list(calls.reachable(at=at))


def test_reachable_is_who_answers_the_phone_whatever_was_planned(at: datetime) -> None:
    due, later, closed = (TherapistFactory(phone_hours=hours) for hours in (OPEN, OPEN, [(1, 0, 1440)]))
    rows = [planned(due, at - HOUR), planned(later, at + 3 * DAY)]
    planned(closed, at)
    assert reachable(at) == rows


@pytest.mark.parametrize(("minutes", "count"), [(-1, 0), (0, 1), (59, 1), (60, 0)])
def test_reachable_begins_and_ends_with_the_phone_hours(at: datetime, minutes: int, count: int) -> None:
    planned(TherapistFactory(phone_hours=OPEN), at + DAY)
    assert len(reachable(at + minutes * MINUTE)) == count


@pytest.mark.parametrize(
    ("hour", "day", "count"), [(9, 23, 0), (10, 23, 1), (11, 23, 1), (12, 23, 0), (10, 28, 0)]
)
def test_reachable_without_known_hours_is_the_usual_office_morning(hour: int, day: int, count: int) -> None:
    moment = datetime(2026, 11, day, hour, 0, tzinfo=BERLIN)
    planned(TherapistFactory(phone_hours=[]), moment)
    assert len(reachable(moment)) == count


def test_reachable_on_a_holiday_of_the_state_is_nobody(at: datetime) -> None:
    epiphany = datetime(2027, 1, 6, 9, 30, tzinfo=BERLIN)
    hours = [(2, 9 * 60, 10 * 60)]
    planned(TherapistFactory(phone_hours=hours, practice__state="BY"), epiphany)
    saxon = planned(TherapistFactory(phone_hours=hours, practice__state="SN"), epiphany)
    assert reachable(epiphany) == [saxon]


def test_reachable_after_the_change_of_the_clocks_is_at_the_same_wall_time() -> None:
    planned(TherapistFactory(phone_hours=OPEN), datetime(2026, 10, 1, 9, 0, tzinfo=BERLIN))
    for day in (date(2026, 10, 19), date(2026, 10, 26)):
        nine = datetime(day.year, day.month, day.day, 9, 0, tzinfo=BERLIN)
        assert [len(reachable(nine + shift)) for shift in (-MINUTE, 0 * MINUTE, HOUR)] == [0, 1, 0]


def test_most_urgent_come_first(at: datetime) -> None:
    """Overdue, then first contacts, then whose phone hours end soonest."""
    soon = [(0, 9 * 60, 9 * 60 + 25)]
    thanks = planned(TherapistFactory(phone_hours=soon), at + DAY, purpose=CallPurpose.THANKS)
    follow_up = planned(TherapistFactory(phone_hours=soon), at + DAY, purpose=CallPurpose.FOLLOW_UP)
    long_open = planned(TherapistFactory(phone_hours=OPEN), at + DAY)
    short_open = planned(TherapistFactory(phone_hours=soon), at + DAY)
    overdue = planned(TherapistFactory(phone_hours=OPEN), at - DAY, purpose=CallPurpose.FOLLOW_UP)
    assert reachable(at) == [overdue, short_open, long_open, follow_up, thanks]


@pytest.mark.parametrize(
    "changes",
    [
        {"do_not_contact_since": date(2026, 11, 1)},
        {"status": "inactive"},
        {"status": "blocked", "blocked_reason": "x", "blocked_since": date(2026, 11, 1)},
        {"review_status": "unreviewed"},
    ],
)
def test_who_must_not_be_called_is_held_back(at: datetime, changes: dict[str, Any]) -> None:
    therapist = TherapistFactory(phone_hours=OPEN)
    call = planned(therapist, at)
    Therapist.objects.filter(pk=therapist.pk).update(**changes)
    assert reachable(at) == []
    (row,) = calls.planned_calls(at=at)[0].calls
    assert (row, row.is_wanted) == (call, False)  # type: ignore[attr-defined]


def test_contact_pause_of_a_colleague_holds_back_but_not_thanks(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=OPEN)
    colleague = TherapistFactory(contact_group=therapist.contact_group)
    ContactPauseFactory(therapist=colleague, starts_on=date(2026, 11, 20), until=date(2026, 11, 23))
    asking = planned(therapist, at)
    thanks = planned(therapist, at + HOUR, purpose=CallPurpose.THANKS)
    assert reachable(at) == [thanks]
    assert reachable(at + 7 * DAY) == [asking, thanks]


def test_further_try_waits_for_its_day(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=[*OPEN, (1, 9 * 60, 10 * 60)])
    made(therapist, at - DAY, CallOutcome.NOT_REACHED)
    again = planned(therapist, at + DAY + HOUR / 2, attempt=2)
    assert (reachable(at), reachable(at + DAY)) == ([], [again])


def test_call_that_was_asked_for_waits_for_its_time_and_needs_no_phone_hours(at: datetime) -> None:
    therapist = TherapistFactory(phone_hours=OPEN)
    ContactPauseFactory(therapist=therapist, starts_on=date(2026, 11, 20), until=date(2026, 12, 20))
    made(therapist, at - DAY, CallOutcome.CALL_BACK)
    moment = at + 9 * HOUR
    asked = planned(therapist, moment, attempt=2)
    shifts = [-9 * HOUR, -6 * MINUTE, -5 * MINUTE, HOUR, HOUR + 5 * MINUTE]
    found = [reachable(moment + shift) for shift in shifts]
    assert found == [[], [], [asked], [asked], []]
    assert reachable(at + 7 * DAY) == [asked]  # missed: from then on in the phone hours


def test_openings_tell_when_the_phone_is_answered_next(at: datetime) -> None:
    tuesday = planned(TherapistFactory(phone_hours=[(1, 600, 660)]), at)
    later_today = planned(TherapistFactory(phone_hours=[(0, 840, 870)]), at + DAY)
    planned(TherapistFactory(phone_hours=OPEN), at)
    again = planned(TherapistFactory(phone_hours=[(0, 840, 870), (3, 840, 870)]), at + 3 * DAY, attempt=2)
    found = [(opening.call, opening.opens_at) for opening in calls.next_openings(at=at)]
    assert found == [
        (later_today, datetime(2026, 11, 23, 14, 0, tzinfo=BERLIN)),
        (tuesday, datetime(2026, 11, 24, 10, 0, tzinfo=BERLIN)),
        (again, datetime(2026, 11, 26, 14, 0, tzinfo=BERLIN)),
    ]


def test_lists_by_coordinator(coordinator: User, manager: User, at: datetime) -> None:
    mine, other, nobodys = (
        planned(TherapistFactory(phone_hours=OPEN), at, coordinator=who)
        for who in (coordinator, manager, None)
    )
    rows = calls.reachable(at=at)
    whose = {text: list(calls.of_coordinator(rows, text, coordinator)) for text in ("", "mine", "x")}
    assert whose == {"": [mine, other, nobodys], "mine": [mine], "x": []}
    assert list(calls.of_coordinator(rows, str(manager.pk), coordinator)) == [other]


@pytest.mark.parametrize("count", [1, 4])
def test_lists_need_the_same_queries_for_any_number_of_calls(
    at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for _row in range(count):
        planned(TherapistFactory(phone_hours=OPEN), at)
        planned(TherapistFactory(phone_hours=[(1, 600, 660)]), at)
    with django_assert_num_queries(3):
        assert len(reachable(at)) == count
        assert len(calls.next_openings(at=at)) == count

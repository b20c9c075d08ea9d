"""Whose call it becomes, how many fit into an hour, and when the next try is."""

import itertools
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.communication.enums import CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.phone_hours import BERLIN
from apps.communication.services import calls
from apps.communication.services.call_planning import coordinators
from apps.core import parameters
from apps.core.errors import Refused
from apps.therapists.models import Therapist
from tests.communication.rows import call_at
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

MONDAY = date(2026, 11, 23)
MORNING = [(0, 10 * 60, 12 * 60)]


def plan(therapist: Therapist, at: datetime, **fields: Any) -> PhoneCall:
    values = {"purpose": CallPurpose.FIRST_CONTACT, "not_before": at, "minutes": 5, "actor": None, "at": at}
    return calls.plan(therapist=therapist, **{**values, **fields})


def agree(therapist: Therapist, at: datetime, starts_at: datetime, **fields: Any) -> PhoneCall:
    values = {"purpose": CallPurpose.FOLLOW_UP, "minutes": 5, "actor": None, "at": at}
    return calls.plan_agreed(therapist=therapist, starts_at=starts_at, **{**values, **fields})


def local(call: PhoneCall) -> tuple[date, time]:
    begin = call.starts_at.astimezone(BERLIN)
    return begin.date(), begin.time()


def change(name: str, value: int, at: datetime) -> None:
    parameters.change(name=name, value=value, actor=None, at=at, reason="for this test")


def staff(name: str, *roles: Role, is_active: bool = True) -> User:
    user = create_staff(username=name, email=f"{name}@example.org", password="x-7-y-8-z", roles=roles)
    if not is_active:
        User.objects.filter(pk=user.pk).update(is_active=False)
    return user


def test_coordinators_are_those_at_work() -> None:
    anna, mona = staff("anna", Role.COORDINATOR), staff("mona", Role.MANAGER, Role.COORDINATOR)
    staff("viewer", Role.VIEWER)
    staff("gone", Role.COORDINATOR, is_active=False)
    assert coordinators() == [anna, mona]


def test_hour_holds_as_many_calls_as_one_coordinator_makes(coordinator: User, at: datetime) -> None:
    change("calls_per_hour", 3, at)
    planned = [plan(TherapistFactory(phone_hours=MORNING), at) for _count in range(5)]
    assert [local(call)[1] for call in planned] == [
        *(time(10, 0), time(10, 5), time(10, 10)),
        *(time(11, 0), time(11, 5)),
    ]
    assert {call.coordinator for call in planned} == {coordinator}


def test_hour_holds_twice_as_many_with_two_coordinators(at: datetime) -> None:
    change("calls_per_hour", 2, at)
    anna, bert = staff("anna", Role.COORDINATOR), staff("bert", Role.COORDINATOR)
    planned = [plan(TherapistFactory(phone_hours=MORNING), at) for _count in range(5)]
    assert [(local(call)[1], call.coordinator) for call in planned] == [
        *((time(10, 0), anna), (time(10, 0), bert)),
        *((time(10, 5), anna), (time(10, 5), bert)),
        (time(11, 0), anna),
    ]


def test_without_anybody_at_work_an_hour_holds_the_calls_of_one(at: datetime) -> None:
    change("calls_per_hour", 2, at)
    planned = [plan(TherapistFactory(phone_hours=MORNING), at) for _count in range(3)]
    assert [(local(call)[1], call.coordinator) for call in planned] == [
        *((time(10, 0), None), (time(10, 0), None)),
        (time(11, 0), None),
    ]


def test_full_hours_lead_to_the_next_phone_hours(coordinator: User, at: datetime) -> None:
    change("calls_per_hour", 1, at)
    short = [(0, 10 * 60, 10 * 60 + 25), (3, 9 * 60, 9 * 60 + 25)]
    planned = [plan(TherapistFactory(phone_hours=short), at) for _count in range(3)]
    assert [local(call)[0] for call in planned] == [MONDAY, date(2026, 11, 26), date(2026, 11, 30)]


def test_who_has_the_fewest_calls_that_day_gets_the_next(at: datetime) -> None:
    anna, bert = staff("anna", Role.COORDINATOR), staff("bert", Role.COORDINATOR)
    afternoon = datetime(2026, 11, 23, 15, 0, tzinfo=BERLIN)
    call_at(afternoon, coordinator=anna)
    call_at(afternoon + timedelta(days=1), coordinator=bert)
    call_at(afternoon + timedelta(days=1, hours=1), coordinator=bert)
    assert plan(TherapistFactory(phone_hours=MORNING), at).coordinator == bert


def test_named_coordinator_gets_the_call_at_the_first_moment_free_for_both(at: datetime) -> None:
    staff("anna", Role.COORDINATOR)
    bert = staff("bert", Role.COORDINATOR)
    call_at(datetime(2026, 11, 23, 10, 0, tzinfo=BERLIN), coordinator=bert)
    call = plan(TherapistFactory(phone_hours=MORNING), at, coordinator=bert)
    assert (local(call)[1], call.coordinator) == (time(10, 5), bert)


def test_named_coordinator_who_left_is_replaced(at: datetime) -> None:
    anna = staff("anna", Role.COORDINATOR)
    gone = staff("gone", Role.COORDINATOR, is_active=False)
    assert plan(TherapistFactory(phone_hours=MORNING), at, coordinator=gone).coordinator == anna


def test_calls_of_a_coordinator_never_meet_however_long_they_are(coordinator: User, at: datetime) -> None:
    planned = [plan(TherapistFactory(phone_hours=MORNING), at, minutes=7 + count) for count in range(8)]
    spans = sorted((call.starts_at, call.ends_at) for call in planned)
    assert all(later[0] >= earlier[1] for earlier, later in itertools.pairwise(spans))


def test_call_is_planned_to_the_minute(coordinator: User, at: datetime) -> None:
    moment = datetime(2026, 11, 23, 10, 1, 23, 456, tzinfo=BERLIN)
    assert local(plan(TherapistFactory(phone_hours=MORNING), at, not_before=moment))[1] == time(10, 2)


# the next try


def tried_then(hours: list[tuple[int, int, int]], *tried: datetime, at: datetime) -> tuple[date, time]:
    call = plan(TherapistFactory(phone_hours=hours), at, tried=tried)
    return local(call)


def test_next_try_is_at_another_time_of_the_day_within_five_days(at: datetime) -> None:
    hours = [*((day, 9 * 60, 10 * 60) for day in range(5)), (3, 15 * 60, 16 * 60)]
    tried = datetime(2026, 11, 20, 9, 10, tzinfo=BERLIN)
    assert tried_then(hours, tried, at=at) == (date(2026, 11, 26), time(15))


def test_next_try_is_on_another_weekday_where_there_is_no_other_time(at: datetime) -> None:
    hours = [(0, 10 * 60, 11 * 60), (2, 10 * 60, 11 * 60)]
    tried = datetime(2026, 11, 16, 10, 10, tzinfo=BERLIN)  # a Monday, as today
    assert tried_then(hours, tried, at=at) == (date(2026, 11, 25), time(10))


def test_next_try_is_the_next_one_at_all_where_hours_are_few(at: datetime) -> None:
    tried = datetime(2026, 11, 16, 10, 10, tzinfo=BERLIN)
    assert tried_then([(0, 10 * 60, 11 * 60)], tried, at=at) == (MONDAY, time(10))


def test_next_try_does_not_wait_for_another_time_a_week_away(at: datetime) -> None:
    hours = [(0, 10 * 60, 11 * 60), (6, 15 * 60, 16 * 60)]
    tried = datetime(2026, 11, 16, 10, 10, tzinfo=BERLIN)
    assert tried_then(hours, tried, at=at) == (MONDAY, time(10))


# a moment the practice asked for


def test_agreed_call_is_at_that_moment_whatever_the_phone_hours(coordinator: User, at: datetime) -> None:
    starts_at = datetime(2026, 11, 24, 18, 30, tzinfo=BERLIN)
    call = agree(TherapistFactory(phone_hours=MORNING), at, starts_at, coordinator=coordinator, attempt=3)
    assert (call.starts_at, call.ends_at) == (starts_at, starts_at + timedelta(minutes=5))
    assert (call.coordinator, call.attempt, call.status) == (coordinator, 3, CallStatus.PLANNED)


@pytest.mark.parametrize("shift", [timedelta(), timedelta(minutes=-1), timedelta(days=-3)])
def test_agreed_call_in_the_past_is_refused(at: datetime, shift: timedelta) -> None:
    with pytest.raises(Refused):
        agree(TherapistFactory(), at, at + shift)
    assert PhoneCall.objects.count() == 0


@pytest.mark.parametrize(
    ("day", "state", "is_refused"),
    [
        (date(2026, 11, 29), "SN", True),  # a Sunday
        (date(2027, 1, 6), "BY", True),
        (date(2027, 1, 6), "SN", False),
        (date(2026, 11, 28), "SN", False),  # a Saturday
    ],
)
def test_agreed_call_on_a_holiday_needs_to_be_said(
    at: datetime, day: date, state: str, is_refused: bool
) -> None:
    therapist = TherapistFactory(practice__state=state)
    starts_at = datetime.combine(day, time(11), tzinfo=BERLIN)
    if is_refused:
        with pytest.raises(Refused):
            agree(therapist, at, starts_at)
    assert agree(therapist, at, starts_at, is_holiday_agreed=True).starts_at == starts_at


def test_agreed_call_goes_to_somebody_free_else_to_nobody(at: datetime) -> None:
    anna, bert = staff("anna", Role.COORDINATOR), staff("bert", Role.COORDINATOR)
    starts_at = datetime(2026, 11, 24, 11, 0, tzinfo=BERLIN)
    got = [agree(TherapistFactory(), at, starts_at, coordinator=anna).coordinator for _count in range(3)]
    assert got == [anna, bert, None]


def test_agreed_call_beside_another_one_to_the_same_therapist_is_refused(at: datetime) -> None:
    therapist, starts_at = TherapistFactory(), datetime(2026, 11, 24, 11, 0, tzinfo=BERLIN)
    agree(therapist, at, starts_at)
    with pytest.raises(Refused):
        agree(therapist, at, starts_at + timedelta(minutes=4))


# many at once


def _plan_alone(therapist: Therapist, at: datetime, barrier: Barrier) -> PhoneCall:
    try:
        barrier.wait(timeout=60)
        return plan(therapist, at)
    finally:
        connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_eight_planning_at_once_keep_hour_and_coordinators_apart(at: datetime) -> None:
    change("calls_per_hour", 3, at)
    for name in ("anna", "bert"):
        staff(name, Role.COORDINATOR)
    therapists = [TherapistFactory(phone_hours=MORNING) for _count in range(16)]
    barrier = Barrier(8)
    with ThreadPoolExecutor(8) as pool:
        planned = list(pool.map(lambda therapist: _plan_alone(therapist, at, barrier), therapists))
    taken = sorted((call.coordinator_id, call.starts_at) for call in planned)
    assert len(set(taken)) == 16
    hours = [(who, moment.astimezone(UTC).replace(minute=0)) for who, moment in taken]
    assert max(hours.count(one) for one in hours) == 3
    assert len({call.starts_at.date() for call in planned}) == 2  # six an hour, two hours a Monday

"""A call is in one hand at a time, for twenty minutes."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connections

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.communication.enums import CallOutcome, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.selectors.calls import in_hand
from apps.communication.services import call_claims, calls
from apps.core.errors import StaleState
from tests.communication.rows import call_at
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

OPEN = [(0, 9 * 60, 10 * 60)]
MINUTE = timedelta(minutes=1)
THREADS = 8


def waiting(at: datetime, **fields: Any) -> PhoneCall:
    therapist = TherapistFactory(phone_hours=OPEN)
    return call_at(at, therapist=therapist, practice=therapist.practices.get(), **fields)


def test_take_next_gives_the_most_urgent_to_one_and_the_next_to_the_other(
    coordinator: User, manager: User, at: datetime
) -> None:
    later, urgent = waiting(at + MINUTE), waiting(at - MINUTE)
    assert call_claims.take_next(user=coordinator, at=at) == urgent
    assert call_claims.take_next(user=manager, at=at) == later
    urgent.refresh_from_db()
    assert (urgent.taken_by, urgent.taken_at) == (coordinator, at)


def test_take_next_gives_the_one_in_hand_again(coordinator: User, at: datetime) -> None:
    first, _second = waiting(at), waiting(at + MINUTE)
    assert call_claims.take_next(user=coordinator, at=at) == first
    assert call_claims.take_next(user=coordinator, at=at + 19 * MINUTE) == first


def test_take_next_without_anybody_to_reach_is_none(coordinator: User, at: datetime) -> None:
    waiting(at)
    assert call_claims.take_next(user=coordinator, at=at + 60 * MINUTE) is None


def test_take_next_of_mine_leaves_the_calls_of_others(coordinator: User, manager: User, at: datetime) -> None:
    waiting(at, coordinator=manager)
    assert call_claims.take_next(user=coordinator, at=at, whose="mine") is None
    mine = waiting(at, coordinator=coordinator)
    assert call_claims.take_next(user=coordinator, at=at, whose="mine") == mine


def test_claim_lapses_after_twenty_minutes(coordinator: User, manager: User, at: datetime) -> None:
    call = waiting(at)
    call_claims.take_next(user=coordinator, at=at)
    assert call_claims.take_next(user=manager, at=at + 20 * MINUTE - timedelta(seconds=1)) is None
    assert call_claims.take_next(user=manager, at=at + 20 * MINUTE) == call
    assert in_hand(user=coordinator, at=at + 20 * MINUTE) is None


def test_give_back_lets_somebody_else_have_it(coordinator: User, manager: User, at: datetime) -> None:
    call = waiting(at)
    call_claims.take_next(user=coordinator, at=at)
    with pytest.raises(StaleState):
        call_claims.give_back(call=call, user=manager)
    call_claims.give_back(call=call, user=coordinator)
    assert call_claims.take_next(user=manager, at=at) == call
    with pytest.raises(StaleState):
        call_claims.give_back(call=call, user=coordinator)


def test_take_lets_go_of_the_one_in_hand_before(coordinator: User, at: datetime) -> None:
    first, second = waiting(at), waiting(at + MINUTE)
    call_claims.take(call=first, user=coordinator, at=at)
    call_claims.take(call=second, user=coordinator, at=at)
    assert in_hand(user=coordinator, at=at) == second
    assert list(PhoneCall.objects.filter(taken_by__isnull=False)) == [second]


def test_take_out_of_another_hand_is_stale(coordinator: User, manager: User, at: datetime) -> None:
    call = waiting(at)
    call_claims.take(call=call, user=coordinator, at=at)
    with pytest.raises(StaleState):
        call_claims.take(call=call, user=manager, at=at + MINUTE)
    assert call_claims.take(call=call, user=manager, at=at + 20 * MINUTE).taken_by == manager


def test_take_of_a_cancelled_call_is_stale(coordinator: User, at: datetime) -> None:
    call = waiting(at)
    calls.cancel(call=call, actor=None, at=at, reason="place found")
    with pytest.raises(StaleState):
        call_claims.take(call=call, user=coordinator, at=at)


def test_call_in_another_hand_cannot_be_recorded(coordinator: User, manager: User, at: datetime) -> None:
    call = waiting(at)
    call_claims.take(call=call, user=coordinator, at=at)
    with pytest.raises(StaleState, match="Coordinator"):
        calls.complete(call=call, outcome=CallOutcome.REACHED, note="", actor=manager, at=at)
    done = calls.complete(call=call, outcome=CallOutcome.REACHED, note="", actor=coordinator, at=at)
    assert (done.status, done.taken_by, done.taken_at) == (CallStatus.DONE, None, None)


def _next(user: User, at: datetime, barrier: Barrier) -> int | None:
    try:
        barrier.wait(timeout=60)
        call = call_claims.take_next(user=user, at=at)
        return call.pk if call else None
    finally:
        connections.close_all()


def _team() -> list[User]:
    names = [f"c{number}" for number in range(THREADS)]
    return [
        create_staff(username=name, email=f"{name}@example.org", password="x-7-y-8", roles=[Role.COORDINATOR])
        for name in names
    ]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("count", [3, THREADS, 20])
def test_eight_asking_at_once_never_get_the_same(at: datetime, count: int) -> None:
    rows = [waiting(at) for _number in range(count)]
    team, barrier = _team(), Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        got = list(pool.map(lambda user: _next(user, at, barrier), team))
    handed = [pk for pk in got if pk is not None]
    assert len(handed) == len(set(handed)) == min(count, THREADS)
    assert set(handed) <= {row.pk for row in rows}
    assert PhoneCall.objects.filter(taken_by__in=team).count() == len(handed)


@pytest.mark.django_db(transaction=True)
def test_one_person_clicking_eight_times_at_once_holds_one_call(coordinator: User, at: datetime) -> None:
    for _number in range(THREADS):
        waiting(at)
    barrier = Barrier(THREADS)
    with ThreadPoolExecutor(THREADS) as pool:
        got = list(pool.map(lambda _click: _next(coordinator, at, barrier), range(THREADS)))
    assert len(set(got)) == 1
    assert PhoneCall.objects.filter(taken_by=coordinator).count() == 1

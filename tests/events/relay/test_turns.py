import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest
from django.db import connection

from apps.events.models import Outlet
from apps.events.relay import turns
from apps.events.relay.errors import TurnLost
from tests.events.relay.wire import switched_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outlet(at: datetime) -> Outlet:
    return switched_on(at)


@contextmanager
def somebody_at_work(outlet: Outlet) -> Iterator[threading.Event]:
    """Another session holds the lock until the event is set, or to the end of the block."""
    ready, go = threading.Event(), threading.Event()

    def work() -> None:
        with turns.turn(outlet) as is_ours:
            assert is_ours
            ready.set()
            go.wait(20)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    assert ready.wait(10)
    try:
        yield go
    finally:
        go.set()
        thread.join(10)


def test_turn_is_ours_until_the_end_of_the_block(outlet: Outlet) -> None:
    with turns.turn(outlet) as is_ours:
        assert is_ours
        turns.make_sure(outlet)
        assert turns.is_taken(outlet)
    assert not turns.is_taken(outlet)
    with pytest.raises(TurnLost, match="pooler"):
        turns.make_sure(outlet)


def test_second_is_turned_away(outlet: Outlet) -> None:
    with somebody_at_work(outlet):
        with turns.turn(outlet) as is_ours:
            assert not is_ours
        assert turns.is_taken(outlet)
        with pytest.raises(TurnLost):
            turns.make_sure(outlet)


def test_stand_by_takes_over(outlet: Outlet) -> None:
    with somebody_at_work(outlet) as go:

        def wait(seconds: float) -> bool:
            assert seconds == turns.LOOK_SECONDS
            go.set()
            return False

        with turns.turn(outlet, wait=wait) as is_ours:
            assert is_ours


def test_stand_by_may_be_stopped(outlet: Outlet) -> None:
    with somebody_at_work(outlet), turns.turn(outlet, wait=lambda seconds: True) as is_ours:
        assert not is_ours


def test_lock_falls_with_the_session(outlet: Outlet) -> None:
    with turns.turn(outlet) as is_ours:
        assert is_ours
        connection.close()
        with pytest.raises(TurnLost):
            turns.make_sure(outlet)


def test_outlets_have_locks_of_their_own(outlet: Outlet) -> None:
    other = Outlet.objects.create(name="other")
    with somebody_at_work(outlet), turns.turn(other) as is_ours:
        assert is_ours

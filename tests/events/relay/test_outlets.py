"""The switch, the trigger behind it, the past, and what waits."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction

from apps.events.models import DomainEvent, Outgoing, Outlet
from apps.events.relay import outlets
from apps.events.relay.errors import RelayError
from tests.events.services.acts import happen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]


def queued() -> list[int]:
    """Events that wait, in the order in which they will go."""
    outlet = outlets.outlet()
    return [row.event_id for row in outlets.waiting_rows(outlet, 100)] if outlet else []


def ids(events: list[DomainEvent]) -> list[int]:
    return [event.pk for event in events]


def test_nothing_is_written_where_no_relay_was_ever_started(at: datetime) -> None:
    happen(at, 3)
    assert not Outgoing.objects.exists()
    assert not Outlet.objects.exists()


def test_every_event_is_queued_from_the_switch_on(at: datetime) -> None:
    happen(at, 2)
    outlet = outlets.switch_on(at=at)
    events = happen(at, 3)
    assert queued() == ids(events)
    assert (outlet.is_on, outlet.since, outlet.past_next) == (True, at, None)


def test_queueing_costs_publishers_no_statement(
    at: datetime, django_assert_num_queries: Callable[[int], Any]
) -> None:
    outlets.switch_on(at=at)
    with transaction.atomic(), django_assert_num_queries(3):  # a savepoint around the one INSERT
        happen(at, 1)
    assert len(queued()) == 1


def test_rows_go_back_with_the_transaction(at: datetime) -> None:
    outlets.switch_on(at=at)
    with pytest.raises(KeyError), transaction.atomic():
        happen(at, 2)
        raise KeyError
    assert not Outgoing.objects.exists()


def test_switching_on_again_changes_nothing(at: datetime) -> None:
    outlets.switch_on(at=at)
    assert outlets.switch_on(at=at + timedelta(hours=1)).since == at


def test_two_outlets_have_rows_of_their_own(at: datetime) -> None:
    first, second = outlets.switch_on(at=at), outlets.switch_on(at=at, name="second")
    [event] = happen(at, 1)
    assert set(Outgoing.objects.values_list("outlet_id", "event_id")) == {
        (first.pk, event.pk),
        (second.pk, event.pk),
    }
    outlets.switch_off(name="second")
    assert set(Outgoing.objects.values_list("outlet_id", "event_id")) == {(first.pk, event.pk)}


def test_off_throws_away_what_waits_and_queues_no_more(at: datetime) -> None:
    outlets.switch_on(at=at)
    happen(at, 2)
    assert outlets.switch_off() == 2
    happen(at, 2)
    assert queued() == []
    assert outlets.outlet() is not None
    assert outlets.switch_off() == 0


def test_off_is_no_matter_where_nothing_was_on() -> None:
    assert outlets.switch_off() == 0


def test_past_is_queued_part_by_part_before_what_comes(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "PAST_ROWS", 2)
    past = happen(at, 6)
    outlet = outlets.switch_on(at=at, from_id=past[1].pk)
    new = happen(at, 2)
    assert queued() == ids(new)
    assert [outlets.queue_past(outlet) for _part in range(5)] == [2, 2, 1, 0, 0]
    assert queued() == ids(past[1:]) + ids(new)
    outlet.refresh_from_db()
    assert (outlet.past_next, outlet.past_until) == (None, None)


def test_past_is_queued_once_also_where_it_still_waits(at: datetime) -> None:
    outlets.switch_on(at=at)
    events = happen(at, 3)
    outlet = outlets.switch_on(at=at, from_id=events[0].pk)
    assert (outlets.queue_past(outlet), outlets.queue_past(outlet)) == (3, 0)
    assert queued() == ids(events)


def test_second_wish_for_the_past_begins_with_the_earlier_one(at: datetime) -> None:
    outlets.switch_on(at=at, from_id=7)
    assert outlets.switch_on(at=at, from_id=9).past_next == 7
    assert outlets.switch_on(at=at, from_id=5).past_next == 5


def test_past_of_an_empty_outbox_is_done_at_once(at: datetime) -> None:
    outlet = outlets.switch_on(at=at, from_id=1)
    assert outlets.queue_past(outlet) == 0


def test_first_event_since_a_moment(at: datetime) -> None:
    happen(at, 1)
    [later] = happen(at + timedelta(hours=2), 1)
    assert outlets.first_since(at + timedelta(hours=1)) == later.pk
    assert outlets.first_since(at + timedelta(hours=3)) is None


def test_backlog_counts_and_tells_since_when(at: datetime) -> None:
    outlet = outlets.switch_on(at=at)
    assert outlets.backlog(outlet).age_seconds(at) == 0
    assert outlets.backlog(outlet).waiting == 0
    happen(at - timedelta(days=300), 2)  # what counts is when it was queued
    Outgoing.objects.update(queued_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    backlog = outlets.backlog(outlet)
    assert (backlog.waiting, backlog.age_seconds(datetime(2026, 11, 23, 8, 1, 30, tzinfo=UTC))) == (2, 90.0)
    assert outlets.oldest_waiting_since() == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def _in_thread(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_event_of_a_transaction_that_commits_late_is_not_passed_over(at: datetime) -> None:
    """Its number is lower than that of an event which has gone out already."""
    outlet = outlets.switch_on(at=at)
    written, go = threading.Event(), threading.Event()
    slow: list[int] = []

    def publish_slowly() -> None:
        with transaction.atomic():
            slow.extend(ids(happen(at, 1)))
            written.set()
            assert go.wait(10)

    thread = _in_thread(publish_slowly)
    assert written.wait(10)
    [quick] = happen(at, 1)
    assert quick.pk > slow[0]
    [row] = outlets.waiting_rows(outlet, 10)
    assert row.event_id == quick.pk
    outlets.put_away([row.pk])
    go.set()
    thread.join(10)
    assert queued() == slow


@pytest.mark.django_db(transaction=True)
def test_switch_waits_for_transactions_that_have_published_before(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else their events would belong neither to the past nor to what comes."""
    monkeypatch.setattr(outlets, "QUIET_SECONDS", 0.1)
    monkeypatch.setattr(outlets, "QUIET_PAUSE_SECONDS", 0.1)
    written, go = threading.Event(), threading.Event()
    slow: list[int] = []

    def publish_slowly() -> None:
        with transaction.atomic():
            slow.extend(ids(happen(at, 1)))
            written.set()
            assert go.wait(10)

    publisher = _in_thread(publish_slowly)
    assert written.wait(10)
    switch = _in_thread(lambda: outlets.queue_past(outlets.switch_on(at=at, from_id=1)) and None)
    switch.join(0.5)
    assert switch.is_alive()
    go.set()
    publisher.join(10)
    switch.join(10)
    assert queued() == slow


@pytest.mark.django_db(transaction=True)
def test_switch_gives_up_where_it_is_never_quiet(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlets, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(outlets, "QUIET_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(outlets, "QUIET_TRIES", 2)
    written, go = threading.Event(), threading.Event()

    def publish_slowly() -> None:
        with transaction.atomic():
            happen(at, 1)
            written.set()
            assert go.wait(10)

    publisher = _in_thread(publish_slowly)
    try:
        assert written.wait(10)
        with pytest.raises(RelayError, match="leave no moment"):
            outlets.switch_on(at=at)
    finally:
        go.set()
        publisher.join(10)
    assert outlets.outlet().is_on is False


def test_other_troubles_of_the_database_are_not_waited_for(
    at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object) -> None:
        raise OperationalError("the server is going down")

    monkeypatch.setattr(outlets, "_turned", refuse)
    with pytest.raises(OperationalError, match="going down"):
        outlets.switch_on(at=at)

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier, Lock
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from apps.core import parameters
from apps.events import catalogue, tasks
from apps.events.models import Delivery, DomainEvent
from apps.events.services import BACK_OFF, MAX_ATTEMPTS, dispatch, dispatching
from tests.events.services.acts import fail, happen, listen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]


def test_dispatch_hands_events_over_in_their_order(at: datetime) -> None:
    seen: list[str] = []
    listen(lambda event: seen.append(event.subject_id))
    happen(at, 3)
    assert dispatch(at=at) == 3
    assert seen == ["0", "1", "2"]
    assert set(DomainEvent.objects.values_list("dispatched_at", flat=True)) == {at}
    assert dispatch(at=at) == 0
    assert seen == ["0", "1", "2"]


def test_dispatch_takes_no_more_than_its_limit(at: datetime) -> None:
    seen: list[str] = []
    listen(lambda event: seen.append(event.subject_id))
    happen(at, 3)
    assert [dispatch(at=at, limit=2), dispatch(at=at, limit=2)] == [2, 1]


def test_every_subscriber_gets_the_event_and_a_delivery(at: datetime) -> None:
    seen: list[str] = []
    listen(lambda event: seen.append("a"), "a")
    listen(lambda event: seen.append("b"), "b")
    happen(at)
    dispatch(at=at)
    assert seen == ["a", "b"]
    assert list(Delivery.objects.order_by("id").values_list("subscriber", "handled_at")) == [
        ("a", at),
        ("b", at),
    ]


def test_effect_goes_back_with_a_failing_subscriber(at: datetime) -> None:
    """Both subscribers and their deliveries are one transaction: the retry finds a clean table."""
    listen(lambda event: DomainEvent.objects.filter(pk=event.pk).update(subject_id="effect"), "a")
    listen(fail, "b")
    happen(at)
    assert dispatch(at=at) == 0
    assert DomainEvent.objects.get().subject_id == "0"
    assert not Delivery.objects.exists()


def test_failing_subscriber_is_tried_again_later_and_parked_in_the_end(at: datetime) -> None:
    listen(fail)
    happen(at)
    moment, waits = at, []
    for attempt in range(1, MAX_ATTEMPTS + 1):
        assert dispatch(at=moment) == 0
        event = DomainEvent.objects.get()
        assert (event.attempts, event.last_error, event.dispatched_at) == (attempt, "KeyError", None)
        waits.append(event.next_attempt_at - moment)
        assert dispatch(at=event.next_attempt_at - timedelta(seconds=1)) == 0
        assert DomainEvent.objects.get().attempts == attempt  # not yet due, not touched
        moment = event.next_attempt_at
    assert MAX_ATTEMPTS == 5
    assert waits == [BACK_OFF * factor for factor in (2, 4, 8, 16, 32)]
    assert event.parked_at == moment - waits[-1]
    dispatch(at=moment + timedelta(days=1))
    assert DomainEvent.objects.get().attempts == 5


def test_other_events_go_on_beside_a_failing_one(at: datetime) -> None:
    def only_the_second_fails(event: DomainEvent) -> None:
        if event.subject_id == "1":
            raise ValueError

    listen(only_the_second_fails)
    happen(at, 3)
    assert dispatch(at=at) == 2
    states = DomainEvent.objects.order_by("id").values_list("dispatched_at", flat=True)
    assert list(states) == [at, None, at]


def test_recovered_subscriber_finishes_the_event(at: datetime) -> None:
    listen(fail)
    happen(at)
    dispatch(at=at)
    catalogue.subscriber_registry.clear()
    seen: list[str] = []
    listen(lambda event: seen.append(event.subject_id))
    assert dispatch(at=at + BACK_OFF * 2) == 1
    assert seen == ["0"]


def test_failure_tells_nothing_of_the_words(at: datetime, caplog: pytest.LogCaptureFixture) -> None:
    listen(fail)
    happen(at)
    dispatch(at=at)
    [record] = [record for record in caplog.records if record.name == dispatching.__name__]
    assert record.msg["event"] == "event_dispatch_failed"
    assert record.msg["error"] == "KeyError"
    assert record.msg["event_id"] == DomainEvent.objects.get().pk
    assert DomainEvent.objects.get().last_error == "KeyError"


def test_events_nobody_listens_to_are_done_in_one_statement(
    at: datetime, django_assert_num_queries: Any
) -> None:
    happen(at, 20)
    with django_assert_num_queries(2):  # one UPDATE, one look at what waits
        assert dispatch(at=at) == 20
    assert DomainEvent.objects.filter(dispatched_at=at).count() == 20
    assert not Delivery.objects.exists()


def test_unheard_parked_events_stay_parked(at: datetime) -> None:
    happen(at)
    DomainEvent.objects.update(parked_at=at, attempts=5)
    assert dispatch(at=at) == 0
    assert DomainEvent.objects.get().parked_at == at


def test_task_dispatches_what_waits_now(at: datetime) -> None:
    happen(at)
    tasks.dispatch()
    assert DomainEvent.objects.get().dispatched_at <= timezone.now()


@pytest.mark.django_db(transaction=True)
def test_two_workers_hand_every_event_over_exactly_once(at: datetime) -> None:
    seen: list[str] = []
    lock = Lock()

    def note(event: DomainEvent) -> None:
        with lock:
            seen.append(event.subject_id)

    listen(note)
    happen(at, 60)
    barrier = Barrier(2)

    def work(_worker: int) -> int:
        try:
            barrier.wait(timeout=30)
            return dispatch(at=at)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(work, range(2)))
    assert sum(done) == 60
    assert sorted(seen, key=int) == [str(number) for number in range(60)]
    assert Delivery.objects.count() == 60


@pytest.mark.django_db(transaction=True)
def test_event_in_the_hands_of_another_worker_is_skipped(at: datetime) -> None:
    seen: list[str] = []
    listen(lambda event: seen.append(event.subject_id))
    first, _second = happen(at, 2)

    def work() -> int:
        try:
            return dispatch(at=at)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        DomainEvent.objects.select_for_update().get(pk=first.pk)
        assert pool.submit(work).result(timeout=30) == 1
    assert seen == ["1"]


def test_event_that_kills_its_worker_is_parked_and_the_others_go_on(at: datetime) -> None:
    """A worker that dies rolls back: only the count that was committed before is left of it."""
    seen: list[str] = []

    def deadly(event: DomainEvent) -> None:
        if event.subject_id == "0":
            raise KeyboardInterrupt  # stands for a process that ends: nothing catches it
        seen.append(event.subject_id)

    listen(deadly)
    poison, good = happen(at, 2)
    for _death in range(MAX_ATTEMPTS):
        with pytest.raises(KeyboardInterrupt):
            dispatch(at=at)
    assert seen == []
    dispatch(at=at)
    poison.refresh_from_db()
    good.refresh_from_db()
    assert (poison.parked_at, poison.last_error, poison.dispatched_at) == (at, "worker died", None)
    assert (seen, good.dispatched_at) == (["1"], at)


def test_failure_is_kept_with_subscriber_and_place(at: datetime) -> None:
    listen(lambda event: None, "first")
    listen(fail, "second")
    happen(at)
    dispatch(at=at)
    event = DomainEvent.objects.get()
    assert (event.last_error, event.failed_subscriber) == ("KeyError", "second")
    line = fail.__code__.co_firstlineno + 1
    assert event.error_place == f"tests.events.services.acts:{line} fail"


def test_place_is_the_innermost_one_of_the_product(at: datetime) -> None:
    listen(lambda event: parameters.change(name="no", value=1, actor=None, at=at, reason=""))
    happen(at)
    dispatch(at=at)
    assert DomainEvent.objects.get().error_place.startswith("apps.core.parameters:")


def test_dead_worker_is_put_down_to_a_subscriber_only_where_there_is_one(at: datetime) -> None:
    listen(fail, "only")
    alone = happen(at)[0]
    DomainEvent.objects.update(attempts=MAX_ATTEMPTS)
    dispatch(at=at)
    alone.refresh_from_db()
    assert (alone.last_error, alone.failed_subscriber) == ("worker died", "only")
    listen(fail, "another")
    DomainEvent.objects.update(parked_at=None, attempts=MAX_ATTEMPTS)
    dispatch(at=at)
    alone.refresh_from_db()
    assert (alone.last_error, alone.failed_subscriber) == ("worker died", "")

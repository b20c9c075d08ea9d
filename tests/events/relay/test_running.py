"""The relay over the wire: what is published arrives, in order; what was not confirmed is not put away."""

import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.events.models import Outgoing, Outlet
from apps.events.relay import outlets, running, turns
from apps.events.relay.errors import NotDelivered, RelayError, SwitchedOff
from apps.events.relay.messages import Message
from apps.events.relay.running import reason, settled
from apps.events.services import publish
from faults.kafka_cluster import BROKERS, Cluster
from tests.events.relay import wire
from tests.events.services.acts import PAYLOAD, TYPE

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registries")]
MESSAGE_TOO_LARGE, TOPIC_AUTHORIZATION_FAILED = 10, 29


@pytest.fixture
def outlet(at: datetime) -> Outlet:
    return wire.switched_on(at)


def publish_rounds(at: datetime, rounds: int, subjects: int = 10) -> None:
    """Each round tells something of every subject."""
    for _round in range(rounds):
        with transaction.atomic():
            for subject in range(subjects):
                publish(type=TYPE, subject_id=subject, at=at, payload=PAYLOAD)


def is_empty() -> bool:
    return not Outgoing.objects.exists()


def message(key: str, topic: str = "t") -> Message:
    return Message(topic, key.encode(), b"{}", ())


@pytest.mark.parametrize(
    ("reports", "done"),
    [
        (["", "", "", ""], [0, 1, 2, 3]),
        (["", "BAD", "", ""], [0, 2]),  # 3 is of the subject whose message was refused
        (["", None, "", ""], [0, 2]),
        (["BAD", "", "", ""], [1, 3]),
        ([None, None, None, None], []),
    ],
)
def test_confirmed_is_done_with_unless_an_earlier_one_of_its_subject_is_not(
    reports: list[str | None], done: list[int]
) -> None:
    assert settled([message("a"), message("b"), message("a"), message("b")], reports) == done


@pytest.mark.parametrize(
    ("reports", "named"),
    [
        (["", "_PURGE_QUEUE", "TOPIC_AUTHORIZATION_FAILED"], "TOPIC_AUTHORIZATION_FAILED"),
        ([None, "_UNKNOWN_TOPIC", ""], "_UNKNOWN_TOPIC"),
        (["", None], "_TIMED_OUT"),
    ],
)
def test_server_knows_best_what_is_wrong(reports: list[str | None], named: str) -> None:
    assert reason(reports) == named


def test_same_key_in_another_topic_is_another_subject() -> None:
    assert settled([message("a", "t"), message("a", "u")], ["BAD", ""]) == [1]


def test_events_arrive_once_and_in_order(
    kafka: Cluster, outlet: Outlet, at: datetime, tmp_path: Path
) -> None:
    publish_rounds(at, 30)
    relay = wire.relay(outlet, batch_rows=70)
    relay.run_once()
    assert (relay.sent, is_empty()) == (300, True)
    consumer = wire.read(tmp_path / "out.jsonl")
    assert (consumer.written, consumer.repeated, consumer.strange) == (300, 0, 0)
    assert wire.numbers_by_subject(tmp_path / "out.jsonl") == wire.published_by_subject()
    [first, *_others] = wire.told(tmp_path / "out.jsonl")
    assert (first["type"], first["version"], first["producer"], first["payload"]) == (
        TYPE,
        3,
        "tests",
        PAYLOAD,
    )
    assert not turns.is_taken(outlet)


def test_past_goes_first(
    kafka: Cluster, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlets, "PAST_ROWS", 7)
    publish_rounds(at, 3)
    outlet = outlets.switch_on(at=at, from_id=1)
    publish_rounds(at, 2)
    wire.relay(outlet).run_once()
    wire.read(tmp_path / "out.jsonl")
    assert wire.numbers_by_subject(tmp_path / "out.jsonl") == wire.published_by_subject()


def test_relay_that_dies_before_putting_away_sends_again(
    kafka: Cluster, outlet: Outlet, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish_rounds(at, 5)

    def die(*_args: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(outlets, "put_away", die)
        wire.relay(outlet).run_once()
    assert Outgoing.objects.count() == 50
    wire.relay(outlet).run_once()
    consumer = wire.read(tmp_path / "out.jsonl")
    assert (consumer.written, consumer.repeated) == (50, 50)
    assert wire.numbers_by_subject(tmp_path / "out.jsonl") == wire.published_by_subject()


def test_nothing_is_put_away_that_was_refused(
    kafka: Cluster, outlet: Outlet, at: datetime, tmp_path: Path
) -> None:
    """One partition refuses; what stood behind the refused messages waits with them."""
    kafka.topic(wire.TOPIC, 4)
    publish_rounds(at, 6)
    kafka.refuse(MESSAGE_TOO_LARGE)
    relay = wire.relay(outlet)
    with pytest.raises(NotDelivered, match="MSG_SIZE_TOO_LARGE"):
        relay.run_once()
    left = Outgoing.objects.count()
    assert left == 60 - relay.sent
    assert left > 0
    wire.relay(outlet).run_once()
    consumer = wire.read(tmp_path / "out.jsonl")
    assert consumer.written == 60
    assert wire.numbers_by_subject(tmp_path / "out.jsonl") == wire.published_by_subject()


def test_topic_we_may_not_write_to_holds_back_and_is_named(
    kafka: Cluster, outlet: Outlet, at: datetime
) -> None:
    kafka.topic(wire.TOPIC, 2)
    kafka.refuse_topic(wire.TOPIC, TOPIC_AUTHORIZATION_FAILED)
    publish_rounds(at, 1)
    relay = wire.relay(outlet, patience_seconds=1.0)
    with pytest.raises(NotDelivered, match="TOPIC_AUTHORIZATION_FAILED"):
        relay.run_once()
    assert (relay.sent, Outgoing.objects.count()) == (0, 10)
    kafka.refuse_topic(wire.TOPIC, 0)
    wire.relay(outlet).run_once()
    assert is_empty()


def test_without_servers_patience_ends_and_everything_still_waits(
    kafka: Cluster, outlet: Outlet, at: datetime
) -> None:
    for broker in range(1, BROKERS + 1):
        kafka.down(broker)
    publish_rounds(at, 1)
    with pytest.raises(NotDelivered, match="_TIMED_OUT"):
        wire.relay(outlet, patience_seconds=0.5).run_once()
    assert Outgoing.objects.count() == 10


def test_brokers_may_go_and_come_back_midway(
    kafka: Cluster, outlet: Outlet, at: datetime, tmp_path: Path
) -> None:
    publish_rounds(at, 20)
    with wire.at_work(wire.relay(outlet, batch_rows=20)):
        for broker in range(1, BROKERS + 1):
            kafka.down(broker)
            publish_rounds(at, 5)
            kafka.up(broker)
        for broker in range(1, BROKERS + 1):
            kafka.down(broker)
        publish_rounds(at, 5)
        for broker in range(1, BROKERS + 1):
            kafka.up(broker)
        wire.wait_until(is_empty)
    consumer = wire.read(tmp_path / "out.jsonl")
    assert consumer.written == 400
    assert wire.numbers_by_subject(tmp_path / "out.jsonl") == wire.published_by_subject()


def test_relay_rests_while_nobody_answers_and_goes_on_by_itself(
    kafka: Cluster, outlet: Outlet, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[tuple[str, float]] = []
    usual = running.log.warning
    monkeypatch.setattr(
        running.log,
        "warning",
        lambda name, **words: (rests.append((words["reason"], words["seconds"])), usual(name, **words)),
    )
    monkeypatch.setattr(running, "FIRST_BACK_OFF_SECONDS", 0.1)
    for broker in range(1, BROKERS + 1):
        kafka.down(broker)
    publish_rounds(at, 1)
    with wire.at_work(wire.relay(outlet, patience_seconds=1.5)):
        wire.wait_until(lambda: len(rests) >= 2)
        assert Outgoing.objects.count() == 10
        for broker in range(1, BROKERS + 1):
            kafka.up(broker)
        wire.wait_until(is_empty)
    assert rests[:2] == [("_TIMED_OUT", 0.1), ("_TIMED_OUT", 0.2)]


def test_two_relays_share_nothing_and_the_second_takes_over(
    kafka: Cluster, outlet: Outlet, at: datetime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0.1)
    first, second = wire.relay(outlet, batch_rows=10), wire.relay(outlet, batch_rows=10)
    with wire.at_work(second):
        with wire.at_work(first):
            publish_rounds(at, 20)
            wire.wait_until(is_empty)
            with pytest.raises(RelayError, match="Another relay is at work"):
                wire.relay(outlet).run_once()
            assert 0 in (first.sent, second.sent)
        publish_rounds(at, 20)
        wire.wait_until(is_empty)
    assert first.sent + second.sent == 400
    consumer = wire.read(tmp_path / "out.jsonl")
    assert (consumer.written, consumer.repeated) == (400, 0)
    assert wire.numbers_by_subject(tmp_path / "out.jsonl") == wire.published_by_subject()


def test_lost_session_is_replaced(
    kafka: Cluster, outlet: Outlet, at: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database ends the relay's session, and with it the lock; the relay begins anew."""
    monkeypatch.setattr(running, "FIRST_BACK_OFF_SECONDS", 0.1)
    relay = wire.relay(outlet)
    with wire.at_work(relay):
        wire.wait_until(lambda: turns.is_taken(outlet))
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_locks "
                "WHERE locktype = 'advisory' AND classid = %s AND objid = %s",
                [turns.KIND, outlet.pk],
            )
            assert cursor.fetchone() == (1,)
        publish_rounds(at, 2)
        wire.wait_until(is_empty)
    assert relay.sent == 20


def test_stopped_relay_waits_for_what_is_on_its_way(kafka: Cluster, outlet: Outlet, at: datetime) -> None:
    publish_rounds(at, 5)
    relay = wire.relay(outlet)
    deliver = running.Line.deliver

    def stop_and_deliver(line: Any, messages: Any, **options: Any) -> Any:
        relay.stopping.set()
        return deliver(line, messages, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(running.Line, "deliver", stop_and_deliver)
        relay.run()
    assert (relay.sent, is_empty()) == (50, True)


def test_relay_ends_when_it_is_switched_off(kafka: Cluster, outlet: Outlet) -> None:
    outlets.switch_off()
    with pytest.raises(SwitchedOff, match="switched off"):
        wire.relay(outlet).run()
    assert not turns.is_taken(outlet)


def test_stopped_stand_by_ends(kafka: Cluster, outlet: Outlet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "LOOK_SECONDS", 0.05)
    first, second = wire.relay(outlet), wire.relay(outlet)
    with wire.at_work(first):
        wire.wait_until(lambda: turns.is_taken(outlet))
        thread = threading.Thread(target=wire._work, args=(second,))
        thread.start()
        second.stopping.set()
        thread.join(10)
        assert not thread.is_alive()

from datetime import datetime
from pathlib import Path
from threading import Event

import pytest

from apps.events.relay.consuming import Consumer
from apps.events.relay.kafka import Line
from apps.events.relay.ledger import Ledger
from apps.events.relay.messages import Message
from faults.kafka_cluster import Cluster
from tests.events.relay import wire

IDS = [f"00000000-0000-0000-0000-{number:012}" for number in range(40)]


def send(*values: bytes) -> None:
    line = Line()
    messages = [Message(wire.TOPIC, b"1", value, ()) for value in values]
    reports = line.deliver(messages, patience_seconds=10, goes_on=lambda: True)
    line.close()
    assert reports == [""] * len(values)


def event(number: int) -> bytes:
    return b'{"event_id":"%s","subject_id":"1"}' % IDS[number].encode()


def numbers(file: Path) -> list[int]:
    return [IDS.index(envelope["event_id"]) for envelope in wire.told(file)]


def test_repeated_events_are_written_once(kafka: Cluster, tmp_path: Path) -> None:
    send(*map(event, (0, 1, 1, 2, 0, 3)))
    consumer = wire.read(tmp_path / "out.jsonl")
    assert (consumer.written, consumer.repeated) == (4, 2)
    assert numbers(tmp_path / "out.jsonl") == [0, 1, 2, 3]


def test_group_goes_on_where_it_was(kafka: Cluster, tmp_path: Path) -> None:
    send(*map(event, range(3)))
    assert wire.read(tmp_path / "out.jsonl").written == 3
    send(*map(event, range(3, 5)))
    consumer = wire.read(tmp_path / "out.jsonl", idle_exit_seconds=3)
    assert (consumer.written, consumer.repeated) == (2, 0)
    assert numbers(tmp_path / "out.jsonl") == [0, 1, 2, 3, 4]


def test_reader_that_dies_between_file_and_commit_recognises_what_comes_again(
    kafka: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(*map(event, range(4)))
    with monkeypatch.context() as patch:
        patch.setattr("apps.events.relay.consuming._commit", lambda *_args: None)
        assert wire.read(tmp_path / "out.jsonl").written == 4
    with (tmp_path / "out.jsonl").open("ab") as torn:
        torn.write(event(4)[:20])
    send(event(4))
    consumer = wire.read(tmp_path / "out.jsonl", idle_exit_seconds=3)
    assert (consumer.written, consumer.repeated) == (1, 4)
    assert numbers(tmp_path / "out.jsonl") == [0, 1, 2, 3, 4]


def test_what_is_not_ours_is_passed_over(kafka: Cluster, tmp_path: Path, at: datetime) -> None:
    send(event(0), b"hello", b"", b'{"event_id":7}', event(1))
    consumer = wire.read(tmp_path / "out.jsonl")
    assert (consumer.written, consumer.strange) == (2, 3)
    assert numbers(tmp_path / "out.jsonl") == [0, 1]


def test_stopped_reader_ends(kafka: Cluster, tmp_path: Path) -> None:
    stopping = Event()
    stopping.set()
    consumer = Consumer("test", [wire.TOPIC], stopping)
    with Ledger(tmp_path / "out.jsonl") as ledger:
        consumer.run(tmp_path / "out.jsonl", ledger)
    assert consumer.written == 0

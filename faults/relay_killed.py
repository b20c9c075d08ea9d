"""F21: the relay to Kafka and a reader behind it are killed while events keep coming, brokers go and come."""

import json
import random
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from apps.events.models import DomainEvent
from apps.events.relay import consuming, outlets
from apps.events.relay.kafka import Line
from apps.events.relay.ledger import Ledger
from apps.events.relay.messages import topic_of
from faults import ground, jobs, kafka_cluster, processes
from faults.kafka_cluster import Cluster
from faults.outcome import Outcome
from faults.sink import Sink

FAULTS = 100  # every second one the relay, the others the reader
TOPIC = topic_of("faults")
SUBJECTS = 12
WRITERS, ACTS = 2, 20  # at a time; transactions of each
LONGEST_COMMIT_SECONDS = 0.01  # so that transactions commit in another order than they wrote in
KILLED_WITHIN_SECONDS = 0.3
BATCH = 10  # events in one step of either
OUTAGE_EVERY = 5  # so many faults; a broker is away meanwhile
PATIENCE_SECONDS = 30.0


def run(*, faults: int, chance: random.Random) -> Outcome:
    """Every event stands in the reader's file once, and those of a subject in their order."""
    outcome = Outcome("F21", faults)
    if kafka_cluster.library_path() is None:
        outcome.skipped = "no Kafka client here"
        return outcome
    ground.empty()
    with kafka_cluster.cluster() as kafka, tempfile.TemporaryDirectory() as folder:
        settings.KAFKA_SERVERS = kafka.servers
        kafka.topic(TOPIC, 6)
        outlets.switch_on(at=timezone.now())
        killed, second = Path(folder) / "killed.jsonl", Path(folder) / "second.jsonl"
        _work_and_kill(kafka, killed, faults, chance)
        _finish(killed, second)
        _judge(outcome, killed, second)
        outlets.switch_off()
    return outcome


def _work_and_kill(kafka: Cluster, file: Path, faults: int, chance: random.Random) -> None:
    works = {"relay": _relay, "reader": lambda: _killed_reader(file)}
    running = {name: processes.start(work) for name, work in works.items()}
    for number in range(faults):
        name = ("relay", "reader")[number % 2]
        with _writing(number, chance), _outage(kafka, number, chance):
            _wait_until_at_work(name, file)
            time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))
            processes.kill(running[name])
            running[name] = processes.start(works[name])
    for process in running.values():
        processes.kill(process)


@contextmanager
def _writing(number: int, chance: random.Random) -> Iterator[None]:
    writers = [_writer(f"{number} {chance.random()}") for _number in range(WRITERS)]
    yield
    for writer in writers:
        writer.join(processes.PATIENCE_SECONDS)


def _writer(seed: str) -> ForkProcess:
    return processes.start(lambda: _write(random.Random(seed)))


def _write(chance: random.Random) -> None:
    """As publishers do: the subject is locked, then the event written, then committed, soon or later."""
    for _act in range(ACTS):
        subject = chance.randrange(SUBJECTS)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(21, %s)", [subject])
            jobs.give(*[str(subject)] * chance.randint(1, 3), at=timezone.now())
            time.sleep(chance.uniform(0, LONGEST_COMMIT_SECONDS))


@contextmanager
def _outage(kafka: Cluster, number: int, chance: random.Random) -> Iterator[None]:
    if number % OUTAGE_EVERY:
        yield
        return
    broker = chance.randint(1, kafka_cluster.BROKERS)
    kafka.down(broker)
    yield
    kafka.up(broker)


def _relay() -> None:
    processes.slow_down(Line, "deliver")
    processes.slow_down(outlets, "put_away")
    call_command("relay_events", batch=BATCH, stdout=Sink())


def _killed_reader(file: Path) -> None:
    consuming.BATCH_MESSAGES = BATCH  # a backlog is worked off in many steps
    processes.slow_down(Ledger, "append")
    processes.slow_down(consuming, "_commit")
    _read(file, "killed")


def _read(file: Path, group: str, *more: str, stdout: IO[str] | None = None) -> None:
    words = ["--group", group, "--file", str(file), "--topics", TOPIC, "--group-protocol", "consumer", *more]
    call_command("consume_events", *words, stdout=stdout or Sink())


def _wait_until_at_work(name: str, file: Path) -> None:
    """A killed one has to find its way back before the next kill can hit anything."""
    before = _size(name, file)
    end = time.monotonic() + 3.0
    while _size(name, file) == before and time.monotonic() < end:
        time.sleep(0.01)


def _size(name: str, file: Path) -> int:
    """What changes while it works: the queue, or the file."""
    if name == "reader":
        return file.stat().st_size if file.exists() else 0
    outlet = outlets.outlet()
    assert outlet is not None
    rows = outlets.waiting_rows(outlet, 1)
    return rows[0].pk if rows else 0


def _finish(killed: Path, second: Path) -> None:
    """What the killed ones had in hand; then a second reader, never killed, reads all from the start."""
    processes.run(lambda: call_command("relay_events", once=True, stdout=Sink()))
    end = time.monotonic() + PATIENCE_SECONDS
    while _lines(killed) < DomainEvent.objects.count() and time.monotonic() < end:
        processes.run(lambda: _read(killed, "killed", "--idle-exit", "2"))
    with second.with_suffix(".txt").open("w", buffering=1) as counts:
        processes.run(lambda: _read(second, "second", "--idle-exit", "2", stdout=counts))


def _judge(outcome: Outcome, killed: Path, second: Path) -> None:
    events = {str(event_id): pk for event_id, pk in DomainEvent.objects.values_list("event_id", "pk")}
    outlet = outlets.outlet()
    assert outlet is not None
    outcome.promise(outlets.backlog(outlet).waiting == 0, "events left behind in the queue")
    for file in (killed, second):
        told = [json.loads(line) for line in file.read_bytes().splitlines()]
        times = Counter(envelope["event_id"] for envelope in told)
        outcome.count(times[event_id] for event_id in events)
        outcome.promise(times.keys() <= events.keys(), "an event nobody published")
        outcome.promise(not _disorder(told, events), f"{file.stem}: order of a subject broken")
    outages, repeated = -(-outcome.faults // OUTAGE_EVERY), _repeated(second.with_suffix(".txt"))
    outcome.more = {"events": len(events), "outages": outages, "repeated": repeated}


def _disorder(told: list[dict[str, str]], events: dict[str, int]) -> int:
    """How often a line came after a later event of its subject."""
    by_subject = defaultdict(list)
    for envelope in told:
        by_subject[envelope["subject_id"]].append(events.get(envelope["event_id"], 0))
    return sum(after < before for ids in by_subject.values() for before, after in pairwise(ids))


def _repeated(counts: Path) -> int:
    """How many messages the relay has sent a second time: those a reader has to recognise."""
    words = dict(word.split("=") for word in counts.read_text().split())
    return int(words["repeated"])


def _lines(file: Path) -> int:
    return file.read_bytes().count(b"\n") if file.exists() else 0

"""Those who tell of the journeys and are killed: relay, reader, worker of the webhooks, receiver."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.utils import timezone

from apps.events.models import DomainEvent, Outgoing
from apps.events.relay import consuming, outlets, turns
from apps.events.relay.kafka import Line
from apps.events.relay.ledger import Ledger
from apps.gateway.models import WebhookDelivery
from faults import journey_hooks, processes
from faults.sink import Sink

BATCH = 2  # events in one step of relay and reader: a backlog is worked off in many
KILLED_WITHIN_SECONDS = 0.15
AWAY_WITHIN_SECONDS = 0.3  # the receiver, until it is started again
AT_WORK_SECONDS = 2.0
LOOK_SECONDS = 0.01
TIME_PASSES_EVERY = 5  # looks


@dataclass
class Part:
    """One of those that are killed. `progress` changes while it is at work."""

    work: Callable[[], object]
    progress: Callable[[], int]
    process: ForkProcess | None = None
    since: datetime | None = None
    deaths: int = 0

    def start(self) -> None:
        self.since = timezone.now()
        self.process = processes.start(self.work)

    def end(self) -> None:
        if self.process is not None:
            processes.kill(self.process)


class Crew:
    """All four. `read` is what the reader keeps, `heard` what the receiver keeps, repetitions and all."""

    def __init__(self, folder: Path, port: int, secret: str) -> None:
        self.read, self.heard = folder / "read.jsonl", folder / "heard.jsonl"
        delivered = WebhookDelivery.objects.exclude(delivered_at=None)
        self.worker = Part(journey_hooks.deliver, delivered.count)
        self.parts = {
            "relay": Part(_relay, lambda: DomainEvent.objects.count() - Outgoing.objects.count()),
            "reader": Part(lambda: _killed_reader(self.read), lambda: _size(self.read)),
            "worker": self.worker,
            "receiver": Part(
                lambda: journey_hooks.receive(port, secret, self.heard), lambda: _size(self.heard)
            ),
        }

    @contextmanager
    def at_work(self) -> Iterator[None]:
        try:
            for part in self.parts.values():
                part.start()
            yield
        finally:
            for part in self.parts.values():
                part.end()

    def kill_one(self, name: str, chance: random.Random) -> None:
        """One that is at work; then it is started again."""
        part = self.parts[name]
        before = part.progress()
        self.wait(lambda: part.progress() != before, AT_WORK_SECONDS)
        time.sleep(chance.uniform(0, KILLED_WITHIN_SECONDS))
        part.end()
        part.deaths += 1
        if name == "receiver":
            time.sleep(chance.uniform(0, AWAY_WITHIN_SECONDS))
        if name == "relay":
            _wait_until_turn_is_free()
        part.start()

    def wait(self, is_so: Callable[[], bool], seconds: float) -> None:
        """Time passes for the webhooks meanwhile: the receiver is up again, and pauses end."""
        end, looks = time.monotonic() + seconds, count()
        while not is_so() and time.monotonic() < end:
            if next(looks) % TIME_PASSES_EVERY == 0 and self.worker.since is not None:
                journey_hooks.let_time_pass(self.worker.since)
            time.sleep(LOOK_SECONDS)

    def is_done(self) -> bool:
        lines = len(journey_hooks.read_lines(self.read))
        is_told = not WebhookDelivery.objects.filter(delivered_at=None).exists()
        return is_told and not Outgoing.objects.exists() and lines >= DomainEvent.objects.count()


def repeated_messages(folder: Path, idle_seconds: float) -> int:
    """How many messages the relay has sent a second time, told by a second reader that nobody kills."""
    counts, file = folder / "counts.txt", folder / "second.jsonl"
    with counts.open("w", buffering=1) as out:
        processes.run(lambda: _read(file, "second", "--idle-exit", str(idle_seconds), stdout=out))
    words = dict(word.split("=") for word in counts.read_text().split())
    return int(words["repeated"])


def _wait_until_turn_is_free() -> None:
    """The database notices a death soon; a relay that comes before that would look again in seconds."""
    outlet = outlets.outlet()
    assert outlet is not None
    end = time.monotonic() + AT_WORK_SECONDS
    while turns.is_taken(outlet) and time.monotonic() < end:
        time.sleep(LOOK_SECONDS)


def _relay() -> None:
    processes.slow_down(Line, "deliver")
    processes.slow_down(outlets, "put_away")  # Kafka has them, and nobody has written that down yet
    call_command("relay_events", batch=BATCH, stdout=Sink())


def _killed_reader(file: Path) -> None:
    consuming.BATCH_MESSAGES = BATCH
    processes.slow_down(Ledger, "append")
    processes.slow_down(consuming, "_commit")
    _read(file, "killed")


def _read(file: Path, group: str, *more: str, **options: Any) -> None:
    words = ["--group", group, "--file", str(file), "--group-protocol", "consumer", *more]
    call_command("consume_events", *words, **({"stdout": Sink()} | options))


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0

"""What the tests over the wire do again and again."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import connection

from apps.events.models import DomainEvent, Outlet
from apps.events.relay import outlets
from apps.events.relay.consuming import NEW, Consumer
from apps.events.relay.ledger import Ledger
from apps.events.relay.running import Relay

TOPIC = "tests-events"


def switched_on(at: datetime) -> Outlet:
    return outlets.switch_on(at=at)


def relay(outlet: Outlet, **options: Any) -> Relay:
    return Relay(outlet, threading.Event(), **({"patience_seconds": 20.0} | options))


@contextmanager
def at_work(*relays: Relay) -> Iterator[None]:
    """Each in a thread with a connection of its own; stopped at the end."""
    threads = [threading.Thread(target=_work, args=(one,)) for one in relays]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for one in relays:
            one.stopping.set()
        for thread in threads:
            thread.join(20)
        assert not any(thread.is_alive() for thread in threads)


def _work(relay: Relay) -> None:
    try:
        relay.run()
    finally:
        connection.close()


def read(file: Path, group: str = "test", *, idle_exit_seconds: float = 1.0) -> Consumer:
    consumer = Consumer(group, [TOPIC], threading.Event(), protocol=NEW, idle_exit_seconds=idle_exit_seconds)
    with Ledger(file) as ledger:
        consumer.run(file, ledger)
    return consumer


def told(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_bytes().splitlines()]


def numbers(file: Path) -> list[int]:
    """The events in the file, by the numbers of their rows."""
    known = {str(event_id): pk for event_id, pk in DomainEvent.objects.values_list("event_id", "pk")}
    return [known[envelope["event_id"]] for envelope in told(file)]


def numbers_by_subject(file: Path) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for envelope, number in zip(told(file), numbers(file), strict=True):
        found.setdefault(envelope["subject_id"], []).append(number)
    return found


def published_by_subject() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, subject in DomainEvent.objects.order_by("pk").values_list("pk", "subject_id"):
        found.setdefault(subject, []).append(number)
    return found


def wait_until(is_so: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)

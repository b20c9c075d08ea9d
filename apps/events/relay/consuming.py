"""An example of a reader: everything that happened, once, as lines of a file.

What makes it safe to be killed anywhere: first the lines are on the disk, then the position is committed at
Kafka. What was written and not committed comes again and is recognised by its event_id.
"""

import hashlib
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog

from apps.events.relay.kafka import client_library, configuration
from apps.events.relay.ledger import Ledger
from apps.events.relay.reading import as_line, event_id_of

log = structlog.get_logger(__name__)

BATCH_MESSAGES = 500
LOOK_SECONDS = 0.2
CLASSIC, NEW = "classic", "consumer"  # how Kafka shares the partitions of a group out


@dataclass
class Consumer:
    """Reads `topics` as a member of `group` into the ledger until `stopping` is set, or nothing has come for
    `idle_exit_seconds`. `written`, `repeated` and `strange` count messages."""

    group: str
    topics: Sequence[str]
    stopping: threading.Event
    protocol: str = CLASSIC
    idle_exit_seconds: float | None = None
    written: int = 0
    repeated: int = 0
    strange: int = 0

    def run(self, path: Path, ledger: Ledger) -> None:
        client = client_library().Consumer(self._configuration(path))
        self._quiet_since = time.monotonic()
        try:
            client.subscribe(list(self.topics), on_assign=self._on_assign)
            while not self.stopping.is_set() and not self._is_idle():
                self._take(client, ledger)
        finally:
            client.close()

    def _take(self, client: Any, ledger: Ledger) -> None:
        taken = client.consume(BATCH_MESSAGES, timeout=LOOK_SECONDS)
        messages = [message for message in taken if _is_message(message)]
        if not messages:
            return
        events = self._events(messages)
        fresh = ledger.append(events)
        self.written, self.repeated = self.written + fresh, self.repeated + len(events) - fresh
        self._quiet_since = time.monotonic()
        _commit(client, messages)

    def _events(self, messages: Sequence[Any]) -> list[tuple[UUID, bytes]]:
        """What is no event of ours is counted and passed over: it must not hold up what comes behind it."""
        found = []
        for message in messages:
            value = message.value() or b""
            event_id = event_id_of(value)
            if event_id is None:
                self.strange += 1
                log.warning("strange_message", topic=message.topic(), offset=message.offset())
            else:
                found.append((event_id, as_line(value)))
        return found

    def _configuration(self, path: Path) -> dict[str, Any]:
        """With a name of its own, a member that was killed takes its place again as soon as it is back; a
        stranger would wait until Kafka believes that the old one is dead."""
        place = hashlib.sha256(f"{socket.gethostname()}:{path.resolve()}".encode()).hexdigest()[:16]
        return configuration() | {
            "group.id": self.group,
            "group.protocol": self.protocol,
            "group.instance.id": f"{self.group}-{place}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "topic.metadata.refresh.interval.ms": 30_000,
        }

    def _on_assign(self, _client: Any, _partitions: Any) -> None:
        self._quiet_since = time.monotonic()

    def _is_idle(self) -> bool:
        patience = self.idle_exit_seconds
        return patience is not None and time.monotonic() - self._quiet_since > patience


def _is_message(message: Any) -> bool:
    """Kafka's troubles come along with the messages; the client mends them by itself."""
    if message.error() is not None:
        log.warning("consumer_trouble", error=str(message.error().name()))
    return message.error() is None


def _commit(client: Any, messages: Sequence[Any]) -> None:
    """One that is refused costs nothing but reading again."""
    library = client_library()
    ends = {(message.topic(), message.partition()): message.offset() + 1 for message in messages}
    positions = [library.TopicPartition(*where, offset) for where, offset in ends.items()]
    try:
        client.commit(offsets=positions, asynchronous=False)
    except library.KafkaException as failure:
        log.warning("consumer_not_committed", error=str(failure.args[0].name()))

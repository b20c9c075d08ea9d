"""The door to Kafka. confluent-kafka is an optional package: it is imported when it is needed."""

import logging
import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import structlog
from django.conf import settings

from apps.events.relay.errors import NotConfigured, NotInstalled
from apps.events.relay.messages import Message

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.1  # how soon a signal is noticed
GRACE_SECONDS = 5.0  # for the reports that are outstanding when the relay is to stop
CLOSE_SECONDS = 2.0

# The client keeps the order of each partition: it tries again by itself, in order, and never gives a message
# up for its age (the next one, a moment younger, might still be taken and overtake it). It stops for good at
# an error that would leave a gap; then the relay begins anew with the first message that was not confirmed.
IN_ORDER = {
    "acks": "all",
    "enable.idempotence": True,
    "enable.gapless.guarantee": True,
    "max.in.flight.requests.per.connection": 5,
    "message.timeout.ms": 0,
}
Reports = list[str | None]


def client_library(part: str = "") -> Any:
    """The package, or a part of it. Raises NotInstalled."""
    try:
        return import_module(f"confluent_kafka.{part}" if part else "confluent_kafka")
    except ImportError as failure:
        raise NotInstalled from failure


def configuration() -> dict[str, Any]:
    """Servers and how to be let in, by librdkafka's names. Raises NotConfigured."""
    if not settings.KAFKA_SERVERS:
        raise NotConfigured
    return {
        "bootstrap.servers": settings.KAFKA_SERVERS,
        "client.id": "vermittlung",
        "logger": logging.getLogger("confluent_kafka"),
        **settings.KAFKA_SECURITY,
    }


class Line:
    """One producer. After a failure it is closed and replaced: what it still had in hand is thrown away
    and comes again over the next line, from the first message that was not confirmed."""

    def __init__(self) -> None:
        self._failure: type[Exception] = client_library().KafkaException
        self._producer = client_library().Producer(configuration() | IN_ORDER)

    def deliver(
        self, messages: Sequence[Message], *, patience_seconds: float, goes_on: Callable[[], bool]
    ) -> Reports:
        """Send, and wait for a report on each message: "" taken, else Kafka's name of the error; None
        where patience ended before, or `goes_on` some seconds before, or an earlier one was refused."""
        reports: Reports = [None] * len(messages)
        end, latest = time.monotonic() + patience_seconds, time.monotonic() + GRACE_SECONDS
        sent = self._send(messages, reports)
        while None in reports[:sent] and time.monotonic() < min(end, latest):
            self._poll(LOOK_SECONDS)
            if goes_on():
                latest = time.monotonic() + GRACE_SECONDS
        return reports

    def look(self) -> None:
        """Let the client's log and errors out while nothing is to be sent."""
        self._poll(0)

    def close(self) -> None:
        self._producer.purge()
        self._producer.flush(CLOSE_SECONDS)

    def _send(self, messages: Sequence[Message], reports: Reports) -> int:
        """Hand over to the client; returns how many it has taken."""
        for number, message in enumerate(messages):
            try:
                self._produce(message, partial(_note, reports, number))
            except (self._failure, BufferError) as failure:
                reports[number] = _name(failure)
                return number
        return len(messages)

    def _produce(self, message: Message, on_delivery: Callable[..., None]) -> None:
        self._producer.produce(
            message.topic,
            key=message.key,
            value=message.value,
            headers=list(message.headers),
            on_delivery=on_delivery,
        )
        self._poll(0)

    def _poll(self, seconds: float) -> None:
        """What is fatal to the producer is raised here once; the reports on its messages still come."""
        try:
            self._producer.poll(seconds)
        except self._failure as failure:
            log.warning("kafka_producer_ended", error=_name(failure))


def _note(reports: Reports, number: int, error: Any, _message: Any) -> None:
    reports[number] = str(error.name()) if error is not None else ""


def _name(failure: BaseException) -> str:
    """Kafka's name of the error; the words of errors stay out of the log."""
    error: Any = failure.args[0] if failure.args else None
    return str(error.name()) if hasattr(error, "name") else type(failure).__name__

"""Which topics there are to be, and making them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.events.documents import product_types
from apps.events.relay.kafka import client_library
from apps.events.relay.messages import topic_of

PATIENCE_SECONDS = 15.0


@dataclass(frozen=True)
class Shape:
    partitions: int
    replication: int

    @property
    def in_sync(self) -> int:
        """How many copies must have an event before it counts as taken: all but one, so that one may fail."""
        return max(1, self.replication - 1)


@dataclass
class Plan:
    missing: dict[str, Shape] = field(default_factory=dict)
    there: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)

    def lines(self) -> Iterable[str]:
        for name, shape in self.missing.items():
            yield f"create {name}: {_words(shape)}, at least {shape.in_sync} in sync"
        yield from (f"keep   {name}" for name in self.there)
        yield from (f"differs {words}" for words in self.different)


def topics() -> list[str]:
    """One per app that tells anything."""
    return sorted({topic_of(row.producer) for row in product_types()})


def plan(existing: Mapping[str, Shape], wanted: Iterable[str], shape: Shape) -> Plan:
    """What to do. A topic that is there is never changed: with another number of partitions the events of a
    subject would go to another partition than before, and their order would be lost."""
    result = Plan()
    for name in wanted:
        if name not in existing:
            result.missing[name] = shape
        elif existing[name] == shape:
            result.there.append(name)
        else:
            result.different.append(f"{name}: {_words(existing[name])} instead of {_words(shape)}; left so")
    return result


def existing_topics(client: Any) -> dict[str, Shape]:
    """Raises KafkaException where no server answers."""
    listed = client.list_topics(timeout=PATIENCE_SECONDS).topics.values()
    return {row.topic: _shape(row) for row in listed if row.error is None}


def create(client: Any, plan: Plan) -> dict[str, str]:
    """Create what is missing; returns the failures: topic → Kafka's name of the error."""
    library = client_library("admin")
    fresh = [
        library.NewTopic(
            name,
            num_partitions=shape.partitions,
            replication_factor=shape.replication,
            config={"min.insync.replicas": str(shape.in_sync)},
        )
        for name, shape in plan.missing.items()
    ]
    answers = _asked(client, fresh) if fresh else {}
    failures = {name: _failure(answer) for name, answer in answers.items()}
    return {name: failure for name, failure in failures.items() if failure}


def _asked(client: Any, fresh: list[Any]) -> dict[str, Any]:
    answers: dict[str, Any] = client.create_topics(
        fresh, operation_timeout=PATIENCE_SECONDS, request_timeout=PATIENCE_SECONDS
    )
    return answers


def _failure(answer: Any) -> str:
    """ "" for a topic that is there now, also if somebody else was quicker."""
    library = client_library()
    try:
        answer.result(2 * PATIENCE_SECONDS)
    except library.KafkaException as failure:
        error = failure.args[0]
        return "" if error.code() == library.KafkaError.TOPIC_ALREADY_EXISTS else str(error.name())
    except TimeoutError:
        return "_TIMED_OUT"
    return ""


def _shape(row: Any) -> Shape:
    copies = {len(partition.replicas) for partition in row.partitions.values()}
    return Shape(len(row.partitions), min(copies, default=0))


def _words(shape: Shape) -> str:
    return f"{shape.partitions} partitions, {shape.replication} copies"

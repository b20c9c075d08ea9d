from concurrent.futures import Future
from typing import Any

import pytest

from apps.events.relay import topics
from apps.events.relay.kafka import client_library, configuration
from apps.events.relay.topics import Plan, Shape
from faults.kafka_cluster import Cluster

SHAPE = Shape(partitions=6, replication=3)


class Admin:
    """Answers as the client's does; `answers` are errors by topic, None for a success."""

    def __init__(self, **answers: Exception | None) -> None:
        self.answers = answers
        self.asked: list[Any] = []

    def create_topics(self, fresh: list[Any], **patience: float) -> dict[str, "Future[None]"]:
        self.asked += fresh
        return {topic.topic: self._future(self.answers.get(topic.topic)) for topic in fresh}

    def _future(self, failure: Exception | None) -> "Future[None]":
        future: Future[None] = Future()
        if failure is None:
            future.set_result(None)
        else:
            future.set_exception(failure)
        return future


def kafka_error(name: str) -> Exception:
    library = client_library()
    return library.KafkaException(library.KafkaError(getattr(library.KafkaError, name)))


def test_every_app_that_tells_has_a_topic() -> None:
    assert topics.topics() == [
        "communication-events",
        "geocoding-events",
        "matching-events",
        "patient-events",
        "scraping-events",
        "therapist-events",
    ]


def test_plan_creates_what_is_missing_and_changes_nothing() -> None:
    existing = {"a": SHAPE, "b": Shape(3, 3), "c": Shape(6, 1), "else": Shape(1, 1)}
    plan = topics.plan(existing, ["a", "b", "c", "d"], SHAPE)
    assert plan == Plan(
        missing={"d": SHAPE},
        there=["a"],
        different=[
            "b: 3 partitions, 3 copies instead of 6 partitions, 3 copies; left so",
            "c: 6 partitions, 1 copies instead of 6 partitions, 3 copies; left so",
        ],
    )
    assert list(plan.lines()) == [
        "create d: 6 partitions, 3 copies, at least 2 in sync",
        "keep   a",
        f"differs {plan.different[0]}",
        f"differs {plan.different[1]}",
    ]


@pytest.mark.parametrize(("copies", "in_sync"), [(1, 1), (2, 1), (3, 2)])
def test_one_server_may_fail(copies: int, in_sync: int) -> None:
    assert Shape(6, copies).in_sync == in_sync


def test_missing_topics_are_asked_for_in_their_shape() -> None:
    admin = Admin()
    assert topics.create(admin, Plan(missing={"a": SHAPE})) == {}
    [asked] = admin.asked
    assert (asked.topic, asked.num_partitions, asked.replication_factor) == ("a", 6, 3)
    assert asked.config == {"min.insync.replicas": "2"}


def test_nothing_is_asked_where_nothing_is_missing() -> None:
    admin = Admin()
    assert topics.create(admin, Plan(there=["a"])) == {}
    assert admin.asked == []


def test_failures_are_named_and_a_quicker_rival_is_none() -> None:
    admin = Admin(a=kafka_error("TOPIC_ALREADY_EXISTS"), b=kafka_error("POLICY_VIOLATION"), c=TimeoutError())
    plan = Plan(missing={"a": SHAPE, "b": SHAPE, "c": SHAPE, "d": SHAPE})
    assert topics.create(admin, plan) == {"b": "POLICY_VIOLATION", "c": "_TIMED_OUT"}


def test_topics_of_a_cluster_are_seen_with_their_shape(kafka: Cluster) -> None:
    kafka.topic("patient-events", 5)
    client = client_library("admin").AdminClient(configuration())
    assert topics.existing_topics(client) == {"patient-events": Shape(5, 1)}

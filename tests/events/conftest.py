from collections.abc import Iterator
from typing import Any

import pytest

from apps.events import catalogue
from apps.events.catalogue import EventType
from apps.events.relay import kafka as door
from apps.events.schema import one_of
from faults import kafka_cluster
from faults.kafka_cluster import Cluster

PAYLOAD = {"from": one_of("ac", "The state before"), "to": one_of("b", "The state from now on")}


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One declared type nobody listens to, and room for subscribers of the test alone."""
    types = {"test.happened": EventType("test.happened", "tests", "Something", "a thing", PAYLOAD, 3)}
    monkeypatch.setattr(catalogue, "type_registry", types)
    catalogue_of_subscribers = dict(catalogue.subscriber_registry)
    catalogue.subscriber_registry.clear()
    yield
    catalogue.subscriber_registry.clear()
    catalogue.subscriber_registry.update(catalogue_of_subscribers)


@pytest.fixture
def kafka(settings: Any) -> Iterator[Cluster]:
    """Three brokers that speak Kafka, and settings that name them."""
    if kafka_cluster.library_path() is None:
        pytest.skip("confluent-kafka is not installed, or has no library to load on this platform")
    with kafka_cluster.cluster() as cluster:
        settings.KAFKA_SERVERS, settings.KAFKA_SECURITY = cluster.servers, {}
        yield cluster


@pytest.fixture
def no_kafka_package(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.KAFKA_SERVERS = "kafka.example.org:9092"

    def refuse(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(door, "import_module", refuse)

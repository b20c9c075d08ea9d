from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.events.relay import topics
from faults.kafka_cluster import BROKERS, Cluster


def test_plan_of_topics_is_printed(kafka: Cluster, capsys: pytest.CaptureFixture[str]) -> None:
    kafka.topic("patient-events", 6)
    kafka.topic("matching-events", 3)
    call_command("create_topics", "--dry-run")
    assert capsys.readouterr().out.splitlines() == [
        "create communication-events: 6 partitions, 1 copies, at least 1 in sync",
        "create geocoding-events: 6 partitions, 1 copies, at least 1 in sync",
        "create scraping-events: 6 partitions, 1 copies, at least 1 in sync",
        "create therapist-events: 6 partitions, 1 copies, at least 1 in sync",
        "keep   patient-events",
        "differs matching-events: 3 partitions, 1 copies instead of 6 partitions, 1 copies; left so",
    ]


def test_topics_that_could_not_be_made_are_named(kafka: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster of the tests knows no way to create topics, and says nothing."""
    monkeypatch.setattr(topics, "PATIENCE_SECONDS", 1.0)
    with pytest.raises(CommandError, match=r"^Not created: communication-events \(_TIMED_OUT\), "):
        call_command("create_topics")


def test_topic_without_a_copy_is_refused() -> None:
    with pytest.raises(CommandError, match="one copy"):
        call_command("create_topics", "--replication", "0")


def test_servers_that_do_not_answer_are_told(kafka: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "PATIENCE_SECONDS", 1.0)
    for broker in range(1, BROKERS + 1):
        kafka.down(broker)
    with pytest.raises(CommandError, match="Kafka does not answer: _TRANSPORT"):
        call_command("create_topics")


@pytest.mark.usefixtures("no_kafka_package")
def test_missing_package_is_named() -> None:
    with pytest.raises(CommandError, match=r"requirements/kafka\.txt"):
        call_command("create_topics", "--dry-run")


def test_missing_servers_are_told(settings: Any) -> None:
    settings.KAFKA_SERVERS = ""
    with pytest.raises(CommandError, match="KAFKA_SERVERS"):
        call_command("create_topics")

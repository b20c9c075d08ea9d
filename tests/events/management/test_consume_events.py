import json
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from apps.events.relay import outlets
from faults.kafka_cluster import Cluster
from tests.events.relay import wire
from tests.events.services.acts import happen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]


@pytest.mark.usefixtures("no_kafka_package")
def test_consumer_names_the_missing_package(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"requirements/kafka\.txt"):
        call_command("consume_events", "--group", "g", "--file", str(tmp_path / "out.jsonl"))


def test_consumer_writes_lines_and_counts(
    kafka: Cluster,
    at: datetime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outlets.switch_on(at=at)
    events = happen(at, 3)
    call_command("relay_events", "--once")
    capsys.readouterr()
    file = tmp_path / "out.jsonl"
    words = ["--group", "g", "--file", str(file), "--topics", wire.TOPIC, "--idle-exit", "1"]
    call_command("consume_events", *words)
    assert capsys.readouterr().out == "written=3 repeated=0 strange=0\n"
    told = [json.loads(line)["event_id"] for line in file.read_text().splitlines()]
    assert sorted(told) == sorted(str(event.event_id) for event in events)


def test_consumer_names_a_folder_that_is_not_there(kafka: Cluster, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file or directory"):
        call_command("consume_events", "--group", "g", "--file", str(tmp_path / "nowhere" / "out.jsonl"))

import os
import signal
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.events.models import DomainEvent, Outgoing
from apps.events.relay import outlets, running, turns
from faults.kafka_cluster import Cluster
from tests.events.relay import wire
from tests.events.services.acts import happen

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("registries")]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_once_sends_what_waits_and_ends(
    kafka: Cluster,
    at: datetime,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    happen(at, 2)
    call_command("relay_events", "--once")
    assert lines(capsys) == ["sent=0", "waiting=0 oldest_seconds=0"]  # switched on only now
    happen(at, 3)
    call_command("relay_events", "--once", "--batch", "2")
    assert lines(capsys) == ["sent=3", "waiting=0 oldest_seconds=0"]
    assert wire.read(tmp_path / "out.jsonl").written == 3


@pytest.mark.parametrize("how", ["--from-id", "--since"])
def test_past_is_sent_where_it_is_asked_for(
    how: str,
    kafka: Cluster,
    at: datetime,
    capsys: pytest.CaptureFixture[str],
) -> None:
    happen(at - timedelta(days=2), 2)
    first = happen(at, 3)[0]
    call_command("relay_events", "--once", how, str(first.pk) if how == "--from-id" else "2026-11-23")
    assert lines(capsys)[0] == "sent=3"


def test_status_tells_what_waits(at: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("relay_events", "--status")
    outlet = outlets.switch_on(at=at)
    happen(at, 2)
    Outgoing.objects.update(queued_at=datetime.now(UTC) - timedelta(hours=1))
    call_command("relay_events", "--status")
    with turns.turn(outlet):
        call_command("relay_events", "--status")
    out = lines(capsys)
    assert out[0] == "off"
    assert out[1] == "on since 2026-11-23T09:00:00+01:00, relay: none"
    assert out[2] in {"waiting=2 oldest_seconds=3600", "waiting=2 oldest_seconds=3601"}
    assert out[3] == "on since 2026-11-23T09:00:00+01:00, relay: at work"


def test_off_throws_away(at: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    outlets.switch_on(at=at)
    happen(at, 2)
    call_command("relay_events", "--off")
    call_command("relay_events", "--status")
    assert lines(capsys) == ["off, thrown away=2", "off"]


def test_failure_ends_with_its_name(
    kafka: Cluster,
    at: datetime,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outlets.switch_on(at=at)
    happen(at, 2)
    kafka.refuse_topic(wire.TOPIC, 29)
    monkeypatch.setattr(running.Relay, "patience_seconds", 1.0)
    with pytest.raises(CommandError, match="TOPIC_AUTHORIZATION_FAILED"):
        call_command("relay_events", "--once")
    assert lines(capsys)[0] == "sent=0"
    assert Outgoing.objects.count() == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_in_good_order(
    number: signal.Signals,
    kafka: Cluster,
    at: datetime,
    capsys: pytest.CaptureFixture[str],
) -> None:
    outlets.switch_on(at=at)
    happen(at, 2)
    before = signal.getsignal(number)
    threading.Timer(1.0, os.kill, (os.getpid(), number)).start()
    call_command("relay_events")
    assert signal.getsignal(number) is before
    assert lines(capsys) == ["sent=2", "waiting=0 oldest_seconds=0"]


@pytest.mark.usefixtures("no_kafka_package")
def test_missing_package_is_named_before_anything_is_switched_on(at: datetime) -> None:
    words = "confluent-kafka is not installed.*requirements/kafka.txt"
    with pytest.raises(CommandError, match=words):
        call_command("relay_events", "--once")
    assert outlets.outlet() is None
    happen(at, 1)
    assert DomainEvent.objects.count() == 1


@pytest.mark.usefixtures("no_kafka_package")
def test_looking_and_switching_off_need_no_package(at: datetime, capsys: pytest.CaptureFixture[str]) -> None:
    outlets.switch_on(at=at)
    call_command("relay_events", "--status")
    call_command("relay_events", "--off")
    assert lines(capsys)[-1] == "off, thrown away=0"


def test_missing_servers_are_told(settings: Any) -> None:
    settings.KAFKA_SERVERS = ""
    with pytest.raises(CommandError, match="KAFKA_SERVERS"):
        call_command("relay_events", "--once")
    assert outlets.outlet() is None

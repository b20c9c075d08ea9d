"""The bell: once per transaction, after commit, and no harm without anybody to hear it."""

import socket
import time
from typing import Any

import pytest
from celery import Celery, current_app
from django.db import transaction

from apps.events import bell
from apps.events.models import DomainEvent
from apps.events.services import publish
from tests.events.services.acts import PAYLOAD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("registries")]


@pytest.fixture
def rings(settings: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    heard: list[str] = []
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:6379/0"
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: heard.append(name))
    return heard


@pytest.fixture
def nobody(settings: Any) -> str:
    """The address of a Redis that is not there: the port was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    settings.CELERY_BROKER_URL = url
    return url


def test_bell_rings_once_however_many_rows_were_written(rings: list[str], at: Any) -> None:
    with transaction.atomic():
        for number in range(5):
            publish(type="test.happened", subject_id=number, at=at, payload=PAYLOAD)
        assert rings == []
    assert rings == ["events.dispatch"]


def test_bell_rings_for_every_transaction_and_every_task(rings: list[str]) -> None:
    for _count in range(2):
        with transaction.atomic():
            bell.ring("events.dispatch")
            bell.ring("communication.send_queue")
            bell.ring("events.dispatch")
    assert rings == ["events.dispatch", "communication.send_queue"] * 2


def test_bell_is_silent_after_a_rollback(rings: list[str], at: Any) -> None:
    with pytest.raises(KeyError), transaction.atomic():
        publish(type="test.happened", subject_id=1, at=at, payload=PAYLOAD)
        raise KeyError
    assert rings == []


def test_bell_rings_for_what_is_left_after_a_lost_savepoint(rings: list[str], at: Any) -> None:
    with transaction.atomic():
        with pytest.raises(KeyError), transaction.atomic():
            publish(type="test.happened", subject_id=1, at=at, payload=PAYLOAD)
            raise KeyError
        publish(type="test.happened", subject_id=2, at=at, payload=PAYLOAD)
    assert rings == ["events.dispatch"]


def test_without_a_broker_nobody_is_rung_for(rings: list[str], settings: Any, at: Any) -> None:
    settings.CELERY_BROKER_URL = None
    with transaction.atomic():
        publish(type="test.happened", subject_id=1, at=at, payload=PAYLOAD)
    assert rings == []


def test_dead_broker_costs_neither_the_change_nor_much_time(
    nobody: str, at: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    app = Celery("test", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")  # the broker is `nobody`
    monkeypatch.setattr(bell, "current_app", app)
    caplog.set_level("WARNING")
    started = time.monotonic()
    with transaction.atomic():
        publish(type="test.happened", subject_id=1, at=at, payload=PAYLOAD)
    assert time.monotonic() - started < 3
    assert DomainEvent.objects.count() == 1
    [record] = [record for record in caplog.records if record.name == bell.__name__]
    assert (record.msg["event"], record.msg["task"]) == ("bell_not_heard", "events.dispatch")
    assert "127.0.0.1" not in str(record.msg)

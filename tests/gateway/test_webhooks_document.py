"""docs/webhooks.md tells receivers the truth: its code checks what we sign, its figures are in force."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.utils import timezone

from apps.gateway import signatures
from apps.gateway.clients import receivers
from apps.gateway.services import claiming, delivering, webhooks
from config.api import api
from config.schedule import BEAT_SCHEDULE

TEXT = (Path(settings.BASE_DIR) / "docs" / "webhooks.md").read_text()
SECRET = "whsec_a2V5a2V5a2V5a2V5a2V5a2V5"


@pytest.fixture
def checks() -> Any:
    [code] = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_from_the_agency"]


def headers(timestamp: int, *secrets: str, body: bytes = b"{}") -> dict[str, str]:
    signed = signatures.sign(secrets or [SECRET], message_id="m1", timestamp=timestamp, body=body)
    return {name.lower(): value for name, value in signed.items()}


def test_code_for_receivers_takes_what_we_sign(checks):
    now = timezone.now()
    other = "whsec_b3RoZXJvdGhlcm90aGVyb3RoZXI="
    with time_machine.travel(now, tick=False):
        moment = int(now.timestamp())
        assert checks(SECRET, headers(moment), b"{}")
        assert checks(SECRET, headers(moment, other, SECRET), b"{}")
        assert not checks(SECRET, headers(moment, other), b"{}")
        assert not checks(SECRET, headers(moment), b"{} ")
        assert not checks(SECRET, headers(moment - 301), b"{}")


def test_pauses_are_those_of_the_table(monkeypatch):
    monkeypatch.setattr(claiming, "JITTER", 0)
    [row] = re.findall(r"^\| comes after .*$", TEXT, re.MULTILINE)
    units = {"s": 1, "min": 60, "h": 3600}
    told = [float(number) * units[unit] for number, unit in re.findall(r"([\d.]+) (s|min|h)", row)]
    found = [claiming.pause_after(attempt).total_seconds() for attempt in range(1, 9)]
    assert [round(pause / usual, 1) for pause, usual in zip(found, told, strict=True)] == [1.0] * 8


def test_figures_are_those_of_the_code():
    figures = [
        (claiming.GIVE_UP_AFTER, timedelta(hours=24)),
        (claiming.GIVE_UP_FAILURES, 15),
        (claiming.RECEIVER_IS_DOWN, 3),
        (claiming.AT_ONCE_PER_RECEIVER, 4),
        (claiming.LEASE, timedelta(minutes=2)),
        (delivering.LINES, 16),
        (delivering.KEPT, timedelta(days=30)),
        (receivers.READ_SECONDS, 10),
        (signatures.TOLERANCE_SECONDS, 300),
        (webhooks.FORMER_SECRET_SIGNS, timedelta(hours=24)),
        (BEAT_SCHEDULE["gateway-deliver-webhooks"]["schedule"], 15),
    ]
    assert [found for found, _told in figures] == [told for _found, told in figures]


def test_operations_of_the_table_are_those_of_the_document():
    document = api.get_openapi_schema(path_prefix="/")
    offered = {
        f"{method.upper()} {re.sub(r'{[^}]+}', '{id}', path)}"
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/webhooks")
    }
    told = set(re.findall(r"`((?:GET|POST|PATCH|DELETE) /webhooks[^`]*)`", TEXT))
    assert told | {"POST /webhooks"} == offered

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection

pytestmark = pytest.mark.django_db


def test_reachable_servers_need_no_words(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_servers")
    assert capsys.readouterr().out == ""


def test_unreachable_postgres_is_named_with_both_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("connection failed: nobody there\nmore words")

    monkeypatch.setattr(connection, "ensure_connection", refuse)
    with pytest.raises(CommandError, match="nobody there\nStart the server that DATABASE_URL names"):
        call_command("check_servers")


def test_unreachable_redis_is_named_with_both_ways_out(settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with pytest.raises(CommandError, match=r"Redis does not answer: .*\nStart the server"):
        call_command("check_servers")

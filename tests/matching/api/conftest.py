from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from apps.core.models import AccessEntry
from tests.gateway.conftest import calling, client_with

__all__ = ["calling", "client_with"]
API = "/api/v1"
PLAIN = ("searches:read", "searches:write", "inquiries:read", "inquiries:write")
HEALTH = ("health:read", "health:write")


class Caller:
    """A client of the interface; answers come with their JSON."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        send = getattr(self.client, method)
        if method == "get":
            return send(f"{API}{path}", body or {}, headers=given)
        return send(f"{API}{path}", body or {}, content_type="application/json", headers=given)

    def get(self, path: str, **query: Any) -> Any:
        return self("get", path, query)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("post", path, body, **headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Any:
        return self("patch", path, body, **headers)

    def delete(self, path: str) -> Any:
        return self("delete", path)


@pytest.fixture(autouse=True)
def clock(at: datetime) -> Iterator[time_machine.Traveller]:
    """The Monday morning of `at`: endpoints read the clock."""
    with time_machine.travel(at, tick=False) as traveller:
        yield traveller


@pytest.fixture
def caller(calling: Callable[..., Client]) -> Caller:
    return Caller(calling(*PLAIN, *HEALTH, requests_per_minute=10_000))


@pytest.fixture
def plain_caller(calling: Callable[..., Client]) -> Caller:
    """Without health data."""
    return Caller(calling(*PLAIN, name="Telephone system", requests_per_minute=10_000))


def seen() -> list[tuple[int, str, str]]:
    """Who of the patients was looked at, in what, by whom; the log is emptied by nothing."""
    rows = AccessEntry.objects.order_by("id").values_list("patient_id", "purpose", "actor__username")
    return list(rows)

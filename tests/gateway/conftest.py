from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from apps.gateway.models import ApiClient
from apps.gateway.services import clients
from tests.gateway import fuzzing

Caller = Callable[..., Client]


@pytest.fixture
def client_with(db: None) -> Callable[..., ApiClient]:
    def make(*scopes: str, name: str = "Website", **fields: int) -> ApiClient:
        return clients.create(name=name, scopes=scopes, **fields)

    return make


@pytest.fixture
def calling(client_with: Callable[..., ApiClient]) -> Caller:
    """A test client that carries a token of a new API client with these scopes."""

    def make(*scopes: str, name: str = "Website", **fields: int) -> Client:
        return as_client(client_with(*scopes, name=name, **fields))

    return make


def as_client(client: ApiClient) -> Client:
    at = timezone.now()
    _token, secret = clients.issue_token(client=client, actor=None, at=at, expires_at=at + timedelta(days=1))
    return Client(headers={"Authorization": f"Bearer {secret}"})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for line in fuzzing.lines():
        terminalreporter.write_line(line)

"""People and moments every test may use."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.workspace.demo.mailserver import CatchingHandler, CatchingServer

BERLIN = ZoneInfo("Europe/Berlin")
PASSWORD = "only-for-tests-7"


@pytest.fixture
def at() -> datetime:
    """A Monday morning."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)


@pytest.fixture
def today() -> date:
    return date(2026, 11, 23)


def _staff(name: str, *roles: Role) -> User:
    return create_staff(
        username=name, email=f"{name}@example.org", password=PASSWORD, roles=roles, first_name=name.title()
    )


@pytest.fixture
def viewer(db: None) -> User:
    return _staff("viewer", Role.VIEWER)


@pytest.fixture
def coordinator(db: None) -> User:
    return _staff("coordinator", Role.COORDINATOR)


@pytest.fixture
def manager(db: None) -> User:
    return _staff("manager", Role.MANAGER)


@pytest.fixture
def outsider(db: None) -> User:
    """Somebody with an account and no role."""
    return _staff("outsider")


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="apps.accounts.permissions.RoleBackend")
    return client


@pytest.fixture
def viewer_client(viewer: User) -> Client:
    return _client(viewer)


@pytest.fixture
def coordinator_client(coordinator: User) -> Client:
    return _client(coordinator)


@pytest.fixture
def manager_client(manager: User) -> Client:
    return _client(manager)


@pytest.fixture
def outsider_client(outsider: User) -> Client:
    return _client(outsider)


@pytest.fixture
def mailbox(settings: Any) -> Iterator[CatchingHandler]:
    """A real SMTP server that the sender talks to."""
    with CatchingServer() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server.handler

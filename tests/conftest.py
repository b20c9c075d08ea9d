"""People and moments every test may use."""

from collections.abc import Iterator
from datetime import date, datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.cache import cache
from django.test import Client
from django.utils import translation

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.accounts.services import create_staff
from apps.events.services import publishing
from apps.matching.selectors import kept
from apps.patients.models import Symptom
from apps.workspace.demo.mailserver import CatchingHandler, CatchingServer

BERLIN = ZoneInfo("Europe/Berlin")
PASSWORD = "only-for-tests-7"


@pytest.fixture
def at() -> datetime:
    """A Monday morning."""
    return datetime(2026, 11, 23, 9, 0, tzinfo=BERLIN)


@pytest.fixture(autouse=True)
def german() -> None:
    """A request in English leaves its language behind in the thread; every test begins in German."""
    translation.activate("de")


@pytest.fixture(autouse=True)
def payloads_keep_their_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    """In operation publish() looks at keys only; whatever a test publishes is checked to the value."""
    monkeypatch.setattr(publishing, "checks_values", True)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    """Tests that commit are cleaned up by emptying tables, which leaves no trace of a change."""
    kept.forget()


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Tests stand still in time: without this they would share one window of every throttle."""
    cache.clear()


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


def _load_reference_rows() -> None:
    """What migrations have filled and a transactional test has emptied."""
    if not Symptom.objects.exists():
        import_module("apps.patients.migrations.0002_symptoms_and_insurers").load(apps, None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """A run that was stopped, or one with transactional tests, leaves a database without these rows."""
    with django_db_blocker.unblock():
        _load_reference_rows()


@pytest.fixture(autouse=True)
def reference_rows(request: pytest.FixtureRequest) -> None:
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        _load_reference_rows()

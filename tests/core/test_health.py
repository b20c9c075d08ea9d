"""/healthz, /readyz, /version: what strangers see, what monitoring sees, and nobody gets a 500."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings as project_settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.communication.models import EmailMessage
from apps.core import health
from apps.core.doctor import probes
from apps.events.models import DomainEvent
from tests.communication.rows import queued

TOKEN = "only-for-tests-" + "t" * 20
NOBODY_LISTENS = "redis://127.0.0.1:9/0"
ALL_WELL = {
    "broker": "none",
    "database": "ok",
    "migrations": "ok",
    "emails": "ok",
    "events": "ok",
    "relay": "ok",
}


@pytest.fixture(autouse=True)
def forgotten() -> None:
    probes.forget()


@pytest.fixture
def operator(settings: Any) -> Client:
    settings.HEALTH_TOKEN = TOKEN
    return Client(headers={"Authorization": f"Bearer {TOKEN}"})


def told(client: Client) -> tuple[int, dict[str, str]]:
    response = client.get("/readyz")
    answer = response.json()
    assert answer["ready"] is (response.status_code == 200)
    return response.status_code, answer["checks"]


def refuse(*args: object, **kwargs: object) -> None:
    raise OperationalError("connection to server at 10.0.0.7 failed: password of vermittlung")


def test_alive_answers_without_database(client: Client) -> None:
    response = client.get("/healthz")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ok", "text/plain")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/version"])
def test_answers_are_never_kept_and_only_read(client: Client, path: str) -> None:
    assert "no-store" in client.get(path)["Cache-Control"]
    assert client.post(path).status_code == 405


@pytest.mark.django_db
def test_ready_answers_while_all_is_well(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.content, response["Content-Type"]) == (200, b"ok", "text/plain")


@pytest.mark.django_db
def test_operators_get_one_word_per_check(operator: Client) -> None:
    assert told(operator) == (200, ALL_WELL)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN, "Bearer ü"]
)
def test_wrong_token_is_a_stranger(operator: Client, header: str) -> None:
    response = operator.get("/readyz", headers={"Authorization": header})
    assert (response.status_code, response.content) == (200, b"ok")


@pytest.mark.django_db
def test_without_a_token_in_the_settings_nobody_is_an_operator(client: Client) -> None:
    assert project_settings.HEALTH_TOKEN == ""
    assert client.get("/readyz", headers={"Authorization": "Bearer "}).content == b"ok"


def test_database_away_is_said_without_detail(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "atomic", refuse)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"unavailable")


@pytest.mark.django_db
def test_session_is_not_looked_up(client: Client, coordinator: User, django_assert_num_queries: Any) -> None:
    """It lies in the database, which may be away."""
    client.force_login(coordinator)
    with django_assert_num_queries(0):
        assert client.get("/healthz").status_code == 200
        assert client.get("/version").status_code == 200


@pytest.mark.django_db
def test_database_that_refuses_a_question_is_no_bug(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "missing_migrations", refuse)
    assert told(operator) == (503, {"broker": "none", "database": "unreachable"})


@pytest.mark.django_db
def test_database_that_is_too_slow_is_broken_off() -> None:
    is_broken_off = pytest.raises(OperationalError, match="statement timeout")
    with is_broken_off, probes.bounded(0.05), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(5)")


@pytest.mark.django_db
def test_missing_migration_is_told_until_it_is_applied(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = MigrationRecorder(connection).migration_qs.filter(app="core").order_by("name").last()
    row.delete()
    words = {
        **ALL_WELL,
        "migrations": "missing",
        "emails": "unknown",
        "events": "unknown",
        "relay": "unknown",
    }
    assert told(operator) == (503, words)
    row.save(force_insert=True)
    assert told(operator) == (503, words)  # kept for a while
    monkeypatch.setattr(probes, "LOOK_AGAIN_SECONDS", 0)
    assert told(operator) == (200, ALL_WELL)


@pytest.mark.django_db
def test_applied_migrations_are_looked_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    assert client.get("/readyz").status_code == 200
    monkeypatch.setattr(probes, "missing_migrations", refuse)
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_broker_away_is_unavailable(operator: Client, client: Client, settings: Any) -> None:
    settings.REDIS_URL = NOBODY_LISTENS
    assert told(operator) == (503, {**ALL_WELL, "broker": "unreachable"})
    assert client.get("/readyz").content == b"unavailable"


@pytest.mark.django_db
def test_email_that_waits_too_long_is_late_until_it_leaves(operator: Client) -> None:
    email = EmailMessage.objects.filter(pk=queued().pk)
    email.update(updated_at=timezone.now() - timedelta(minutes=29))
    DomainEvent.objects.update(dispatched_at=timezone.now())
    assert told(operator) == (200, ALL_WELL)
    email.update(updated_at=timezone.now() - timedelta(minutes=31))
    assert told(operator) == (503, {**ALL_WELL, "emails": "late"})
    email.update(next_attempt_at=timezone.now() + timedelta(minutes=1))
    assert told(operator) == (200, ALL_WELL)


@pytest.mark.django_db
def test_event_that_waits_too_long_is_late_until_it_is_delivered(operator: Client) -> None:
    moment = timezone.now() - timedelta(minutes=16)
    event = DomainEvent.objects.create(
        event_id=uuid4(), type="email.queued", occurred_at=moment, producer="communication", subject_id="1"
    )
    assert told(operator) == (503, {**ALL_WELL, "events": "late"})
    DomainEvent.objects.filter(pk=event.pk).update(dispatched_at=timezone.now())
    assert told(operator) == (200, ALL_WELL)


def test_version_names_product_and_release(client: Client, settings: Any) -> None:
    assert client.get("/version").json() == {"version": health.product_version()}
    settings.RELEASE = "2026-11-22"
    assert client.get("/version").json() == {"version": health.product_version(), "release": "2026-11-22"}


def test_version_is_that_of_the_project() -> None:
    text = (project_settings.BASE_DIR / "pyproject.toml").read_text()
    assert f'version = "{health.product_version()}"' in text

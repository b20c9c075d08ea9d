"""The doctor: each check of the ground floor turns bad and good again; the command and its ends."""

import base64
import shutil
from collections import namedtuple
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import redis
from celery import current_app
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import OperationalError, ProgrammingError
from django.utils import timezone, translation

from apps.core import doctor, parameters
from apps.core.doctor import Finding, Level, basics, keys, operating, outbox, probes, queues, safety
from apps.core.models import MergeRecord, ParameterChange
from apps.events.models import DomainEvent, Outgoing, Outlet

AT = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
OTHER_KEY = base64.urlsafe_b64encode(b"another-key-only-for-the-tests-1").decode()


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with translation.override("en"):
        yield


def seen(look: Callable[[datetime], Any], at: datetime = AT) -> list[tuple[Level, str]]:
    """Level and words; whoever finds something bad says how to mend it."""
    findings: list[Finding] = list(look(at))
    assert [bool(finding.remedy) for finding in findings] == [bool(finding.level) for finding in findings]
    return [(finding.level, finding.text) for finding in findings]


class Told:
    """A cursor that answers what the test wants."""

    def __init__(self, *row: object) -> None:
        self.row = row

    def __call__(self) -> "Told":
        return self

    def __enter__(self) -> "Told":
        return self

    def __exit__(self, *args: object) -> None: ...

    def execute(self, *args: object) -> None: ...

    def fetchone(self) -> tuple[object, ...]:
        return self.row


@pytest.mark.django_db
def test_database_is_named_with_version() -> None:
    [(level, text)] = seen(basics.look_at_database)
    assert (level, text.startswith(f"PostgreSQL {connection.pg_version // 10000}, ")) == (Level.OK, True)


@pytest.mark.parametrize(
    ("row", "text"),
    [((14, False, 1), "PostgreSQL 14 is too old."), ((16, True, 1), "PostgreSQL is a read-only copy.")],
)
def test_database_that_does_not_do_is_an_error(
    monkeypatch: pytest.MonkeyPatch, row: tuple[object, ...], text: str
) -> None:
    monkeypatch.setattr(connection, "cursor", Told(*row))
    assert seen(basics.look_at_database) == [(Level.ERROR, text)]


def test_database_away_is_an_error_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OperationalError("password of vermittlung")

    monkeypatch.setattr(connection, "cursor", refuse)
    assert seen(basics.look_at_database) == [(Level.ERROR, "PostgreSQL does not answer (OperationalError).")]


@pytest.mark.django_db
def test_missing_migration_is_an_error_until_applied() -> None:
    row = MigrationRecorder(connection).migration_qs.filter(app="core").order_by("name").last()
    row.delete()
    assert seen(basics.look_at_migrations) == [(Level.ERROR, f"1 is missing, first core.{row.name}.")]
    row.save(force_insert=True)
    assert seen(basics.look_at_migrations) == [(Level.OK, "All are applied.")]


@pytest.mark.django_db
def test_clock_that_goes_wrong_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [level for level, _text in seen(basics.look_at_clock)] == [Level.OK]
    monkeypatch.setattr(connection, "cursor", Told(timezone.now() - timedelta(seconds=60, milliseconds=500)))
    text = "The clocks of this machine and of the database differ by 60 seconds."
    assert seen(basics.look_at_clock) == [(Level.ERROR, text)]


@pytest.mark.django_db
def test_other_time_zone_is_an_error(settings: Any) -> None:
    settings.TIME_ZONE = "UTC"
    assert seen(basics.look_at_clock) == [(Level.ERROR, "The time zone is UTC.")]


def test_no_broker_is_a_way_to_work() -> None:
    assert [level for level, _text in seen(basics.look_at_broker)] == [Level.OK]
    assert [level for level, _text in seen(basics.look_at_workers)] == [Level.OK]


def test_broker_away_is_an_error_without_its_address(settings: Any) -> None:
    settings.REDIS_URL = "redis://:secret@127.0.0.1:9/0"
    assert seen(basics.look_at_broker) == [(Level.ERROR, "Redis does not answer (ConnectionError).")]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("noeviction", (Level.OK, "Redis answers.")),
        (
            "allkeys-lru",
            (Level.WARNING, "Redis may throw jobs out when its memory is full (allkeys-lru)."),
        ),
    ],
)
def test_broker_that_may_forget_is_a_warning(
    settings: Any, monkeypatch: pytest.MonkeyPatch, policy: str, expected: tuple[Level, str]
) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(redis.Redis, "ping", lambda self: True)
    monkeypatch.setattr(redis.Redis, "info", lambda self, section: {"maxmemory_policy": policy})
    assert seen(basics.look_at_broker) == [expected]


def test_workers_are_counted_by_their_answers(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    replies: list[dict[str, Any]] = []
    monkeypatch.setattr(current_app.control, "ping", lambda timeout: replies)
    assert seen(basics.look_at_workers) == [(Level.ERROR, "No worker answers.")]
    replies.extend([{"celery@one": {"ok": "pong"}}, {"celery@two": {"ok": "pong"}}])
    assert seen(basics.look_at_workers) == [(Level.OK, "2 workers answer.")]


def test_workers_of_a_broker_that_is_away_do_not_answer(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(timeout: float) -> None:
        raise ConnectionRefusedError

    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    monkeypatch.setattr(current_app.control, "ping", refuse)
    assert seen(basics.look_at_workers) == [(Level.ERROR, "No worker answers.")]


@pytest.fixture
def encrypted(db: None) -> MergeRecord:
    return MergeRecord.objects.create(
        kind="patient", kept_id=1, dropped_id=2, merged_at=AT, names={"kept": "Kanarienvogel"}
    )


@pytest.mark.usefixtures("encrypted")
def test_older_key_is_a_warning_until_rotated(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY, *settings.FIELD_ENCRYPTION_KEYS]
    text = "Still written with an older key: core.MergeRecord.names."
    assert seen(keys.look) == [(Level.WARNING, text)]
    call_command("rotate_field_keys", stdout=StringIO())
    assert seen(keys.look) == [(Level.OK, "Keys: 2; samples read with the first of them: 2.")]


@pytest.mark.usefixtures("encrypted")
def test_lost_key_is_an_error_that_quotes_nothing(settings: Any) -> None:
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY]
    text = "Cannot be read with any key: core.MergeRecord.names."
    assert seen(keys.look) == [(Level.ERROR, text)]


@pytest.mark.django_db
def test_oldest_and_newest_row_are_tried(encrypted: MergeRecord, settings: Any) -> None:
    old_keys = settings.FIELD_ENCRYPTION_KEYS
    settings.FIELD_ENCRYPTION_KEYS = [OTHER_KEY]
    MergeRecord.objects.create(kind="patient", kept_id=3, dropped_id=4, merged_at=AT, names={"kept": "x"})
    settings.FIELD_ENCRYPTION_KEYS = old_keys
    assert [level for level, _text in seen(keys.look)] == [Level.ERROR]


def parameter(name: str, value: object) -> None:
    ParameterChange.objects.create(name=name, value=value, valid_from=AT, reason="test")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "texts"),
    [
        ({"contact_interval_days": 8}, None),
        (
            {"contact_interval_days": 1},
            ["Days between two contacts of one therapist: 1 is the utmost that is allowed."],
        ),
        ({"call_minutes": 99}, ["Length of a call: 99 is not allowed."]),
        ({"email_policy": "all"}, ["E-mail to therapists: all is not allowed."]),
        (
            {"min_requests_per_inquiry": 4, "max_requests_per_inquiry": 3},
            ["An inquiry needs more requests than it may have: no inquiry is planned."],
        ),
        ({"follow_up_days": 14}, ["Inquiries expire before anybody follows them up by phone."]),
    ],
)
def test_unusual_parameter_is_a_warning(values: dict[str, object], texts: list[str] | None) -> None:
    assert seen(operating.look) == [(Level.OK, "None is unusual.")]
    for name, value in values.items():
        parameter(name, value)
    expected = [(Level.WARNING, text) for text in texts] if texts else [(Level.OK, "None is unusual.")]
    assert seen(operating.look) == expected


@pytest.mark.django_db
def test_ranking_without_weights_is_a_warning() -> None:
    for name in operating.WEIGHTS:
        parameter(name, 0)
    text = "All weights of the ranking are zero: the order of candidates means nothing."
    assert (Level.WARNING, text) in seen(operating.look)
    assert set(operating.WEIGHTS) == {name for name in parameters.DEFINITIONS if name.startswith("weight_")}


def waiting_event() -> DomainEvent:
    return DomainEvent.objects.create(
        event_id=uuid4(), type="email.queued", occurred_at=AT, producer="communication", subject_id="1"
    )


@pytest.mark.django_db
def test_parked_event_is_a_warning_until_it_is_redriven() -> None:
    event = waiting_event()
    assert seen(outbox.look_at_parked) == [(Level.OK, "None is parked.")]
    DomainEvent.objects.filter(pk=event.pk).update(parked_at=AT)
    text = "1 event was given up after several attempts."
    assert seen(outbox.look_at_parked) == [(Level.WARNING, text)]
    assert outbox.undelivered_since(AT) is None


@pytest.mark.django_db
def test_event_waits_from_its_next_attempt_on() -> None:
    event = waiting_event()
    assert outbox.undelivered_since(AT) == AT
    later = AT + timedelta(minutes=5)
    DomainEvent.objects.filter(pk=event.pk).update(next_attempt_at=later)
    assert outbox.undelivered_since(AT) is None
    assert outbox.undelivered_since(later) == later


@pytest.mark.django_db
def test_relay_waits_since_its_oldest_row_was_queued() -> None:
    assert outbox.unrelayed_since(AT) is None
    outlet = Outlet.objects.create(name="kafka", is_on=True, since=AT)
    for number in (1, 2):
        event = DomainEvent.objects.create(event_id=uuid4(), occurred_at=AT - timedelta(days=number))
        Outgoing.objects.filter(outlet=outlet, event=event).update(queued_at=AT + timedelta(minutes=number))
    assert outbox.unrelayed_since(AT) == AT + timedelta(minutes=1)


def test_queue_may_have_a_remedy_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queues, "_queues", {})
    register = queues.waits("things", "Things", late_after=timedelta(0), remedy="Push it.")
    register(lambda at: at - timedelta(minutes=1))
    assert [finding.remedy for finding in queues.look(AT)] == ["Push it."]


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        (None, (Level.OK, "Things: nothing is due.")),
        (AT - timedelta(minutes=10), (Level.OK, "Things: longest wait 10\xa0minutes.")),
        (AT - timedelta(minutes=11), (Level.ERROR, "Things: longest wait 11\xa0minutes.")),
    ],
)
def test_queue_is_late_after_its_time(
    monkeypatch: pytest.MonkeyPatch, since: datetime | None, expected: tuple[Level, str]
) -> None:
    monkeypatch.setattr(queues, "_queues", {})
    queues.waits("things", "Things", late_after=timedelta(minutes=10))(lambda at: since)
    assert seen(queues.look) == [expected]


def test_readiness_is_decided_by_emails_and_events() -> None:
    assert {queue.name for queue in queues.queues_of_readiness()} == {"emails", "events", "relay"}


@pytest.fixture
def production(settings: Any) -> Any:
    """What config.settings.prod sets; tests/config looks at that module itself."""
    settings.SECRET_KEY = "k7" * 40 + "abcdefghijklm"
    settings.BLIND_INDEX_KEY, settings.FIELD_ENCRYPTION_KEYS = "b" * 48, [OTHER_KEY]
    settings.SITE_URL, settings.ALLOWED_HOSTS = "https://vermittlung.example.org", ["vermittlung.example.org"]
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    return settings


def test_settings_of_production_are_good(production: Any) -> None:
    assert [level for level, _text in seen(safety.look_at_settings)] == [Level.OK]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("DEBUG", True, "DEBUG is on: error pages show data."),
        ("ALLOWED_HOSTS", ["*"], "ALLOWED_HOSTS takes any name."),
        (
            "BLIND_INDEX_KEY",
            "development-only-blind-index-key",
            "Made up for development, known to everybody: BLIND_INDEX_KEY.",
        ),
    ],
)
def test_dangerous_setting_is_an_error_where_the_site_is_real(
    production: Any, name: str, value: object, text: str
) -> None:
    setattr(production, name, value)
    assert (Level.ERROR, text) in seen(safety.look_at_settings)
    production.SITE_URL = "http://127.0.0.1:8000"
    assert (Level.WARNING, text) in seen(safety.look_at_settings)


def test_keys_of_development_are_known() -> None:
    text = "Made up for development, known to everybody: SECRET_KEY, BLIND_INDEX_KEY, FIELD_ENCRYPTION_KEYS."
    assert (Level.WARNING, text) in seen(safety.look_at_settings)


def test_insecure_cookie_is_a_warning(production: Any) -> None:
    production.SESSION_COOKIE_SECURE = False
    text = "Not fit for production by Django's own checks: security.W012."
    assert seen(safety.look_at_settings) == [(Level.WARNING, text)]


def test_short_token_is_a_warning(production: Any) -> None:
    production.HEALTH_TOKEN = "secret"
    assert seen(safety.look_at_settings) == [(Level.WARNING, "HEALTH_TOKEN can be guessed.")]


@pytest.mark.parametrize(
    ("free", "level"),
    [(2 * 1024**3, Level.OK), (2 * 1024**3 - 1, Level.WARNING), (500 * 1024**2 - 1, Level.ERROR)],
)
def test_full_disk_is_told_before_it_is_full(
    monkeypatch: pytest.MonkeyPatch, free: int, level: Level
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**12, 10**12 - free, free))
    assert {found for found, _text in seen(safety.look_at_disks)} == {level}


# The registry and the command


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_checks", {})


@pytest.fixture
def finds(empty: None) -> Callable[..., None]:
    def register(*findings: Finding, name: str = "check", needs_database: bool = False) -> None:
        doctor.looks_at(name, name.title(), needs_database=needs_database)(lambda at: findings)

    return register


def end(*arguments: str) -> tuple[int, list[str]]:
    out, code = StringIO(), 0
    try:
        call_command("doctor", *arguments, stdout=out, no_color=True)
    except SystemExit as ending:
        code = int(str(ending.code))
    return code, out.getvalue().splitlines()


@pytest.mark.django_db
def test_command_says_what_is_wrong_and_how_to_mend_it(finds: Callable[..., None]) -> None:
    finds(doctor.good("All there."), name="tables")
    finds(doctor.error("Cold.", "Light it."), doctor.warning("Smoky.", "Sweep it."), name="stove")
    assert end() == (
        2,
        [
            "[ok] Tables: All there.",
            "[error] Stove: Cold.",
            "    → Light it.",
            "[warning] Stove: Smoky.",
            "    → Sweep it.",
            "1 error, 1 warning",
        ],
    )


@pytest.mark.django_db
def test_warnings_end_with_one_only_where_it_is_strict(finds: Callable[..., None]) -> None:
    finds(doctor.warning("Smoky.", "Sweep it."))
    assert [end()[0], end("--strict")[0]] == [0, 1]


@pytest.mark.django_db
def test_nothing_wrong_ends_with_zero(finds: Callable[..., None]) -> None:
    finds(doctor.good("Warm."))
    assert end("--strict") == (0, ["[ok] Check: Warm.", "0 errors, 0 warnings"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (KeyError("Kanarienvogel"), "The check itself failed (KeyError)."),
        (ProgrammingError("Kanarienvogel"), "The database refused the question (ProgrammingError)."),
    ],
)
def test_check_that_fails_is_a_finding_and_does_not_stop_the_others(
    empty: None, failure: Exception, text: str
) -> None:
    def fail(at: datetime) -> list[Finding]:
        raise failure

    doctor.looks_at("broken", "Broken")(fail)
    doctor.looks_at("well", "Well")(lambda at: [doctor.good("Warm.")])
    found = [[(finding.level, finding.text) for finding in row.findings] for row in doctor.examine(at=AT)]
    assert found == [[(Level.ERROR, text)], [(Level.OK, "Warm.")]]


def test_without_database_the_others_are_looked_at(
    finds: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise OperationalError("nobody there")

    finds(doctor.good("Full."), name="table", needs_database=True)
    finds(doctor.good("Free."), name="disk")
    monkeypatch.setattr(connection, "ensure_connection", refuse)
    found = [[finding.text for finding in row.findings] for row in doctor.examine(at=AT)]
    assert found == [["Not looked at: there is no database."], ["Free."]]


@pytest.mark.django_db
def test_every_floor_tells_its_part() -> None:
    diagnoses = doctor.examine(at=timezone.now())
    assert [row.check.name for row in diagnoses][:2] == ["database", "migrations"]
    assert {row.check.name for row in diagnoses} == {
        *("database", "migrations", "clock", "broker", "workers", "keys", "parameters", "queues"),
        *("parked_events", "settings", "disk", "superusers", "postal_codes", "outside_servers"),
        *("unclear_emails", "mail_server", "mailboxes", "lost_runs", "engine", "timetable", "webhooks"),
    }
    texts = [finding.text for row in diagnoses for finding in row.findings]
    assert [text for text in texts if "failed (" in text or "refused the question" in text] == []
    assert probes.missing_migrations() == []

"""Files read by the worker, crawls watched by it, sources that are due."""

import json
import signal
import subprocess
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import DirectoryRecord, ImportRun, RunFile, Source
from apps.scraping.services import permissions, runs, working
from apps.scraping.tasks import queue_due, work_off_runs
from tests.scraping.crawling import counts, environment, known_ids, permit, register
from tests.scraping.directory_server import DirectoryServer, Reply

pytestmark = pytest.mark.django_db(transaction=True)

ON = date(2026, 11, 20)


@pytest.fixture
def source() -> Source:
    return Source.objects.create(key="register", name="Register", adapter="arztsuche")


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that the worker starts find the database of the test."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)


def _payload(count: int) -> bytes:
    server = DirectoryServer(count)
    server._server.server_close()
    asked = {"lat": 51.1, "lon": 13.4, "r": 10**7, "filterSelections": [{"fieldName": "fgg"}]}
    people = [server.search({**asked, "lat": one["lat"], "lon": one["lon"], "r": 0}) for one in server.people]
    return json.dumps(
        {"arztPraxisDatas": [one for answer in people for one in answer["arztPraxisDatas"]]}
    ).encode()


def _upload(source: Source, actor: User, content: bytes, **fields: Any) -> ImportRun:
    known: dict[str, Any] = {"name": "register.json", "fetched_on": ON, "is_whole": True}
    return runs.queue_file(source=source, content=content, actor=actor, **known | fields)


def test_uploaded_file_becomes_records(source: Source, manager: User) -> None:
    run = _upload(source, manager, _payload(120))
    work_off_runs()
    run.refresh_from_db()
    assert (run.status, run.is_whole, run.fetched_on) == (RunStatus.DONE, True, ON)
    assert counts(run) == {
        "seen": 120,
        "new": 118,
        "changed": 0,
        "unchanged": 0,
        "rejected": 2,
        "failed": 0,
    }
    assert not RunFile.objects.filter(run=run).exists()


def test_unknown_file_fails_with_the_reason(source: Source, manager: User) -> None:
    run = _upload(source, manager, b'{"results": []}')
    work_off_runs()
    run.refresh_from_db()
    assert (run.status, run.seen) == (RunStatus.FAILED, 0)
    assert "arztPraxisDatas" in run.message


def test_source_of_an_unknown_kind_fails_with_the_reason(manager: User) -> None:
    strange = Source.objects.create(key="strange", name="Strange", adapter="strange")
    run = _upload(strange, manager, b"[]")
    work_off_runs()
    run.refresh_from_db()
    assert (run.status, run.message) == (
        RunStatus.FAILED,
        "Nobody knows how to read records of this source.",
    )


def test_file_goes_on_behind_the_last_batch(
    source: Source, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies after the first of three batches; the next one takes the other two."""
    monkeypatch.setattr(working, "BATCH_SIZE", 10)
    run = _upload(source, manager, _payload(30))
    keep, kept = runs.keep, []

    def dying(**fields: Any) -> Any:
        if kept:
            raise KeyboardInterrupt
        kept.append(1)
        return keep(**fields)

    monkeypatch.setattr(runs, "keep", dying)
    with pytest.raises(KeyboardInterrupt):
        work_off_runs()
    run.refresh_from_db()
    assert (run.status, run.seen) == (RunStatus.RUNNING, 10)
    monkeypatch.setattr(runs, "keep", keep)
    work_off_runs()
    run.refresh_from_db()
    assert run.status == RunStatus.RUNNING  # nobody knows yet that its worker is gone
    ImportRun.objects.update(alive_at=timezone.now() - 2 * runs.LOST_AFTER)
    work_off_runs()
    run.refresh_from_db()
    assert (run.status, run.seen, run.new, run.repeated) == (RunStatus.DONE, 30, 30, 0)


def test_file_that_kills_its_reader_is_given_up(source: Source, manager: User) -> None:
    run = _upload(source, manager, _payload(3))
    ImportRun.objects.filter(pk=run.pk).update(cursor={"starts": 3})
    work_off_runs()
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "3" in run.message


def test_error_of_the_programme_ends_the_run_without_its_text(
    source: Source, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**fields: Any) -> None:
        raise KeyError("Beispielhuber")

    monkeypatch.setattr(runs, "keep", broken)
    run = _upload(source, manager, _payload(3))
    work_off_runs()
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert run.message.startswith("An error of the programme ended the run (KeyError, test_working.py:")
    assert "Beispielhuber" not in run.message


def test_file_cancelled_midway_keeps_what_came(
    source: Source, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(working, "BATCH_SIZE", 10)
    run = _upload(source, manager, _payload(30))
    keep = runs.keep

    def cancelling(**fields: Any) -> Any:
        staged = keep(**fields)
        runs.cancel(run=run, actor=manager, at=timezone.now())
        return staged

    monkeypatch.setattr(runs, "keep", cancelling)
    work_off_runs()
    run.refresh_from_db()
    assert (run.status, run.seen) == (RunStatus.CANCELLED, 10)
    assert DirectoryRecord.objects.count() == 10


def test_worker_fetches_in_slices_until_done(manager: User, children: None) -> None:
    with DirectoryServer(60) as server:
        source = register(server, delay_seconds=25.0)  # a dozen tiles, two a second
        permit(source, manager)
        run = runs.queue_fetch(source=source, actor=manager, at=timezone.now(), today=timezone.localdate())
        states = [_state_after_a_slice(run) for _slice in _until_ended(run)]
    assert states[:-1] == [RunStatus.QUEUED] * (len(states) - 1)
    assert (len(states) > 1, states[-1]) == (True, RunStatus.DONE)
    assert known_ids(source) == server.ids
    assert server.most_at_once() == 1


def _until_ended(run: ImportRun) -> Iterator[int]:
    for number in range(40):
        run.refresh_from_db()
        if run.has_ended:
            return
        yield number


def _state_after_a_slice(run: ImportRun) -> str:
    working.work_off(clock=timezone.now, slice_seconds=3)
    run.refresh_from_db()
    return run.status


def test_only_one_crawl_at_a_time(manager: User) -> None:
    """The other workers are there for letters."""
    for key in ("one", "two"):
        source = Source.objects.create(key=key, name=key, adapter="arztsuche", url="http://127.0.0.1:9/")
        permit(source, manager)
        runs.queue_fetch(source=source, actor=manager, at=timezone.now(), today=timezone.localdate())
    first = runs.take_up(at=timezone.now())
    work_off_runs()
    statuses = dict(ImportRun.objects.values_list("source__key", "status"))
    assert first is not None
    assert statuses == {"one": RunStatus.RUNNING, "two": RunStatus.QUEUED}


def _queued(manager: User) -> ImportRun:
    source = Source.objects.create(key="one", name="one", adapter="arztsuche", url="http://127.0.0.1:9/")
    permit(source, manager)
    return runs.queue_fetch(source=source, actor=manager, at=timezone.now(), today=timezone.localdate())


def _child(monkeypatch: pytest.MonkeyPatch, script: str) -> list[subprocess.Popen[bytes]]:
    """Instead of a crawl, a process of which the watching can be watched."""
    started: list[subprocess.Popen[bytes]] = []

    def start(run_id: int, seconds: float) -> subprocess.Popen[bytes]:
        started.append(subprocess.Popen(["/bin/sh", "-c", script]))
        return started[-1]

    monkeypatch.setattr(working, "_start", start)
    monkeypatch.setattr(working, "LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(working, "END_SECONDS", 0.2)
    return started


def test_process_that_cannot_start_fails_the_run(manager: User, monkeypatch: pytest.MonkeyPatch) -> None:
    run = _queued(manager)
    _child(monkeypatch, "exit 7")
    work_off_runs()
    run.refresh_from_db()
    assert run.status == RunStatus.FAILED
    assert "7" in run.message


def test_process_that_broke_off_leaves_the_run_to_the_next(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = _queued(manager)
    _child(monkeypatch, "kill -9 $$")
    start = working._start

    def taking(run_id: int, seconds: float) -> subprocess.Popen[bytes]:
        runs.take_up(at=timezone.now(), run_id=run_id)
        return start(run_id, seconds)

    monkeypatch.setattr(working, "_start", taking)
    work_off_runs()
    run.refresh_from_db()
    assert run.status == RunStatus.QUEUED


def test_process_over_its_time_is_ended_however_it_resists(
    manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    _queued(manager)
    monkeypatch.setattr(working, "SLICE_GRACE_SECONDS", 0.1)
    started = _child(monkeypatch, "trap '' TERM; while true; do sleep 0.1; done")
    working.work_off(clock=timezone.now, slice_seconds=0.2)
    assert started[0].returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    "fields",
    [
        {"alive_at": timedelta(minutes=-6)},
        {"is_cancel_wished": True},
    ],
    ids=["no sign of life", "cancelled"],
)
def test_process_that_does_not_react_is_ended(
    manager: User, monkeypatch: pytest.MonkeyPatch, fields: dict[str, Any]
) -> None:
    run = _queued(manager)
    monkeypatch.setattr(working, "CANCEL_GRACE", timedelta(seconds=0.2))
    started = _child(monkeypatch, "sleep 60")
    start = working._start

    def taking(run_id: int, seconds: float) -> subprocess.Popen[bytes]:
        runs.take_up(at=timezone.now(), run_id=run_id)
        changes = {
            name: timezone.now() + value if isinstance(value, timedelta) else value
            for name, value in fields.items()
        }
        ImportRun.objects.filter(pk=run_id).update(**changes)
        return start(run_id, seconds)

    monkeypatch.setattr(working, "_start", taking)
    work_off_runs()
    run.refresh_from_db()
    assert started[0].returncode == -signal.SIGTERM
    expected = RunStatus.CANCELLED if "is_cancel_wished" in fields else RunStatus.QUEUED
    assert run.status == expected


def test_due_sources_are_queued_once(manager: User) -> None:
    permitted, by_hand, forbidden = (
        Source.objects.create(
            key=key, name=key, adapter="arztsuche", url="http://127.0.0.1:9/", every_days=days
        )
        for key, days in (("permitted", 7), ("by-hand", 0), ("forbidden", 7))
    )
    for source in (permitted, by_hand):
        permit(source, manager)
    queue_due()
    queue_due()
    assert list(ImportRun.objects.values_list("source__key", "kind", "status")) == [
        ("permitted", RunKind.NETWORK, RunStatus.QUEUED)
    ]
    assert not forbidden.runs.exists()


def test_source_whose_file_is_being_read_is_queued_later(manager: User, at: datetime) -> None:
    source = Source.objects.create(
        key="busy", name="busy", adapter="arztsuche", url="http://127.0.0.1:9/", every_days=7
    )
    permit(source, manager)
    _upload(source, manager, _payload(1))
    assert working.queue_due(at=timezone.now()) == 0


def test_crawl_by_the_worker_stops_where_the_permission_has_gone(manager: User, children: None) -> None:
    with DirectoryServer(10) as server:
        server.always = Reply(500)
        source = register(server)
        permission = permit(source, manager)
        run = runs.queue_fetch(source=source, actor=manager, at=timezone.now(), today=timezone.localdate())
        permissions.withdraw(permission=permission, reason="Called off", actor=manager, at=timezone.now())
        work_off_runs()
    run.refresh_from_db()
    assert (run.status, server.visits) == (RunStatus.STOPPED, [])

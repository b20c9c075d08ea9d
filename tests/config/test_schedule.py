"""The timetable: every line names a task that exists, and `run_jobs` works it off without a broker."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from celery import current_app
from celery.app.task import Task
from celery.schedules import crontab
from django.core.management import call_command

from apps.core.management.commands import run_jobs
from config.celery import app
from config.schedule import BEAT_SCHEDULE


@pytest.fixture(autouse=True, scope="module")
def tasks_are_found() -> None:
    app.loader.import_default_modules()


@pytest.mark.parametrize("entry", BEAT_SCHEDULE)
def test_every_task_of_the_timetable_is_registered(entry: str) -> None:
    assert BEAT_SCHEDULE[entry]["task"] in app.tasks


def test_no_task_is_planned_twice() -> None:
    tasks = [entry["task"] for entry in BEAT_SCHEDULE.values()]
    assert sorted(tasks) == sorted(set(tasks))


def test_sweeps_come_every_minute_at_least() -> None:
    sweeps = {
        row["task"]: row["schedule"] for row in BEAT_SCHEDULE.values() if isinstance(row["schedule"], float)
    }
    assert sweeps.keys() >= {"events.dispatch", "communication.send_queue"}
    assert max(sweeps.values()) <= 60


def test_beat_reads_this_timetable() -> None:
    assert app.conf.beat_schedule == BEAT_SCHEDULE
    assert current_app.conf.timezone == "Europe/Berlin"


@pytest.mark.django_db(transaction=True)  # Celery closes connections when it finds the tasks
def test_run_jobs_once_runs_every_job(mailbox: Any) -> None:
    ran: list[str] = []
    errors = StringIO()
    original = Task.__call__

    def noting(self: Task, *args: object, **kwargs: object) -> object:
        ran.append(self.name)
        return original(self, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Task, "__call__", noting)
        call_command("run_jobs", "--once", stderr=errors)
    assert ran == [entry["task"] for entry in BEAT_SCHEDULE.values()]
    assert errors.getvalue() == ""


def timetable(monkeypatch: pytest.MonkeyPatch, table: dict[str, Any], **tasks: Any) -> None:
    """Celery as `run_jobs` sees it, with another timetable."""
    loader = SimpleNamespace(import_default_modules=lambda: None)
    celery = SimpleNamespace(conf=SimpleNamespace(beat_schedule=table), tasks=tasks, loader=loader)
    monkeypatch.setattr(run_jobs, "current_app", celery)


@pytest.mark.django_db
def test_job_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    def fails() -> None:
        raise KeyError("Kanarienvogel")

    table = {name: {"task": name, "schedule": 30.0} for name in ("fails", "works")}
    timetable(monkeypatch, table, fails=fails, works=lambda: ran.append("works"))
    errors = StringIO()
    call_command("run_jobs", "--once", stderr=errors)
    assert ran == ["works"]
    assert errors.getvalue() == "fails: KeyError\n"


class StopWatching(Exception):
    pass


@pytest.mark.django_db
def test_run_jobs_keeps_the_pauses_of_the_timetable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty seconds, looked at every five: a job of thirty seconds runs twice, a nightly one once."""
    clock, ran = [1000.0], []
    table = {
        "often": {"task": "often", "schedule": 30.0},
        "nightly": {"task": "nightly", "schedule": crontab(hour="5", minute="0")},
    }

    def sleep(seconds: float) -> None:
        clock[0] += seconds
        if clock[0] > 1040:
            raise StopWatching

    timetable(monkeypatch, table)
    monkeypatch.setattr(run_jobs.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(run_jobs.time, "sleep", sleep)
    monkeypatch.setattr(run_jobs.Command, "_run", lambda self, task: ran.append((clock[0], task)))
    with pytest.raises(StopWatching):
        call_command("run_jobs")
    assert ran == [(1000.0, "often"), (1000.0, "nightly"), (1030.0, "often")]

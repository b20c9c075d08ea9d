"""Simulations as jobs: queue, work off world by world, stop, fail, and start from the own records."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from apps.accounts.models import User
from apps.core import parameters
from apps.core.errors import Refused, StaleState
from apps.matching.models import SimulationRun
from apps.matching.models.simulation import SimulationPolicy, SimulationStatus
from apps.matching.selectors import simulations as selectors
from apps.matching.services import simulations
from apps.matching.services.simulations import Wish
from apps.matching.simulation.settings import POLICIES
from apps.matching.tasks import run_simulations
from tests.factories.matching import InquiryFactory, SearchFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

S = SimulationStatus
TINY = Wish(
    weeks=4,
    arrivals_per_week=3.0,
    contacts_per_week=6,
    policies=["planner", "oldest_first_two_digit"],
    seeds=[1, 2],
    therapists=60,
    waiting_at_start=10,
)


def queued(actor: User | None, at: datetime, **changes: Any) -> SimulationRun:
    values = {"wish": TINY, "is_own_world": False, "changed": {}, **changes}
    return simulations.queue(actor=actor, at=at, **values)


def work_off(at: datetime) -> int:
    count = 0
    while simulations.work(clock=lambda: at):
        count += 1
    return count


def test_policies_have_a_label_each() -> None:
    assert set(SimulationPolicy.values) == set(POLICIES)


def test_run_is_worked_off_world_by_world(coordinator: User, at: datetime) -> None:
    run = queued(coordinator, at)
    assert (run.status, run.progress_percent) == (S.QUEUED, 0)
    assert simulations.work(clock=lambda: at)
    run.refresh_from_db()
    assert (run.status, run.progress_percent, len(run.partial), run.claimed_at) == (S.RUNNING, 50, 1, None)
    assert simulations.work(clock=lambda: at)
    run.refresh_from_db()
    assert (run.status, run.progress_percent, run.partial, run.finished_at) == (S.DONE, 100, [], at)
    assert not simulations.work(clock=lambda: at)
    assert set(run.result["policies"]) == set(TINY.policies)
    assert [(row.old, row.new) for row in run.history.all()] == [
        ("", "queued"),
        ("queued", "running"),
        ("running", "done"),
    ]


def test_same_wish_gives_the_same_result(at: datetime) -> None:
    first, second = queued(None, at), queued(None, at)
    assert work_off(at) == 4
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.result == second.result


def test_changed_parameters_are_used_and_checked(at: datetime) -> None:
    run = queued(None, at, changed={"max_requests_per_inquiry": 2, "contact_pause_days": "14"})
    rules = simulations.settings_of(run).rules
    assert run.changed_parameters == {"max_requests_per_inquiry": 2, "contact_pause_days": 14}
    assert (rules.engine.max_requests_per_inquiry, rules.contact_pause_days) == (2, 14)
    assert rules.pair_lock_days == parameters.DEFINITIONS["pair_lock_days"].default


def test_stopped_run_is_left_alone_by_its_worker(
    at: datetime, coordinator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = queued(None, at)
    weeks = []

    def clock() -> datetime:
        weeks.append(at)
        if len(weeks) == 3:
            simulations.stop(run=SimulationRun.objects.get(), actor=coordinator, at=at)
        return at

    assert simulations.work(clock=clock)
    run.refresh_from_db()
    assert (run.status, run.result, run.error) == (S.CANCELLED, None, "")
    assert len(weeks) == 3
    assert not simulations.work(clock=clock)


def test_waiting_run_can_be_stopped_once(at: datetime, coordinator: User) -> None:
    run = queued(None, at)
    simulations.stop(run=run, actor=coordinator, at=at)
    assert not simulations.work(clock=lambda: at)
    with pytest.raises(StaleState):
        simulations.stop(run=run, actor=coordinator, at=at)


def test_bug_marks_the_run_failed_with_what_to_do(at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_off(*args: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(simulations, "invent", break_off)
    run = queued(None, at)
    assert simulations.work(clock=lambda: at)
    run.refresh_from_db()
    assert (run.status, run.finished_at, run.claimed_at) == (S.FAILED, at, None)
    assert run.error != ""
    assert not simulations.work(clock=lambda: at)


def test_sweep_fails_only_runs_without_a_sign_of_life(at: datetime) -> None:
    dead, alive, free = (queued(None, at) for _count in range(3))
    for run, claimed_at in ((dead, at - timedelta(minutes=11)), (alive, at), (free, None)):
        SimulationRun.objects.filter(pk=run.pk).update(status=S.RUNNING, claimed_at=claimed_at)
    assert simulations.fail_stuck(at=at) == 1
    assert list(SimulationRun.objects.order_by("pk").values_list("status", flat=True)) == [
        "failed",
        "running",
        "running",
    ]
    assert simulations.fail_stuck(at=at) == 0


def test_task_works_off_one_world(at: datetime) -> None:
    run = queued(None, at)
    run_simulations()
    run.refresh_from_db()
    assert len(run.partial) == 1


def test_own_world_needs_somebody_who_waits(at: datetime) -> None:
    with pytest.raises(Refused):
        queued(None, at, is_own_world=True)
    assert not SimulationRun.objects.exists()


def test_own_world_is_lived_through_and_keeps_no_patient(at: datetime, today: date) -> None:
    for _count in range(3):
        TherapistFactory()
    searches = [SearchFactory(started_on=today - timedelta(days=20)) for _count in range(2)]
    run = queued(None, at, is_own_world=True)
    assert work_off(at) == 2
    run.refresh_from_db()
    assert run.status == S.DONE
    assert run.result["policies"]["planner"]["figures"]["contacts"] > 0
    stored = json.dumps([run.result, run.asked])
    for search in searches:
        assert search.patient.case_code not in stored
        assert search.patient.last_name not in stored
        assert str(search.started_on) not in stored


def test_own_world_knows_the_postal_area_of_each_search(at: datetime, today: date) -> None:
    TherapistFactory()
    SearchFactory(patient__plz="04109")
    SearchFactory(patient__plz="12043")
    own = selectors.own_world(today=today, parameters=parameters.current(at=at))
    assert sorted(own.search_region.tolist()) == [4, 12]
    assert own.therapists.region.tolist() == [4]
    assert np.array_equal(own.searches.open_requests, [0, 0])


def test_habits_are_those_of_the_last_quarter(at: datetime, today: date) -> None:
    assert selectors.habits(today=today) == selectors.Habits(None, None)
    for days in (0, 90, 91, 200):
        SearchFactory(started_on=today - timedelta(days=days))
    for days in (1, 30, 90, 120):
        InquiryFactory(status="expired", sent_at=at - timedelta(days=days))
    assert selectors.habits(today=today) == selectors.Habits(arrivals_per_week=0.2, contacts_per_week=1)


@pytest.mark.parametrize(
    "broken",
    [{"status": "strange"}, {"progress_percent": 101}, {"status": "done"}, {"status": "failed"}],
    ids=str,
)
def test_database_refuses_impossible_rows(at: datetime, broken: dict[str, Any]) -> None:
    run = queued(None, at)
    with pytest.raises(IntegrityError), transaction.atomic():
        SimulationRun.objects.filter(pk=run.pk).update(**broken)


SMALL = ["--weeks=4", "--therapists=60", "--arrivals=3", "--contacts=6", "--waiting=10", "--seeds=1"]


def test_command_prints_the_table_and_writes_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        f"--plot={tmp_path / 'sim.svg'}",
        f"--csv={tmp_path / 'sim.csv'}",
        f"--json={tmp_path / 'sim.json'}",
    ]
    call_command("simulate", *SMALL, *files, "--set=contact_pause_days=14")
    told = capsys.readouterr()
    assert "oldest_first_two_digit" in told.out
    assert "Weeks to the first acceptance (median)" in told.out
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "sim.csv",
        "sim.json",
        "sim_accepted.svg",
        "sim_placed.svg",
        "sim_waiting.svg",
    ]
    stored = json.loads((tmp_path / "sim.json").read_text(encoding="utf-8"))
    assert stored["settings"]["rules"]["contact_pause_days"] == 14
    picture = (tmp_path / "sim_accepted.svg").read_text(encoding="utf-8")
    assert picture.count("<polyline") == 4
    assert "var(" not in picture
    assert len((tmp_path / "sim.csv").read_text(encoding="utf-8-sig").splitlines()) > 15


def test_command_runs_the_wished_policies_and_varies_the_sizes(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("simulate", *SMALL, "--policy=oldest_first", "--sensitivity")
    told = capsys.readouterr().out
    assert "greedy_by_value" not in told
    sizes = [tuple(line.split()[:2]) for line in told.splitlines()[-9:]]
    assert sizes == [(str(people), str(asked)) for people in (30, 60, 120) for asked in (3, 6, 12)]


@pytest.mark.parametrize(
    "wrong", ["--set=no_such=1", "--set=contact_pause_days=-1", "--weeks=0", "--seeds=0"], ids=str
)
def test_command_says_what_is_wrong(wrong: str) -> None:
    with pytest.raises(CommandError):
        call_command("simulate", *SMALL, wrong)

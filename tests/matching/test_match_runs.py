"""Shards worked off by several workers at once give the same as one piece."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from apps.matching.models import MatchRun, MatchShard
from apps.matching.services import match_runs
from tests.factories.matching import SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT

pytestmark = pytest.mark.django_db(transaction=True)


def clock() -> object:
    return AT


def a_world() -> None:
    for _number in range(4):
        TherapistFactory(approvals=[("VT", "adults", "individual")])
    for plz in ("04103", "10115", "04105", "10117", "80331"):
        SearchFactory(patient=PatientFactory(searching=True, plz=plz))
    SearchFactory(patient=PatientFactory(searching=True, wished_gender="male"))


def test_shards_of_several_workers_give_the_hash_of_one_piece() -> None:
    a_world()
    run = match_runs.start(at=AT, shards=4)

    def worker(_number: int) -> int:
        try:
            return sum(1 for _shard in iter(lambda: match_runs.work(clock=clock), False))
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        done = list(pool.map(worker, range(3)))
    run.refresh_from_db()
    assert sum(done) == 4
    assert run.result_hash == match_runs.hash_in_one_piece(run=run)
    assert (run.searches_count, run.therapists_count, run.candidates_count) == (6, 4, 20)
    assert (run.without_candidates_count, run.blocked_by) == (1, {"therapist_gender": 1})
    assert all(bytes(shard.result) == b"" for shard in run.shards.all())


def test_shards_keep_neighbours_together() -> None:
    a_world()
    run = match_runs.start(at=AT, shards=2)
    first, second = run.shards.all()
    assert (len(first.search_ids), len(second.search_ids)) == (3, 3)
    assert not set(first.search_ids) & set(second.search_ids)


def test_a_claimed_shard_is_left_alone_until_its_worker_must_have_died() -> None:
    a_world()
    match_runs.start(at=AT, shards=1)
    MatchShard.objects.update(claimed_at=AT - timedelta(minutes=1))
    assert match_runs.work(clock=clock) is False
    MatchShard.objects.update(claimed_at=AT - timedelta(minutes=6))
    assert match_runs.work(clock=clock) is True
    assert MatchRun.objects.get().finished_at == AT


def test_a_run_whose_last_worker_died_before_the_end_is_finished_later() -> None:
    a_world()
    run = match_runs.start(at=AT, shards=1)
    shard = match_runs._claim(at=AT)
    assert shard is not None
    match_runs._match(shard, clock)
    run.refresh_from_db()
    assert run.finished_at is None
    assert match_runs.work(clock=clock) is False
    run.refresh_from_db()
    assert (run.finished_at, run.candidates_count) == (AT, 20)


def test_a_run_without_searches_ends() -> None:
    run = match_runs.start(at=AT)
    assert match_runs.work(clock=clock) is True
    run.refresh_from_db()
    assert (run.finished_at, run.searches_count, run.result_hash != "") == (AT, 0, True)


def test_command_compares_shards_with_one_piece() -> None:
    a_world()
    out = StringIO()
    call_command("match", "--shards", "3", "--here", stdout=out)
    lines = out.getvalue().splitlines()
    assert lines[0].split()[1:4] == ["shards=3", "searches=6", "therapists=4"]
    assert lines[1].split(": ")[1].strip() == lines[2].split(": ")[1].strip()
    with pytest.raises(CommandError, match="1 or more"):
        call_command("match", "--shards", "0")

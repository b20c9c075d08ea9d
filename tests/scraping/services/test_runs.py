from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from apps.core.errors import Refused, StaleState
from apps.scraping.models import DirectoryRecord, FetchPermission, ImportRun, RunFile, Source
from apps.scraping.selectors import sources
from apps.scraping.services import runs, staging
from tests.factories.scraping import AT, ON, again, entry, running, source, stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def permitted(coordinator) -> Source:
    one = source(url="https://register.example.org/api")
    FetchPermission.objects.create(
        source=one, given_by="Register", given_on=ON, grounds="Vertrag vom 1.11.", recorded_by=coordinator
    )
    return one


def batch(*entries) -> staging.Batch:
    return staging.Batch(entries=list(entries))


def test_queue_fetch_without_permission_is_refused(coordinator):
    one = source(url="https://register.example.org/api")
    with pytest.raises(Refused, match="permission"):
        runs.queue_fetch(source=one, actor=coordinator, at=AT, today=ON)
    assert not ImportRun.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"withdrawn_at": AT}, {"until": ON - timedelta(1), "given_on": ON - timedelta(9)}]
)
def test_queue_fetch_after_the_permission_is_refused(permitted, coordinator, fields):
    FetchPermission.objects.update(**fields)
    with pytest.raises(Refused):
        runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)


def test_queue_fetch_while_the_source_rests_is_refused(permitted, coordinator):
    run = runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    runs.take_up(at=AT)
    runs.stop(run=run, message="The site answers with an empty error.", at=AT)
    permitted.refresh_from_db()
    with pytest.raises(Refused, match="empty error"):
        runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    assert sources.why_not_fetch(source=permitted, at=AT + timedelta(days=2)) == ""


def test_queue_twice_is_refused(permitted, coordinator):
    runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    with pytest.raises(Refused, match="under way"):
        runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    assert ImportRun.objects.count() == 1


def test_queue_file_needs_no_permission_and_is_forgotten_after_reading(coordinator):
    run = runs.queue_file(
        source=source(), name="a.json", content=b"{}", fetched_on=ON, is_whole=True, actor=coordinator
    )
    run = runs.take_up(at=AT)
    runs.keep(run=run, batch=batch(entry()), at=AT)
    runs.finish(run=run, at=AT)
    assert not RunFile.objects.exists()


def test_take_up_gives_a_run_to_one_worker_only(permitted, coordinator):
    runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    assert runs.take_up(at=AT) is not None
    assert runs.take_up(at=AT) is None


def test_lost_run_goes_on_and_its_first_worker_may_not(permitted, coordinator):
    runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    first = runs.take_up(at=AT)
    runs.keep(run=first, batch=batch(entry()), at=AT, progress={"cursor": {"tile": 1}})
    later = AT + runs.LOST_AFTER + timedelta(seconds=1)
    second = runs.take_up(at=later)
    assert (second.pk, second.cursor, second.new) == (first.pk, {"tile": 1}, 1)
    with pytest.raises(StaleState):
        runs.keep(run=first, batch=batch(entry(external_id="2")), at=later)
    runs.keep(run=second, batch=batch(entry()), at=later)
    second.refresh_from_db()
    assert (second.seen, second.new, second.repeated) == (1, 1, 1)


def test_finish_whole_run_reports_who_vanished():
    first = running(is_whole=True)
    stage(entry(), entry(external_id="2"), entry(external_id="3"), entry(external_id="4"), run=first)
    second = again(first)
    stage(entry(), entry(external_id="2"), entry(external_id="3"), run=second)
    ended = runs.finish(run=second, at=AT, is_whole=True)
    assert ended.vanished == 1
    assert DirectoryRecord.objects.get(external_id="4").vanished_on == ON


def test_finish_far_smaller_run_is_unusual_and_nobody_vanished():
    first = running(is_whole=True)
    stage(*(entry(external_id=str(one)) for one in range(10)), run=first)
    second = again(first)
    stage(entry(external_id="1"), run=second)
    ended = runs.finish(run=second, at=AT, is_whole=True)
    assert (ended.is_unusual, ended.vanished) == (True, None)
    assert not DirectoryRecord.objects.filter(vanished_on__isnull=False).exists()


def test_finish_part_of_a_source_says_nothing_about_the_rest():
    first = running(is_whole=True)
    stage(entry(), entry(external_id="2"), run=first)
    second = again(first)
    stage(entry(), run=second)
    assert runs.finish(run=second, at=AT).vanished is None


def test_cancel_waiting_ends_at_once_and_running_after_its_step(permitted, coordinator):
    waiting = runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    assert runs.cancel(run=waiting, actor=coordinator, at=AT).status == "cancelled"
    runs.queue_fetch(source=permitted, actor=coordinator, at=AT, today=ON)
    run = runs.take_up(at=AT)
    assert runs.cancel(run=run, actor=coordinator, at=AT).status == "running"
    with pytest.raises(StaleState):
        runs.keep(run=run, batch=batch(entry()), at=AT)
    assert not DirectoryRecord.objects.exists()


def test_end_twice_is_stale():
    run = running()
    runs.fail(run=run, message="no", at=AT)
    with pytest.raises(StaleState):
        runs.stop(run=run, message="no", at=AT)


def test_counts_that_do_not_add_up_cannot_be_saved():
    run = running()
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportRun.objects.filter(pk=run.pk).update(seen=1)


def test_due_sources_by_their_own_days(permitted):
    assert sources.due_sources(at=AT) == []
    permitted.every_days = 7
    permitted.save()
    assert sources.due_sources(at=AT) == [permitted]
    run = running(source=permitted)
    assert sources.due_sources(at=AT) == []
    runs.finish(run=run, at=AT)
    ImportRun.objects.update(created_at=AT - timedelta(days=7))
    assert sources.due_sources(at=AT) == [permitted]


def test_health_counts_and_tells_what_is_stale(permitted):
    run = running(source=permitted)
    stage(entry(), run=run)
    runs.finish(run=run, at=AT)
    [line] = sources.health(at=AT)
    assert (line.records, line.waiting, line.proposals, line.is_stale) == (1, 1, 0, False)
    [line] = sources.health(at=AT + timedelta(days=365))
    assert line.is_stale

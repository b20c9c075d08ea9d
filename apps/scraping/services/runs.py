"""The life of a run: queued, running, ended. Every step is a commit, so a killed run goes on where it was."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.events import bell
from apps.events.services import publish
from apps.scraping.enums import ENDED, RunKind, RunStatus
from apps.scraping.models import DirectoryRecord, ImportRun, RunFile, Source
from apps.scraping.selectors import sources
from apps.scraping.services import staging

log = structlog.get_logger(__name__)

# A run without a sign of life for so long has lost its worker; another takes it up.
LOST_AFTER = timedelta(minutes=5)
# After a refusal the source is left alone for so long, unless a person says otherwise.
REST_AFTER_REFUSAL = timedelta(days=1)
FILE_SUFFIXES = (".json", ".csv", ".txt", ".html", ".htm", ".xlsx")


@transaction.atomic
def queue_fetch(*, source: Source, actor: Any, at: datetime, today: date) -> ImportRun:
    """Have the source fetched by a worker. Raises Refused with the reason where that is not permitted."""
    if reason := sources.why_not_fetch(source=source, at=at):
        raise Refused(reason)
    return _queue(source=source, kind=RunKind.NETWORK, started_by=actor, fetched_on=today)


@transaction.atomic
def queue_file(
    *, source: Source, name: str, content: bytes, fetched_on: date, is_whole: bool, actor: Any
) -> ImportRun:
    """Have an uploaded file of this source read by a worker. `fetched_on`: the day the file was saved."""
    run = _queue(
        source=source,
        kind=RunKind.FILE,
        started_by=actor,
        fetched_on=fetched_on,
        file_name=name[:200],
        is_whole=is_whole,
    )
    RunFile.objects.create(run=run, content=content)
    return run


def _queue(*, source: Source, **fields: Any) -> ImportRun:
    try:
        with transaction.atomic():
            run = ImportRun.objects.create(source=source, **fields)
    except IntegrityError as error:
        raise Refused(_("A run of this source is under way; please wait until it has ended.")) from error
    bell.ring("scraping.work_off_runs")
    return run


@transaction.atomic
def take_up(*, at: datetime, run_id: int | None = None) -> ImportRun | None:
    """The next run to work on, marked as ours: a queued one, or one whose worker was lost.

    Its `cursor` tells where to go on. Rows in other hands are skipped.
    """
    lost = Q(status=RunStatus.RUNNING, alive_at__lt=at - LOST_AFTER)
    free = ImportRun.objects.select_for_update(skip_locked=True, of=("self",)).select_related("source")
    wanted = free.filter(Q(status=RunStatus.QUEUED) | lost).order_by("id")
    run = (wanted.filter(pk=run_id) if run_id else wanted).first()
    if run is None:
        return None
    run.status, run.alive_at, run.started_at = RunStatus.RUNNING, at, run.started_at or at
    run.save(update_fields=["status", "alive_at", "started_at", "updated_at"])
    return run


def keep(
    *, run: ImportRun, batch: staging.Batch, at: datetime, progress: Mapping[str, Any] | None = None
) -> staging.Staged:
    """Take in a batch with the new `cursor`, `done`, `total` and `requests`: all or nothing is committed.

    Raises StaleState where the run is not ours any more (cancelled, ended, or taken up by another worker).
    """
    with transaction.atomic():
        _require_ours(run)
        return staging.stage(run=run, batch=batch, progress={**(progress or {}), "alive_at": at})


@transaction.atomic
def touch(*, run: ImportRun, at: datetime, progress: Mapping[str, Any] | None = None) -> None:
    """A sign of life; `progress` as in `keep`. Raises StaleState where the run is not ours any more."""
    _require_ours(run)
    fields = {**(progress or {}), "alive_at": at}
    ImportRun.objects.filter(pk=run.pk).update(**fields)
    for name, value in fields.items():
        setattr(run, name, value)


@transaction.atomic
def release(*, run: ImportRun, at: datetime) -> None:
    """Nobody works on it any more (its time was up, its process died): whoever comes next goes on."""
    fresh = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if fresh.status != RunStatus.RUNNING:
        return
    if fresh.is_cancel_wished:
        end_cancelled(run=fresh, at=at)
        return
    fresh.status, fresh.alive_at = RunStatus.QUEUED, at
    fresh.save(update_fields=["status", "alive_at", "updated_at"])


def _require_ours(run: ImportRun) -> None:
    fresh = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if fresh.status != RunStatus.RUNNING or fresh.is_cancel_wished or fresh.alive_at != run.alive_at:
        raise StaleState(_("The run was cancelled or is in other hands."))


@transaction.atomic
def finish(*, run: ImportRun, at: datetime, is_whole: bool | None = None) -> ImportRun:
    """The source was read to its end: who was not seen any more has vanished, and is reported as such."""
    _require_ours(run)
    fields: dict[str, Any] = {} if is_whole is None else {"is_whole": is_whole}
    run.is_whole = fields.get("is_whole", run.is_whole)
    if run.is_whole:
        usual = sources.usual_volume(source=run.source, before=run)
        fields["is_unusual"] = sources.is_unusual(seen=run.seen, usual=usual)
        # A run that saw far less than usual must not declare half the register vanished.
        if not (fields["is_unusual"] and usual is not None and run.seen < usual):
            fields["vanished"] = _mark_vanished(run)
    return _end(run, RunStatus.DONE, at, **fields)


def _mark_vanished(run: ImportRun) -> int:
    known = DirectoryRecord.objects.filter(source_id=run.source_id, vanished_on__isnull=True)
    return known.exclude(sighting__run_id=run.pk).update(vanished_on=run.fetched_on)


@transaction.atomic
def stop(
    *, run: ImportRun, message: str, at: datetime, rest: timedelta | None = REST_AFTER_REFUSAL
) -> ImportRun:
    """The source refused or changed its shape: keep what there is, say so, and leave it alone for a day.

    Without `rest` where it was we who changed our minds: a permission was withdrawn.
    """
    if rest is not None:
        Source.objects.filter(pk=run.source_id).update(resting_until=at + rest, resting_reason=message[:300])
    return _end(run, RunStatus.STOPPED, at, message=message)


@transaction.atomic
def fail(*, run: ImportRun, message: str, at: datetime) -> ImportRun:
    return _end(run, RunStatus.FAILED, at, message=message)


@transaction.atomic
def cancel(*, run: ImportRun, actor: Any, at: datetime) -> ImportRun:
    """A waiting run ends at once, a running one after its step. Raises StaleState once it has ended."""
    fresh = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if fresh.has_ended:
        raise StaleState(_("This run has ended already."))
    is_lost = fresh.alive_at is not None and fresh.alive_at < at - LOST_AFTER
    if fresh.status == RunStatus.QUEUED or is_lost:
        return end_cancelled(run=fresh, at=at)
    fresh.is_cancel_wished = True
    fresh.save(update_fields=["is_cancel_wished", "updated_at"])
    return fresh


@transaction.atomic
def end_cancelled(*, run: ImportRun, at: datetime) -> ImportRun:
    return _end(run, RunStatus.CANCELLED, at, message=_("Cancelled; what had come in was kept."))


def _end(run: ImportRun, status: RunStatus, at: datetime, **fields: Any) -> ImportRun:
    fresh = ImportRun.objects.select_for_update(of=("self",)).select_related("source").get(pk=run.pk)
    if fresh.status in ENDED:
        raise StaleState(_("This run has ended already."))
    fields = {"status": status, "ended_at": at, "alive_at": at, **fields}
    for name, value in fields.items():
        setattr(fresh, name, value)
    fresh.save(update_fields=[*fields, "updated_at"])
    RunFile.objects.filter(run=fresh).delete()
    counts = {name: getattr(fresh, name) for name in ("seen", "new", "changed", "rejected", "failed")}
    log.info("import_run_ended", run_id=fresh.pk, source=fresh.source.key, status=status, **counts)
    bell.ring("scraping.work_up_runs")
    publish(type="scraping.run_ended", subject_id=fresh.pk, at=at, payload={"to": status})
    return fresh

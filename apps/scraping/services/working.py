"""Working off runs: files are read here, fetching happens in a process of its own that is watched.

A crawl takes hours and a worker also sends letters: its process works for a slice of time and leaves the
run to the next sweep. Whatever happens to a process, the row of the run tells where to go on.
"""

import subprocess
import sys
import time
import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.scraping.adapters import ADAPTERS
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import ImportRun
from apps.scraping.selectors import sources
from apps.scraping.services import runs, staging

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

BATCH_SIZE = 500
SLICE_SECONDS = 120
REQUESTS_PER_SLICE = 5  # at least: a source with long pauses gets longer slices
SLICE_GRACE_SECONDS = 90  # for the last answer, its pause, and the start of the process
CANCEL_GRACE = timedelta(seconds=60)
LOOK_EVERY_SECONDS = 0.5
END_SECONDS = 10
STARTS_OF_A_FILE = 3


def queue_due(*, at: datetime) -> int:
    """Queue a fetch of every source whose time has come; how many."""
    queued = 0
    for source in sources.due_sources(at=at):
        try:
            runs.queue_fetch(source=source, actor=None, at=at, today=timezone.localdate(at))
        except Refused as refusal:  # a file of this source is being read, or the permission has just gone
            log.info("source_not_queued", source=source.key, reason=str(refusal.message))
        else:
            queued += 1
    return queued


def work_off(*, clock: Clock, slice_seconds: float = SLICE_SECONDS) -> None:
    """Read all files that wait, then fetch for one slice of time."""
    while run := _free_runs(clock()).filter(kind=RunKind.FILE).first():
        if (taken := runs.take_up(at=clock(), run_id=run.pk)) is None:
            break  # another worker was faster
        read_file(run=taken, clock=clock)
    if (run := _next_fetch(clock())) is not None:
        long_enough = REQUESTS_PER_SLICE * run.source.delay_seconds * settings.SCRAPER_SECOND
        _fetch_for_a_slice(run.pk, clock, max(slice_seconds, long_enough))


def _free_runs(at: datetime) -> QuerySet[ImportRun]:
    lost = Q(status=RunStatus.RUNNING, alive_at__lt=at - runs.LOST_AFTER)
    return ImportRun.objects.filter(Q(status=RunStatus.QUEUED) | lost).order_by("id")


def _next_fetch(at: datetime) -> ImportRun | None:
    """One crawl at a time over all workers: the others are there for letters and matching."""
    fetches = ImportRun.objects.filter(kind=RunKind.NETWORK)
    alive = fetches.filter(status=RunStatus.RUNNING, alive_at__gte=at - runs.LOST_AFTER)
    return None if alive.exists() else _free_runs(at).filter(kind=RunKind.NETWORK).first()


def read_file(*, run: ImportRun, clock: Clock) -> None:
    """Take in an uploaded file, batch by batch, from where a process before got to."""
    try:
        _take_in(run, clock)
    except StaleState:  # cancelled, or in other hands
        _end_if_cancelled(run, clock())
    except Refused as refusal:
        runs.fail(run=run, message=str(refusal.message), at=clock())
    except Exception as error:
        fail_after(run=run, error=error, at=clock())


def _take_in(run: ImportRun, clock: Clock) -> None:
    adapter = ADAPTERS.get(run.source.adapter)
    mapping = run.source.column_mapping
    content = bytes(run.file.content)
    if adapter is None:
        raise Refused(_("Nobody knows how to read records of this source."))
    if problem := adapter.shape_problem(content, mapping=mapping):
        raise Refused(problem)
    _count_start(run, clock())
    entries = adapter.parse(content, fetched_on=run.fetched_on, mapping=mapping, where=run.file_name)
    taken = run.cursor.get("taken", 0)
    for number, batch in enumerate(staging.all_of(entries, size=BATCH_SIZE), start=1):
        if number > taken:
            runs.keep(run=run, batch=batch, at=clock(), progress=_progress(number))
    runs.finish(run=run, at=clock())


def fail_after(*, run: ImportRun, error: Exception, at: datetime) -> None:
    """End a run that met an error of the programme; one of the database is raised again, to be tried later.

    Only the place of the error is logged: its text may hold what an entry says about somebody.
    """
    if isinstance(error, OperationalError | InterfaceError):
        raise error
    last = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{type(error).__name__}, {Path(last.filename).name}:{last.lineno}"
    log.error("import_run_error", run_id=run.pk, place=place)
    text = _("An error of the programme ended the run (%(error)s). Please tell the administrator.")
    runs.fail(run=run, message=text % {"error": place}, at=at)


def _count_start(run: ImportRun, at: datetime) -> None:
    """A file that kills its reader must not do so for ever. Raises Refused."""
    starts = run.cursor.get("starts", 0) + 1
    if starts > STARTS_OF_A_FILE:
        raise Refused(
            _("Reading the file broke off %(count)s times at the same place. Please tell the administrator.")
            % {"count": STARTS_OF_A_FILE}
        )
    runs.touch(run=run, at=at, progress={"cursor": {**run.cursor, "starts": starts}})


def _progress(number: int) -> dict[str, object]:
    return {"cursor": {"taken": number}, "done": number, "total": number}


def _end_if_cancelled(run: ImportRun, at: datetime) -> None:
    fresh = ImportRun.objects.get(pk=run.pk)
    if fresh.status == RunStatus.RUNNING and fresh.is_cancel_wished and fresh.alive_at == run.alive_at:
        runs.end_cancelled(run=fresh, at=at)


def _fetch_for_a_slice(run_id: int, clock: Clock, seconds: float) -> None:
    process = _start(run_id, seconds)
    try:
        _watch(process, run_id, clock, seconds)
    finally:
        _end(process)
    _settle(run_id, process.returncode, clock())


def _start(run_id: int, seconds: float) -> subprocess.Popen[bytes]:
    """Twisted's reactor runs once per process: a crawl has one of its own."""
    command = [sys.executable, "manage.py", "scrape", "--run", str(run_id), "--seconds", str(seconds)]
    return subprocess.Popen(  # noqa: S603  (our own command and numbers)
        command, cwd=Path(settings.BASE_DIR), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )


def _watch(process: subprocess.Popen[bytes], run_id: int, clock: Clock, seconds: float) -> None:
    """Until the process has ended, or has to be ended: over its time, without a sign of life, cancelled."""
    end = time.monotonic() + seconds + SLICE_GRACE_SECONDS
    wished_since: datetime | None = None
    while process.poll() is None and time.monotonic() < end:
        time.sleep(LOOK_EVERY_SECONDS)
        close_old_connections()
        run, at = ImportRun.objects.get(pk=run_id), clock()
        wished_since = (wished_since or at) if run.is_cancel_wished else None
        if wished_since is not None and at - wished_since > CANCEL_GRACE:
            return
        if run.status == RunStatus.RUNNING and run.alive_at and run.alive_at < at - runs.LOST_AFTER:
            return


def _end(process: subprocess.Popen[bytes]) -> None:
    """Gently, then not."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _settle(run_id: int, code: int, at: datetime) -> None:
    """What a process left behind that could not write its own end."""
    run = ImportRun.objects.get(pk=run_id)
    if run.status == RunStatus.RUNNING:
        log.warning("crawl_broke_off", run_id=run_id, code=code)
        runs.release(run=run, at=at)
    elif run.status == RunStatus.QUEUED and code > 0:
        text = _("Fetching could not be started (exit code %(code)s). Please tell the administrator.")
        runs.fail(run=run, message=text % {"code": code}, at=at)

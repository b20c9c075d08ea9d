"""What a worker does with an uploaded file. Every step is a commit, so another one can go on behind it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from apps.core.audit import acting
from apps.core.errors import DomainError, StaleState
from apps.core.imports.columns import Entry, lay_out
from apps.core.imports.enums import COUNTS, ENDED, WAITING, WORKING, FileStatus, RowResult
from apps.core.imports.errors import UnusableFile
from apps.core.imports.kinds import kind_of
from apps.core.imports.models import FileImport, FileRow
from apps.core.imports.report import Report
from apps.core.imports.running import Importer, ReadRow, read_rows, take_row
from apps.core.imports.services.queue import NO_COUNTS, TASK, content_of
from apps.core.transitions import move
from apps.events import bell

log = structlog.get_logger(__name__)

LOST_AFTER = timedelta(minutes=5)  # without a sign of life
MOST_LOSSES = 3
SLICE = timedelta(minutes=3)  # then another task goes on: no task lives longer than nine minutes
BEAT = timedelta(seconds=1)
MOST_ROWS = 10_000
Clock = Callable[[], datetime]


class Stopped(Exception):
    """The import is no longer this worker's: somebody cancelled it, or another worker took it up."""


def work(*, clock: Clock) -> bool:
    """Work on the oldest file that is free; False if there is nothing to do."""
    row = _take_up(at=clock())
    if row is None:
        return False
    try:
        with translation.override(row.language), acting(row.started_by or row.created_by):
            Job(row, clock).run()
    except (Stopped, StaleState):
        log.info("file_import_stopped", import_id=row.pk)
    except DomainError as error:
        _fail(row, str(error.message), at=clock())
    except OperationalError as error:  # the database was away, or two waited for each other
        log.warning("file_import_interrupted", import_id=row.pk, error=type(error).__name__)
        _leave_to_others(row, at=clock())
    except Exception as error:  # whatever it is, staff must see that the import is over
        log.error("file_import_failed", import_id=row.pk, error=type(error).__name__)
        with translation.override(row.language):
            _fail(row, _told(row, _("The import broke off.")), at=clock())
    if FileImport.objects.filter(status__in=WAITING).exists():
        bell.ring(TASK)
    return True


def _leave_to_others(row: FileImport, *, at: datetime) -> None:
    """Counts as a lost worker; the next sweep goes on."""
    ours = FileImport.objects.filter(pk=row.pk, status__in=WORKING, turn=row.turn)
    ours.update(alive_at=at - LOST_AFTER - BEAT)


@transaction.atomic
def _take_up(*, at: datetime) -> FileImport | None:
    """The next file, marked as ours: a waiting one of a kind nobody works on, or one whose worker is gone."""
    gone = Q(status__in=WORKING) & (Q(alive_at__lt=at - LOST_AFTER) | Q(alive_at__isnull=True))
    busy = FileImport.objects.filter(status__in=WORKING).values("kind")
    free: QuerySet[FileImport] = FileImport.objects.select_for_update(skip_locked=True, of=("self",))
    free = free.select_related("created_by", "started_by")
    row = free.filter(gone | (Q(status__in=WAITING) & ~Q(kind__in=busy))).order_by("id").first()
    if row is None:
        return None
    if row.status in WAITING:
        return _begin(row, at)
    row.losses += row.alive_at is not None
    if row.losses > MOST_LOSSES:
        with translation.override(row.language):
            _fail(row, _told(row, _("The worker was lost several times.")), at=at)
        return row  # over: the next call takes the next one
    row.turn, row.alive_at = row.turn + 1, at
    row.save(update_fields=["turn", "losses", "alive_at", "updated_at"])
    return row


def _begin(row: FileImport, at: datetime) -> FileImport | None:
    """The counts of the trial give way to those of the import."""
    fields = {"turn": row.turn + 1, "alive_at": at, **NO_COUNTS}
    to = FileStatus.TRIAL if row.status == FileStatus.TRIAL_QUEUED else FileStatus.RUNNING
    if to == FileStatus.RUNNING:
        fields["started_at"] = at
    try:
        with transaction.atomic():
            move(row, to=to, actor=None, at=at, fields=fields)
            FileRow.objects.filter(file_import=row).delete()
    except IntegrityError:  # another worker was faster with another file of this kind
        return None
    return row


class Job:
    """One file in the hands of one worker."""

    def __init__(self, row: FileImport, clock: Clock) -> None:
        self.row = row
        self.clock = clock
        self.ours = FileImport.objects.filter(pk=row.pk, status=row.status, turn=row.turn)

    def run(self) -> None:
        if self.row.status in ENDED:
            return
        began = self.clock()
        kind, today = kind_of(self.row.kind), timezone.localdate(began)
        table = kind.table(content_of(self.row), as_of=self.row.as_of, today=today)
        self._accept(len(table.rows))
        self.header = table.header
        self.layout = lay_out(table.header, kind.columns(today), self.row.chosen)
        rows = read_rows(table.rows, self.layout)
        is_trial = self.row.status == FileStatus.TRIAL
        actor = self.row.started_by or self.row.created_by
        self.importer: Importer = kind.importer(actor=actor, at=began, is_trial=is_trial)
        self.importer.prepare([entry for _row, entry in rows if isinstance(entry, Entry)])
        if is_trial:
            self._try_out(rows)
        else:
            self._import(rows)

    def _accept(self, total: int) -> None:
        if total > MOST_ROWS:
            text = _("The file has %(count)s rows. Please split it: at most %(most)s at a time.")
            raise UnusableFile(text % {"count": total, "most": MOST_ROWS})
        self.row.total = total
        self._beat(total=total)

    def _beat(self, **fields: Any) -> None:
        """A sign of life; raises Stopped where the file is not ours any more."""
        if not self.ours.update(alive_at=self.clock(), **fields):
            raise Stopped

    def _report(self) -> Report:
        return Report(header=self.header, unknown_columns=(), is_dry_run=False)

    # the trial run

    def _try_out(self, rows: list[ReadRow]) -> None:
        """Each row is saved and taken back at once, so that nobody waits for a record it would change."""
        report, beaten_at = self._report(), self.clock()
        for read in rows:
            self._try_row(report, read)
            if self.clock() - beaten_at >= BEAT:
                self._beat(done=report.seen, **_counts(report))
                beaten_at = self.clock()
        self._keep_trial(report)

    def _try_row(self, report: Report, read: ReadRow) -> None:
        with transaction.atomic():
            take_row(report, self.layout, self.importer, *read)
            transaction.set_rollback(True)

    @transaction.atomic
    def _keep_trial(self, report: Report) -> None:
        self._beat()
        FileRow.objects.bulk_create(_rows_of(self.row, report), batch_size=500)
        fields = {"done": report.seen, **_counts(report), "alive_at": None}
        move(self.row, to=FileStatus.TRIED, actor=None, at=self.clock(), fields=fields)

    # the import

    def _import(self, rows: list[ReadRow]) -> None:
        for read in rows[: self.row.done]:
            self._recall(read)
        until = self.clock() + SLICE
        for read in rows[self.row.done :]:
            self._import_row(read)
            if self.clock() > until:
                self._beat_off()
                return
        move(self.row, to=FileStatus.DONE, actor=None, at=self.clock(), fields=self._end())
        log.info("file_import_done", import_id=self.row.pk, kind=self.row.kind, rows=self.row.total)

    def _recall(self, read: ReadRow) -> None:
        """An earlier turn has saved this row: let the importer see it without saving it once more."""
        self._try_row(self._report(), read)
        if self.clock() - (self.row.alive_at or self.clock()) >= BEAT:
            self._beat()
            self.row.alive_at = self.clock()

    @transaction.atomic
    def _import_row(self, read: ReadRow) -> None:
        """The row and its count are committed together: nothing is counted twice, nothing is lost."""
        report = self._report()
        take_row(report, self.layout, self.importer, *read)
        FileRow.objects.bulk_create(_rows_of(self.row, report))
        self._beat(done=F("done") + 1, **{name: F(name) + n for name, n in _counts(report).items() if n})

    def _beat_off(self) -> None:
        """Leave the rest to the next task: others wait for this worker as well."""
        if not self.ours.update(alive_at=None):
            raise Stopped
        bell.ring(TASK)

    def _end(self) -> dict[str, Any]:
        return {"finished_at": self.clock(), "alive_at": None}


def _counts(report: Report) -> dict[str, int]:
    counts = report.summary_counts()
    return {name: counts[name] for name in COUNTS}


def _rows_of(file_import: FileImport, report: Report) -> list[FileRow]:
    """The rows a person should read, in the order of the file."""
    notes: dict[int, list[str]] = {}
    for line, text in report.notes:
        notes.setdefault(line, []).append(text)
    result = next((result.value for result, count in report.counts.items() if count), RowResult.UNCHANGED)
    rows = [
        FileRow(file_import=file_import, line=line, result=result, texts=[["", text] for text in texts])
        for line, texts in notes.items()
    ]
    rows += [
        FileRow(
            file_import=file_import,
            line=one.row.line,
            result=RowResult.REJECTED,
            cells=list(one.row.cells),
            texts=[[problem.column, problem.reason] for problem in one.problems],
        )
        for one in report.rejections
    ]
    return sorted(rows, key=lambda row: row.line)


def _told(row: FileImport, text: str) -> str:
    """What went wrong, and what that means for the file."""
    if row.is_trial:
        return f"{text} " + _("Nothing was saved. Please try again, perhaps with a part of the file.")
    done = FileImport.objects.values_list("done", flat=True).get(pk=row.pk)
    advice = _(
        "%(done)s of %(total)s rows were dealt with and stay. Please upload the file again: rows that are in"
        " already will be left as they are."
    )
    return f"{text} " + advice % {"done": done, "total": row.total}


def _fail(row: FileImport, reason: str, *, at: datetime) -> None:
    fields = {"error": reason, "finished_at": at, "alive_at": None}
    try:
        move(row, to=FileStatus.FAILED, actor=None, at=at, fields=fields)
    except StaleState:
        log.info("file_import_over_already", import_id=row.pk)

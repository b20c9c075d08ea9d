"""Takes the rows of a table one after the other; what is wrong with one does not touch the others."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import DomainError
from apps.core.imports.columns import Column, Entry, Layout, lay_out, read_entry
from apps.core.imports.errors import Problem, RowRejected
from apps.core.imports.reading import SourceRow, Table
from apps.core.imports.report import Outcome, Report

Progress = Callable[[int, int], None]
ReadRow = tuple[SourceRow, Entry | RowRejected]


class Importer(Protocol):
    """What an app brings along."""

    def prepare(self, entries: Sequence[Entry]) -> None:
        """Look up everything the good rows will need, in few queries."""

    def take(self, entry: Entry) -> Outcome:
        """Save one row. May raise RowRejected, ValidationError (with column keys) or a DomainError."""


def no_progress(done: int, total: int) -> None:
    """For callers without a terminal."""


def run(
    *,
    table: Table,
    columns: Sequence[Column],
    importer: Importer,
    is_dry_run: bool = False,
    on_progress: Progress = no_progress,
) -> Report:
    """Each row is saved by itself, so an interrupted run keeps what it has done and can be repeated.

    A dry run does the same in one transaction and rolls it back. Raises UnusableFile, and then nothing is
    saved.
    """
    layout = lay_out(table.header, columns)
    report = Report(
        header=table.header,
        unknown_columns=layout.unknown,
        is_dry_run=is_dry_run,
        notes=[(table.rows[0].line, remark) for remark in table.remarks] if table.rows else [],
    )
    read = read_rows(table.rows, layout)
    with _rolled_back_if(is_dry_run):
        importer.prepare([entry for _row, entry in read if isinstance(entry, Entry)])
        for done, (row, entry) in enumerate(read, start=1):
            take_row(report, layout, importer, row, entry)
            on_progress(done, len(read))
    return report


def read_rows(rows: Sequence[SourceRow], layout: Layout) -> list[ReadRow]:
    return [(row, _read(row, layout)) for row in rows]


def _read(row: SourceRow, layout: Layout) -> Entry | RowRejected:
    try:
        return read_entry(row, layout)
    except RowRejected as rejected:
        return rejected


@contextmanager
def _rolled_back_if(is_dry_run: bool) -> Iterator[None]:
    if not is_dry_run:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def take_row(
    report: Report, layout: Layout, importer: Importer, row: SourceRow, entry: Entry | RowRejected
) -> None:
    """Save one row and note in the report what became of it."""
    try:
        if isinstance(entry, RowRejected):
            raise entry
        with transaction.atomic():
            outcome = importer.take(entry)
    except RowRejected as rejected:
        report.reject(row, rejected.problems)
    except ValidationError as error:
        report.reject(row, _problems(error, layout))
    except DomainError as error:
        report.reject(row, [Problem("", str(error.message))])
    except (DataError, IntegrityError):
        report.reject(row, [Problem("", _("The database refuses this combination of values."))])
    else:
        report.add(row, outcome)


def _problems(error: ValidationError, layout: Layout) -> list[Problem]:
    if not hasattr(error, "error_dict"):
        return [Problem("", " ".join(error.messages))]
    return [
        Problem("" if key == NON_FIELD_ERRORS else layout.heading(key), " ".join(messages))
        for key, messages in error.message_dict.items()
    ]

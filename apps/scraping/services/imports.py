"""Therapists from a file: new ones wait for review, known ones are completed, a second run changes nothing.

A record that a person has reviewed is only completed: where the file says something else, the record stays
and the difference is reported.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from apps.core.imports.columns import Entry, fold, headings
from apps.core.imports.errors import Problem, RowRejected
from apps.core.imports.reading import read_table
from apps.core.imports.report import Outcome, Report, Result
from apps.core.imports.running import Progress, no_progress, run
from apps.scraping.adapters import register_shape
from apps.scraping.columns import columns
from apps.scraping.rows import TherapistRow, read_row
from apps.scraping.selectors import KnownTherapists, own_practice
from apps.scraping.services.merging import complete_practice, complete_therapist, differences
from apps.therapists.enums import ReviewStatus
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import records


def import_therapists(
    *,
    content: bytes,
    fetched_on: date,
    actor: Any,
    at: datetime,
    is_dry_run: bool = False,
    on_progress: Progress = no_progress,
) -> Report:
    """Import a CSV or JSON file, or a saved answer of the register, row by row.

    `fetched_on` is the day the register answered. Raises UnusableFile before anything is saved.
    """
    known_columns = columns()
    known_headings = headings(known_columns)
    table = read_table(
        content,
        is_known=lambda text: fold(text) in known_headings,
        shapes=[register_shape(fetched_on=fetched_on)],
    )
    return run(
        table=table,
        columns=known_columns,
        importer=TherapistImport(actor=actor, at=at),
        is_dry_run=is_dry_run,
        on_progress=on_progress,
    )


class TherapistImport:
    """Takes rows. A therapist may come once per practice; the first row also speaks for the person."""

    def __init__(self, *, actor: Any, at: datetime) -> None:
        self.actor = actor
        self.at = at
        self.known = KnownTherapists()
        self.loaded: dict[int, Therapist] = {}
        self.lines: dict[int, dict[int, int]] = {}  # therapist → practice → line
        self.settled: dict[tuple[int, str], Any] = {}  # what an earlier row said of a practice

    def prepare(self, entries: Sequence[Entry]) -> None:
        """Load the records the rows will be compared with, in a handful of queries."""
        found = {self._peek(entry) for entry in entries} - {None}
        self.loaded = _with_everything().in_bulk(list(found))

    def take(self, entry: Entry) -> Outcome:
        row = read_row(entry.values)
        pk = self.known.find(row.name, row.address)
        if pk is None:
            return self._create(row, entry.line)
        therapist = self.loaded.get(pk) or _with_everything().get(pk=pk)
        practice = own_practice(_practices(therapist), row.address)
        self._refuse_double(therapist, practice)
        notes: list[str] = []
        is_changed = self._complete_person(therapist, row, notes)
        if practice is None:
            practice, is_changed = self._add_practice(therapist, row, notes), True
        is_changed |= self._complete_practice(practice, row, notes)
        self._remember(therapist, practice, row, entry.line)
        return Outcome(Result.CHANGED if is_changed else Result.UNCHANGED, tuple(notes))

    def _peek(self, entry: Entry) -> int | None:
        try:
            row = read_row(entry.values)
            return self.known.find(row.name, row.address)
        except RowRejected:
            return None

    def _create(self, row: TherapistRow, line: int) -> Outcome:
        therapist = records.create(
            data=row.data,
            practices=[row.practice],
            approvals=row.around.get("approvals", ()),
            phone_hours=row.around.get("phone_hours", ()),
            working_hours=row.around.get("working_hours"),
            actor=self.actor,
            at=self.at,
        )
        notes: list[str] = []
        practice = _practices(therapist)[0]
        self._complete_practice(practice, row, notes)
        self._remember(therapist, practice, row, line)
        return Outcome(Result.NEW, tuple(notes))

    def _refuse_double(self, therapist: Therapist, practice: Practice | None) -> None:
        lines = self.lines.get(therapist.pk, {})
        if practice is not None and practice.pk in lines:
            reason = _("This therapist is in line %(line)s already, with the same practice.")
            raise RowRejected(Problem("", reason % {"line": lines[practice.pk]}))

    def _complete_person(self, therapist: Therapist, row: TherapistRow, notes: list[str]) -> bool:
        """The first row of a person counts; a further one only adds a practice."""
        if therapist.pk not in self.lines:
            return complete_therapist(
                therapist, row.data, row.around, actor=self.actor, at=self.at, notes=notes
            )
        if names := differences(therapist, row.data, row.around):
            text = _("Only the practice was taken; an earlier row says otherwise about: %(names)s.")
            notes.append(text % {"names": ", ".join(names)})
        return False

    def _add_practice(self, therapist: Therapist, row: TherapistRow, notes: list[str]) -> Practice:
        if therapist.review_status == ReviewStatus.VERIFIED:
            notes.append(_("A practice was added to a reviewed record."))
        before = _practices(therapist)
        records.set_workplaces(therapist=therapist, practices=[*before, row.practice], at=self.at)
        return _practices(_with_everything().get(pk=therapist.pk))[-1]

    def _complete_practice(self, practice: Practice, row: TherapistRow, notes: list[str]) -> bool:
        if any(pk == practice.pk for pk, _name in self.settled):
            practice.refresh_from_db()  # a colleague's row may have changed it
        return complete_practice(
            practice, row.practice, actor=self.actor, at=self.at, settled=self.settled, notes=notes
        )

    def _remember(self, therapist: Therapist, practice: Practice, row: TherapistRow, line: int) -> None:
        self.loaded.pop(therapist.pk, None)  # it may have changed: a further row reads it again
        self.lines.setdefault(therapist.pk, {})[practice.pk] = line
        self.known.add(therapist.pk, row.name, row.address)


def _with_everything() -> Any:
    return Therapist.objects.prefetch_related("approvals", "hours", "workplaces__practice")


def _practices(therapist: Therapist) -> list[Practice]:
    return [workplace.practice for workplace in therapist.workplaces.all()]

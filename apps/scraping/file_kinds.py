"""Therapists as a kind of file that staff upload: an own list, or a saved answer of the register."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.imports.columns import Column, Entry
from apps.core.imports.errors import Problem, RowRejected
from apps.core.imports.kinds import FileKind, register
from apps.core.imports.reading import Shape
from apps.core.imports.report import Outcome, Result
from apps.scraping.adapters import register_shape
from apps.scraping.columns import columns
from apps.scraping.rows import TherapistRow, read_row
from apps.scraping.selectors import own_practice
from apps.scraping.services.imports import TherapistImport
from apps.therapists.models import Practice, Therapist

PLACE = frozenset({"latitude", "longitude", "precision"})


class TherapistTrial(TherapistImport):
    """Every row is taken back at once: who and which practice the file itself brings is remembered here."""

    def __init__(self, *, actor: Any, at: datetime) -> None:
        super().__init__(actor=actor, at=at)
        self.seen: dict[int, list[tuple[Practice, int]]] = {}  # therapist → practice, line
        self.brought: set[int] = set()

    def take(self, entry: Entry) -> Outcome:
        row = read_row(entry.values)
        pk = self.known.find(row.name, row.address)
        if pk is not None:
            self._refuse_seen(pk, row)
        if pk in self.brought:
            return self._at_another_practice(pk, row, entry.line)
        return super().take(entry)

    def _create(self, row: TherapistRow, line: int) -> Outcome:
        before = set(self.seen)
        outcome = super()._create(row, line)
        self.brought |= set(self.seen) - before
        return outcome

    def _refuse_seen(self, pk: int, row: TherapistRow) -> None:
        lines = {id(practice): line for practice, line in self.seen.get(pk, [])}
        practice = own_practice([practice for practice, _line in self.seen.get(pk, [])], row.address)
        if practice is not None:
            reason = _("This therapist is in line %(line)s already, with the same practice.")
            raise RowRejected(Problem("", reason % {"line": lines[id(practice)]}))

    def _at_another_practice(self, pk: int, row: TherapistRow, line: int) -> Outcome:
        address = {name: row.practice.get(name, "") for name in ("plz", "street", "email", "phone")}
        self._note(pk, Practice(**address), row, line)
        return Outcome(Result.CHANGED)

    def _complete_practice(self, practice: Practice, row: TherapistRow, notes: list[str]) -> bool:
        """What an earlier row said likewise would be on record by now."""
        said = {name for name in row.practice if self._is_said(practice, name, row.practice[name])} - PLACE
        rest = {name: value for name, value in row.practice.items() if name not in said}
        return super()._complete_practice(practice, replace(row, practice=rest), notes)

    def _is_said(self, practice: Practice, name: str, value: Any) -> bool:
        key = (practice.pk, name)
        return key in self.settled and bool(self.settled[key] == value)

    def _remember(self, therapist: Therapist, practice: Practice, row: TherapistRow, line: int) -> None:
        super()._remember(therapist, practice, row, line)
        self.seen.setdefault(therapist.pk, []).append((practice, line))

    def _note(self, pk: int, practice: Practice, row: TherapistRow, line: int) -> None:
        self.known.add(pk, row.name, row.address)
        self.seen[pk].append((practice, line))


def _importer(*, actor: Any, at: datetime, is_trial: bool) -> TherapistImport:
    return (TherapistTrial if is_trial else TherapistImport)(actor=actor, at=at)


def _columns(today: date) -> list[Column]:
    return columns()


def _shapes(as_of: date) -> list[Shape]:
    return [register_shape(fetched_on=as_of)]


register(
    FileKind(
        key="therapists",
        label=gettext_lazy("Therapists"),
        hint=gettext_lazy("An own list, or a saved answer of the register. New ones wait for review."),
        icon="therapists",
        list_page="therapists:list",
        columns=_columns,
        importer=_importer,
        shapes=_shapes,
    )
)

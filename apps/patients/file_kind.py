"""Patients as a kind of file that staff upload."""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.core.audit import record_access
from apps.core.imports.columns import Column, Entry
from apps.core.imports.kinds import FileKind, register
from apps.core.imports.report import Outcome
from apps.patients.services import imports

PURPOSE = "imports:patients"


class LoggedPatientImport(imports.PatientImport):
    """Who imports a row sees what is on record about this person: each one is noted."""

    def take(self, entry: Entry) -> Outcome:
        outcome = super().take(entry)
        if self.actor is not None:
            newest = next(reversed(self.lines))
            record_access(actor=self.actor, patient_id=newest, purpose=PURPOSE, at=self.at)
        return outcome


def _importer(*, actor: Any, at: datetime, is_trial: bool) -> LoggedPatientImport:
    """The importer remembers persons, not rows of the database: a trial needs nothing of its own."""
    return LoggedPatientImport(actor=actor, at=at)


def _columns(today: date) -> list[Column]:
    return imports.import_columns(today=today)


register(
    FileKind(
        key="patients",
        label=_("Patients"),
        hint=_("Registers new patients and completes known ones."),
        icon="patients",
        list_page="patients:list",
        columns=_columns,
        importer=_importer,
    )
)

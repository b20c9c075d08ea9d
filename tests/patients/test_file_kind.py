"""Patients uploaded as a file: trial and import agree, and each person looked at is noted."""

from datetime import datetime
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.core.imports.kinds import kind_of
from apps.core.imports.models import FileImport
from apps.core.imports.services import queue, working
from apps.core.models import AccessEntry
from apps.patients.models import Patient
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db
FILE = (Path(__file__).parents[1] / "data" / "patienten.csv").read_bytes()
COUNTS = ("total", "new", "changed", "unchanged", "rejected")


def tried(content: bytes, actor: User, at: datetime) -> FileImport:
    row = queue.upload(
        kind=kind_of("patients"), name="liste.csv", content=content, as_of=None, actor=actor, at=at
    )
    queue.choose(file_import=row, chosen=row.chosen, actor=actor, at=at)
    working.work(clock=lambda: at)
    row.refresh_from_db()
    return row


def imported(row: FileImport, actor: User, at: datetime) -> FileImport:
    queue.start(file_import=row, actor=actor, at=at)
    working.work(clock=lambda: at)
    row.refresh_from_db()
    return row


def counts(row: FileImport) -> tuple[int, ...]:
    return tuple(getattr(row, name) for name in COUNTS)


def test_trial_announces_what_the_import_does(coordinator: User, at: datetime) -> None:
    row = tried(FILE, coordinator, at)
    announced = counts(row)
    assert (Patient.objects.count(), announced[1] > 0) == (0, True)
    assert counts(imported(row, coordinator, at)) == announced
    again = tried(FILE, coordinator, at)
    assert counts(again) == (announced[0], 0, 0, announced[1], announced[4])


def test_everybody_in_the_file_is_noted_by_the_import_but_not_by_the_trial(
    coordinator: User, at: datetime
) -> None:
    known = PatientFactory(first_name="Mira", last_name="Beispiel", birth_date="1980-11-22", plz="04103")
    content = "Vorname;Nachname;Geburtsdatum;PLZ\nMira;Beispiel;22.11.1980;04103\nKai;Neu;01.02.1990;04103\n"
    row = tried(content.encode(), coordinator, at)
    assert not AccessEntry.objects.exists()
    imported(row, coordinator, at)
    new = Patient.objects.get(last_name="Neu")
    entries = AccessEntry.objects.order_by("patient_id").values_list("patient_id", "actor", "purpose", "at")
    assert list(entries) == [(patient.pk, coordinator.pk, "imports:patients", at) for patient in (known, new)]


def test_rejected_row_is_not_noted(coordinator: User, at: datetime) -> None:
    content = b"Vorname;Nachname;Geburtsdatum\nMira;Beispiel;22.11.1980\nMira;Beispiel;22.11.1980\n"
    imported(tried(content, coordinator, at), coordinator, at)
    assert AccessEntry.objects.count() == 1

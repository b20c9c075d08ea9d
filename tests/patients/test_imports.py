"""Patients from files: what goes in, what stays out and why, and that a second run changes nothing."""

import csv
import io
import random
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.core.imports.errors import UnusableFile
from apps.core.imports.report import Report
from apps.core.weekly import Interval
from apps.patients.enums import PatientStatus, Purpose
from apps.patients.models import Insurer, Patient
from apps.patients.services import consents
from apps.patients.services.imports import import_columns, import_patients

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data"
DOCS = Path(__file__).parents[2] / "docs" / "imports.md"
HEADER = ["Anrede", "Vorname", "Nachname", "Geburtsdatum", "PLZ", "Ort", "E-Mail", "Telefon", "KVNR", "Krankenkasse"]
HEADER += ["Symptome", "Diagnose", "Verfügbarkeit", "Wunsch Verfahren"]
LAST_NAMES = ["Beispiel", "Muster", "Probe", "Vorlage", "Entwurf", "Skizze", "Modell", "Übung", "Fäßler", "von der Au"]


def run(text: str, at: datetime, **options: bool) -> Report:
    return import_patients(content=text.encode(), actor=None, at=at, **options)


def reasons(report: Report) -> list[tuple[int, str]]:
    return [(one.row.line, str(problem)) for one in report.rejections for problem in one.problems]


def kvnr(rng: random.Random) -> str:
    letter, digits = rng.choice("ABCDEFGHKLM"), f"{rng.randrange(10**8):08d}"
    text = f"{ord(letter) - 64:02d}{digits}"
    total = sum(sum(divmod(int(digit) * (1 + place % 2), 10)) for place, digit in enumerate(text))
    return f"{letter}{digits}{total % 10}"


def good_row(rng: random.Random, number: int) -> list[str]:
    born_on = date(1950 + rng.randrange(50), rng.randrange(1, 13), rng.randrange(1, 29))
    return [
        rng.choice(["Frau", "Herr", ""]),
        f"Vor{number}",
        rng.choice(LAST_NAMES),
        rng.choice([born_on.strftime("%d.%m.%Y"), born_on.isoformat()]),
        rng.choice(["04103", "10115", "80331"]),
        "Leipzig",
        f"p{number}@example.org",
        f"0341 {1000000 + number}",
        kvnr(rng) if rng.random() < 0.5 else "",
        rng.choice(["Barmer", "techniker krankenkasse", "AOK PLUS", ""]),
        rng.choice(["Ängste", "anxiety; sleep_problems", "Grübeln, Ängste, Trauer und Verlust"]),
        rng.choice(["F32.1", "f40.1 G", ""]),
        rng.choice(["Mo 08:00-12:00; Mi 14-18", "Mo-Fr 16-20", ""]),
        rng.choice(["VT", "Verhaltenstherapie, TP", ""]),
    ]


def broken(column: str, value: str) -> Callable[[list[str]], list[str]]:
    def spoil(row: list[str]) -> list[str]:
        row[HEADER.index(column)] = value
        return row

    return spoil


SPOILERS: list[tuple[Callable[[list[str]], list[str]], str]] = [
    (broken("Geburtsdatum", "31.02.1980"), "Geburtsdatum"),
    (broken("Geburtsdatum", "01.01.2031"), "Geburtsdatum"),
    (broken("PLZ", "4103"), "PLZ"),
    (broken("E-Mail", "mira(at)example.org"), "E-Mail"),
    (broken("Telefon", "keins"), "Telefon"),
    (broken("KVNR", "A123456781"), "KVNR"),
    (broken("Krankenkasse", "Bamer"), "Krankenkasse"),
    (broken("Symptome", "Ängste, Grübeln, Einsamkeit, Erschöpfung"), "Symptome"),
    (broken("Nachname", ""), "Nachname"),
    (lambda row: row[:-2], ""),
]


def thousand_rows(seed: int) -> tuple[str, dict[int, str]]:
    """A file of 1,000 rows, one field over two lines in every seventh; and line → column of the broken ones."""
    rng = random.Random(seed)
    spoiled = {place: SPOILERS[count % len(SPOILERS)] for count, place in enumerate(rng.sample(range(1000), 37))}
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=";")
    writer.writerow(HEADER)
    wrong: dict[int, str] = {}
    for number in range(1000):
        row = good_row(rng, number)
        if number % 7 == 0:
            row[HEADER.index("Ort")] = "Leipzig\nGohlis"
        if number in spoiled:
            spoil, column = spoiled[number]
            row, wrong[file.getvalue().count("\n") + 1] = spoil(row), column
        writer.writerow(row)
    return file.getvalue(), wrong


def test_thousand_rows_with_broken_ones_twice(at: datetime) -> None:
    text, wrong = thousand_rows(seed=7)
    first = run(text, at)
    assert first.summary_counts() == {"seen": 1000, "new": 963, "changed": 0, "unchanged": 0, "rejected": 37}
    assert {one.row.line: one.problems[0].column for one in first.rejections} == wrong
    assert all(problem.reason for one in first.rejections for problem in one.problems)
    assert Patient.objects.count() == 963

    second = run(text, at)
    assert second.summary_counts() == {"seen": 1000, "new": 0, "changed": 0, "unchanged": 963, "rejected": 37}
    assert reasons(second) == reasons(first)

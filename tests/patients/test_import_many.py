"""A thousand rows of which some are broken, twice; and how many queries that takes."""

import csv
import io
import random
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.imports.report import Report
from apps.patients.models import Patient
from apps.patients.services.imports import import_patients
from tests.core.imports.helpers import reasons

pytestmark = pytest.mark.django_db

HEADER = [
    "Anrede",
    "Vorname",
    "Nachname",
    "Geburtsdatum",
    "PLZ",
    "Ort",
    "E-Mail",
    "Telefon",
    "KVNR",
    "Krankenkasse",
]
HEADER += ["Symptome", "Diagnose", "Verfügbarkeit", "Wunsch Verfahren"]
LAST_NAMES = [
    "Beispiel",
    "Muster",
    "Probe",
    "Vorlage",
    "Entwurf",
    "Skizze",
    "Modell",
    "Übung",
    "Fäßler",
    "von der Au",
]


def run(text: str, at: datetime, **options: bool) -> Report:
    return import_patients(content=text.encode(), actor=None, at=at, **options)


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
        rng.choice(["Panikattacken", "rumination; Sleep problems", "Grübeln, exhaustion, Panikattacken"]),
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
    (broken("Symptome", "Panikattacken, Grübeln, Schlafstörungen, Erschöpfung"), "Symptome"),
    (broken("Nachname", ""), "Nachname"),
    (lambda row: row[:-2], ""),
]


def thousand_rows(seed: int) -> tuple[str, dict[int, str]]:
    """1,000 rows, in every seventh a field over two lines; and line → column of the broken ones."""
    rng = random.Random(seed)
    spoiled = {
        place: SPOILERS[count % len(SPOILERS)] for count, place in enumerate(rng.sample(range(1000), 37))
    }
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


def test_queries_of_an_unchanged_run_do_not_grow_with_the_rows(at: datetime) -> None:
    few, many = ([good_row(random.Random(number), number) for number in range(count)] for count in (2, 12))
    for rows in (few, many):
        run("\n".join(";".join(f'"{cell}"' for cell in row) for row in [HEADER, *rows]), at)
    queries = []
    for rows in (few, many):
        with CaptureQueriesContext(connection) as captured:
            run("\n".join(";".join(f'"{cell}"' for cell in row) for row in [HEADER, *rows]), at)
        queries.append([query["sql"] for query in captured if "SAVEPOINT" not in query["sql"]])
    assert len(queries[0]) == len(queries[1])

"""Patients from files: what goes in, what stays out and why, and that a second run changes nothing."""

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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


PERSON = {
    "Vorname": "Mira",
    "Nachname": "Beispiel",
    "Geburtsdatum": "22.11.1980",
    "PLZ": "04103",
    "E-Mail": "mira@example.org",
    "KVNR": "A123456780",
}


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Sentences are compared in the language of the source."""
    with translation.override("en"):
        yield


def file_of(*people: dict[str, str]) -> str:
    header = list(dict.fromkeys(heading for person in people for heading in person))
    file = io.StringIO(newline="")
    writer = csv.DictWriter(file, header, restval="")
    writer.writeheader()
    writer.writerows(people)
    return file.getvalue()


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.new, report.changed, report.unchanged, report.rejected


def test_every_column_reaches_the_record(at: datetime) -> None:
    report = import_patients(content=(DATA / "patienten.csv").read_bytes(), actor=None, at=at)
    assert (counts(report), report.unknown_columns) == ((2, 0, 0, 0), ())
    mira = Patient.objects.get(last_name="Beispiel")
    assert (mira.salutation, mira.gender, mira.street, mira.phone) == (
        "ms",
        "female",
        "Musterweg 4a",
        "+493411234567",
    )
    assert (mira.birth_date, mira.insurance_kind, mira.insurer) == (
        date(1980, 11, 22),
        "gkv",
        Insurer.objects.get(name__iexact="barmer"),
    )
    assert (mira.diagnosis, mira.has_previous_therapy, mira.languages, mira.max_distance_km) == (
        "F32.1",
        True,
        ["de"],
        25,
    )
    assert (mira.wished_methods, mira.group_wish, len(mira.symptoms)) == (["VT"], "no", 2)
    assert [row.interval for row in mira.availability.all()] == [
        Interval(0, 480, 720),
        Interval(3, 840, 1080),
    ]
    assert {(row.purpose, row.given_on, row.proof) for row in mira.consents.all()} == {
        ("health_data", date(2026, 11, 2), "Vertrag, Seite 3"),
        ("pseudonymous", date(2026, 11, 2), "Vertrag, Seite 3"),
    }
    assert mira.status == PatientStatus.OPEN
    toni = Patient.objects.get(last_name="von der Au")
    assert (toni.gender, toni.languages, toni.wished_methods) == ("diverse", ["de", "en"], ["VT", "TP"])


def test_json_has_the_same_columns(at: datetime) -> None:
    people = [
        {
            "first_name": "Mira",
            "Last name": "Beispiel",
            "date of birth": "1980-11-22",
            "languages": ["de", "tr"],
        }
    ]
    assert counts(run(json.dumps(people), at)) == (1, 0, 0, 0)
    assert Patient.objects.get().languages == ["de", "tr"]


def test_dry_run_registers_nobody(at: datetime) -> None:
    assert counts(run(file_of(PERSON), at, is_dry_run=True)) == (1, 0, 0, 0)
    assert not Patient.objects.exists()


@pytest.mark.parametrize(
    "again",
    [
        PERSON | {"Nachname": "Neuname", "PLZ": "10115", "E-Mail": ""},
        PERSON | {"KVNR": "", "Nachname": "Neuname", "PLZ": "10115"},
        PERSON | {"KVNR": "", "E-Mail": "new@example.org"},
        PERSON | {"KVNR": "", "E-Mail": "", "PLZ": ""},
    ],
    ids=["kvnr", "mailbox", "name", "name without PLZ"],
)
def test_person_is_recognised(again: dict[str, str], at: datetime) -> None:
    run(file_of(PERSON), at)
    assert run(file_of(again), at).new == 0
    assert Patient.objects.count() == 1


@pytest.mark.parametrize(
    "other",
    [
        PERSON | {"KVNR": "", "Vorname": "Zwilling"},
        PERSON | {"KVNR": "", "E-Mail": "", "PLZ": "10115"},
        PERSON | {"KVNR": "", "Geburtsdatum": "23.11.1980"},
    ],
    ids=["twin with the same mailbox", "namesake elsewhere", "another birthday"],
)
def test_another_person_is_new(other: dict[str, str], at: datetime) -> None:
    run(file_of(PERSON), at)
    assert run(file_of(other), at).new == 1


def test_namesake_born_on_the_same_day_is_noted(at: datetime) -> None:
    run(file_of(PERSON), at)
    report = run(file_of(PERSON | {"KVNR": "", "E-Mail": "", "PLZ": "10115"}), at)
    code = Patient.objects.order_by("pk")[0].case_code
    assert report.notes == [
        (2, f"Perhaps the same person as {code}: same name and date of birth, but another PLZ.")
    ]


@pytest.mark.parametrize(
    ("again", "reason"),
    [
        (PERSON | {"KVNR": "A000500015"}, "The record of this person (%s) has another KVNR."),
        (
            PERSON | {"Geburtsdatum": "23.11.1980"},
            "The person with this KVNR (%s) has another date of birth.",
        ),
    ],
)
def test_contradiction_is_rejected(again: dict[str, str], reason: str, at: datetime) -> None:
    run(file_of(PERSON), at)
    report = run(file_of(again), at)
    assert reasons(report) == [(2, reason % Patient.objects.get().case_code)]


def test_person_without_anything_to_recognise_is_rejected(at: datetime) -> None:
    report = run(file_of({"Vorname": "Mira", "Nachname": "Beispiel"}), at)
    assert reasons(report) == [(2, "A KVNR or a date of birth is needed to recognise the person.")]


def test_second_row_of_a_person_is_rejected(at: datetime) -> None:
    report = run(file_of(PERSON, PERSON | {"PLZ": "10115"}), at)
    assert (counts(report), reasons(report)) == ((1, 0, 0, 1), [(3, "This person is in line 2 already.")])


def test_new_values_complete_the_record_and_empty_ones_do_not(at: datetime) -> None:
    run(file_of(PERSON | {"Telefon": "0341 1234567", "Anrede": "Frau", "Verfügbarkeit": "Mo 8-12"}), at)
    again = PERSON | {
        "Telefon": "",
        "Anrede": "keine",
        "PLZ": "10115",
        "Diagnose": "F33.1",
        "Verfügbarkeit": "",
    }
    assert counts(run(file_of(again), at)) == (0, 1, 0, 0)
    patient = Patient.objects.get()
    assert (patient.phone, patient.salutation, patient.plz, patient.diagnosis) == (
        "+493411234567",
        "ms",
        "10115",
        "F33.1",
    )
    assert patient.availability.count() == 1
    assert counts(run(file_of(again), at)) == (0, 0, 1, 0)


def test_other_week_replaces_the_known_one(at: datetime) -> None:
    run(file_of(PERSON | {"Verfügbarkeit": "Mo 8-12"}), at)
    assert counts(run(file_of(PERSON | {"Verfügbarkeit": "Di 8-12"}), at)) == (0, 1, 0, 0)
    assert [row.interval for row in Patient.objects.get().availability.all()] == [Interval(1, 480, 720)]


def test_consent_needs_its_proof(at: datetime) -> None:
    report = run(file_of(PERSON | {"Einwilligung E-Mail": "02.11.2026", "Nachweis": ""}), at)
    assert [(one.row.line, one.problems[0].column) for one in report.rejections] == [(2, "Nachweis")]
    assert not Patient.objects.exists()


def test_consent_of_the_future_is_rejected(at: datetime) -> None:
    report = run(file_of(PERSON | {"Einwilligung E-Mail": "24.11.2026", "Nachweis": "x"}), at)
    assert reasons(report) == [
        (2, "Einwilligung E-Mail: This day lies in the future. Please check the year.")
    ]


def test_withdrawn_consent_stays_withdrawn(at: datetime) -> None:
    row = PERSON | {"Einwilligung E-Mail": "02.11.2026", "Nachweis": "Vertrag"}
    run(file_of(row), at)
    patient = Patient.objects.get()
    consents.withdraw(patient=patient, purpose=Purpose.EMAIL, on=date(2026, 11, 20), at=at)
    assert counts(run(file_of(row), at)) == (0, 0, 1, 0)
    assert patient.consents.filter(withdrawn_on__isnull=True).count() == 0
    assert counts(run(file_of(row | {"Einwilligung E-Mail": "21.11.2026"}), at)) == (0, 1, 0, 0)
    assert patient.consents.get(withdrawn_on__isnull=True).given_on == date(2026, 11, 21)


def test_unknown_insurer_names_the_near_ones(at: datetime) -> None:
    Insurer.objects.get_or_create(name="Techniker Krankenkasse")
    report = run(file_of(PERSON | {"Krankenkasse": "TK"}), at)
    assert reasons(report)[0][1].startswith(
        "Krankenkasse: There is no insurer “TK”. Similar: Techniker Krankenkasse"
    )


def test_whole_name_is_split_and_the_title_told(at: datetime) -> None:
    report = run("Name,Geburtsdatum\nFrau Dr. Mira von der Au,22.11.1980\nNurname,22.11.1980\n", at)
    patient = Patient.objects.get()
    assert (patient.salutation, patient.first_name, patient.last_name) == ("ms", "Mira", "von der Au")
    assert report.notes == [(2, "The title “Dr.” was left out.")]
    assert reasons(report) == [(3, "The first name is missing.")]


def test_missing_last_name_column_stops_everything(at: datetime) -> None:
    with pytest.raises(UnusableFile, match=r"columns are missing: “Nachname” \(Last name\)"):
        run("Vorname,Geburtsdatum\nMira,22.11.1980\n", at)


@given(st.lists(st.lists(st.text(max_size=12), min_size=4, max_size=5), max_size=4), st.sampled_from(",;\t"))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_imported_or_rejected(at: datetime, rows: list[list[str]], delimiter: str) -> None:
    """Whatever the cells hold: no exception but UnusableFile, and counts that add up."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([["Vorname", "Nachname", "Geburtsdatum", "PLZ"], *rows])
    try:
        report = run(file.getvalue(), at, is_dry_run=True)
    except UnusableFile:
        return
    assert report.seen == report.new + report.changed + report.unchanged + report.rejected


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


def test_command_reports_and_tells_by_its_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
    path.write_text(file_of(PERSON, PERSON | {"KVNR": "", "PLZ": "4103"}), "utf-8")
    with pytest.raises(CommandError, match=r"^1 row was rejected\.$") as failure:
        call_command("import_patients", str(path), f"--errors={errors}")
    assert failure.value.returncode == 1
    output = capsys.readouterr()
    assert output.out.splitlines()[-1] == "Rows seen: 2 = 1 new + 0 changed + 0 unchanged + 1 rejected"
    assert output.err.splitlines() == ["1/2", "2/2"]
    assert Patient.objects.count() == 1
    assert len(errors.read_text("utf-8-sig").splitlines()) == 2


def test_command_without_rejections_ends_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, errors = tmp_path / "people.csv", tmp_path / "errors.csv"
    path.write_text(file_of(PERSON), "utf-8")
    call_command("import_patients", str(path), "--dry-run", f"--errors={errors}")
    assert capsys.readouterr().out.splitlines()[0] == "Trial run: nothing was saved."
    assert (Patient.objects.count(), errors.exists()) == (0, False)


@pytest.mark.parametrize("target", ["people.csv", "missing/errors.csv"])
def test_command_refuses_a_bad_place_for_rejected_rows(target: str, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(file_of(PERSON), "utf-8")
    with pytest.raises(CommandError) as failure:
        call_command("import_patients", str(path), f"--errors={tmp_path / target}")
    assert (failure.value.returncode, Patient.objects.count()) == (2, 0)


@pytest.mark.parametrize("content", [None, b"", b"Vorname\nMira\n", b"\x00\x01"])
def test_command_refuses_an_unusable_file(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as failure:
        call_command("import_patients", str(path))
    assert failure.value.returncode == 2


def test_documentation_names_every_column(today: date) -> None:
    text = DOCS.read_text("utf-8")
    missing = [
        column.german
        for column in import_columns(today=today)
        if f"| {column.german} | {column.english} |" not in text
    ]
    assert missing == []


def test_examples_of_the_columns_can_be_read(today: date) -> None:
    for column in import_columns(today=today):
        assert column.read(column.example) is not None

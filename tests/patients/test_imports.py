"""Patients from files: who is recognised, what is completed, what stays out and why."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.imports.errors import UnusableFile
from apps.core.imports.report import Report
from apps.core.weekly import Interval
from apps.patients.enums import PatientStatus, Purpose
from apps.patients.models import Insurer, Patient
from apps.patients.services import consents
from apps.patients.services.imports import import_patients
from tests.core.imports.helpers import counts, file_of, reasons

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data"
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


def run(text: str, at: datetime, **options: bool) -> Report:
    return import_patients(content=text.encode(), actor=None, at=at, **options)


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


def test_mobile_number_is_taken_where_there_is_no_other(at: datetime) -> None:
    run(file_of(PERSON | {"Mobil": "0171 1234567"}), at)
    assert Patient.objects.get().phone == "+491711234567"
    report = run(file_of(PERSON | {"Telefon": "0341 1234567", "Mobil": "0171 1234567"}), at)
    assert Patient.objects.get().phone == "+493411234567"
    assert report.notes == [(2, "There is room for one number: the mobile number was left out.")]

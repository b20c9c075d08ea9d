"""Therapists from files: unreviewed, one workplace per practice, and a second run changes nothing."""

import csv
import io
from datetime import date, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.imports.errors import UnusableFile
from apps.core.imports.report import Report
from apps.core.weekly import Interval
from apps.geocoding.enums import Precision
from apps.scraping.columns import columns
from apps.scraping.services.imports import import_therapists
from apps.therapists.enums import HoursKind, ReviewStatus
from apps.therapists.models import Practice, Therapist
from tests.core.imports.helpers import counts, file_of, reasons

pytestmark = pytest.mark.django_db

DATA = Path(__file__).parents[1] / "data"
DOCS = Path(__file__).parents[2] / "docs" / "imports.md"
MIRA = {
    "Vorname": "Mira",
    "Nachname": "Beispielhuber",
    "Straße": "Musterweg 4a",
    "PLZ": "04103",
    "Ort": "Leipzig",
    "Telefon": "0341 1234567",
    "Zulassungen": "VT Erwachsene Einzel",
    "Sprachen": "Deutsch, Englisch",
    "Telefonzeiten": "Mo 12:00-12:50",
}
ELSEWHERE = {"Straße": "Parkring 1", "PLZ": "10115", "Ort": "Berlin"}


def run(content: str | bytes, at: datetime, **options: bool) -> Report:
    content = content.encode() if isinstance(content, str) else content
    return import_therapists(content=content, fetched_on=date(2026, 11, 22), actor=None, at=at, **options)


def approvals(therapist: Therapist) -> list[tuple[str, str, str]]:
    return [(row.method, row.age_group, row.setting) for row in therapist.approvals.all()]


def hours(therapist: Therapist, kind: HoursKind) -> list[Interval]:
    return [row.interval for row in therapist.hours.filter(kind=kind)]


def test_example_file_twice(at: datetime) -> None:
    content = (DATA / "therapeuten.csv").read_bytes()
    first, second = run(content, at), run(content, at)
    assert (counts(first), counts(second)) == ((3, 1, 0, 3), (0, 0, 4, 3))
    assert [(one.row.line, one.problems[0].column) for one in first.rejections] == [
        (6, ""),
        (7, "PLZ"),
        (8, "Zulassungen"),
    ]
    assert set(Therapist.objects.values_list("review_status", flat=True)) == {ReviewStatus.UNREVIEWED}
    anna = Therapist.objects.get(last_name="von der Heide")
    assert (anna.first_name, anna.title, anna.salutation, anna.gender) == (
        "Anna",
        "Dr. med.",
        "none",
        "unknown",
    )
    jonas = Therapist.objects.get(last_name="Probe")
    assert (jonas.seat, [str(one) for one in jonas.practices.all()]) == (
        "half",
        ["Praxisgemeinschaft Nord, 04105 Leipzig"],
    )
    assert (jonas.practices.get(), jonas.contact_group_id) == (anna.practices.get(), anna.contact_group_id)


def test_newer_register_shape(at: datetime) -> None:
    content = (DATA / "arztsuche_newer.json").read_bytes()
    assert [counts(run(content, at)) for _turn in range(2)] == [(1, 0, 0, 0), (0, 0, 1, 0)]
    mira = Therapist.objects.get()
    assert (mira.salutation, mira.gender, mira.title, mira.first_name, mira.last_name) == (
        "ms",
        "female",
        "Dr. phil.",
        "Mira",
        "Beispielhuber",
    )
    assert (mira.seat, mira.languages, mira.further_qualifications) == (
        "full",
        ["de", "en"],
        "Psychologische Psychotherapeutin",
    )
    assert approvals(mira) == [("VT", "adults", "individual")]
    assert hours(mira, HoursKind.PHONE) == [Interval(0, 720, 770)]
    assert (hours(mira, HoursKind.WORKING), mira.is_working_hours_known) == ([], False)
    practice = mira.practices.get()
    assert (practice.street, practice.plz, practice.phone) == ("Musterweg 4a", "04103", "+493410000000")
    assert (practice.latitude, practice.longitude, practice.precision) == (51.3406, 12.3875, Precision.HOUSE)


def test_older_register_shape(at: datetime) -> None:
    content = (DATA / "arztsuche_older.json").read_bytes()
    assert [counts(run(content, at)) for _turn in range(2)] == [(1, 0, 0, 0), (0, 0, 1, 0)]
    jonas = Therapist.objects.get()
    assert (jonas.salutation, jonas.gender, jonas.title, jonas.first_name, jonas.last_name) == (
        "mr",
        "male",
        "Dipl.-Psych.",
        "Jonas",
        "Probe",
    )
    assert approvals(jonas) == [("TP", "adults", "individual")]
    assert hours(jonas, HoursKind.PHONE) == [Interval(0, 540, 590)]


def test_dry_run_records_nobody(at: datetime) -> None:
    assert counts(run(file_of(MIRA), at, is_dry_run=True)) == (1, 0, 0, 0)
    assert not Therapist.objects.exists()


def test_further_row_adds_the_workplace(at: datetime) -> None:
    further = {"Vorname": "Mira", "Nachname": "Beispielhuber", "Telefon": MIRA["Telefon"], **ELSEWHERE}
    content = file_of(MIRA, further)
    assert [counts(run(content, at)) for _turn in range(2)] == [(1, 1, 0, 0), (0, 0, 2, 0)]
    places = Therapist.objects.get().workplaces.values_list("practice__plz", "is_main")
    assert list(places) == [("04103", True), ("10115", False)]


def test_further_row_that_says_otherwise_adds_only_the_workplace(at: datetime) -> None:
    report = run(file_of(MIRA, MIRA | ELSEWHERE | {"Sprachen": "Türkisch", "Telefonzeiten": "Di 9-10"}), at)
    assert counts(report) == (1, 1, 0, 0)
    assert len(report.notes) == 1
    mira = Therapist.objects.get()
    assert (mira.languages, hours(mira, HoursKind.PHONE)) == (["de", "en"], [Interval(0, 720, 770)])


def test_second_row_of_the_same_practice_is_rejected(at: datetime) -> None:
    report = run(file_of(MIRA, MIRA | {"Straße": "Musterweg 4 A"}), at)
    reason = "This therapist is in line 2 already, with the same practice."
    assert (counts(report), reasons(report)) == ((1, 0, 0, 1), [(3, reason)])


def test_namesake_in_another_town_is_another_person(at: datetime) -> None:
    run(file_of(MIRA), at)
    assert counts(run(file_of(MIRA | ELSEWHERE | {"Telefon": "030 7654321"}), at)) == (1, 0, 0, 0)


def test_several_that_fit_are_rejected(at: datetime) -> None:
    run(file_of(MIRA), at)
    run(file_of(MIRA | ELSEWHERE | {"Telefon": "030 7654321"}), at)
    report = run(file_of(MIRA | {"PLZ": "80331", "Telefon": ""}, MIRA | {"Straße": "", "Telefon": ""}), at)
    assert counts(report) == (1, 0, 1, 0)
    twin = Therapist.objects.latest("pk")
    Practice.objects.filter(workplaces__therapist=twin).update(plz="04103", street="Musterweg 4a")
    report = run(file_of(MIRA | {"Telefon": ""}), at)
    assert reasons(report) == [(2, "Several therapists of this name fit; perhaps they are doubles.")]


def test_new_values_complete_an_unreviewed_record(at: datetime) -> None:
    run(file_of(MIRA), at)
    again = MIRA | {
        "Telefon": "0341 7654321",
        "Zulassungen": "TP Erwachsene Gruppe",
        "Sprachen": "",
        "Titel": "Dr.",
    }
    assert [counts(run(file_of(again), at)) for _turn in range(2)] == [(0, 1, 0, 0), (0, 0, 1, 0)]
    mira = Therapist.objects.get()
    assert (mira.title, mira.languages, approvals(mira)) == ("Dr.", ["de", "en"], [("TP", "adults", "group")])
    assert mira.practices.get().phone == "+493417654321"


def test_reviewed_record_is_completed_and_never_overwritten(at: datetime) -> None:
    run(file_of(MIRA), at)
    Therapist.objects.update(review_status=ReviewStatus.VERIFIED)
    again = MIRA | {"Telefon": "0341 7654321", "Fax": "0341 7654322", "Sprachen": "Türkisch", "Titel": "Dr."}
    report = run(file_of(again | {"Zulassungen": "TP Erwachsene Gruppe"}), at)
    assert (counts(report), len(report.notes)) == ((0, 1, 0, 0), 2)
    mira = Therapist.objects.get()
    assert (mira.title, mira.languages, approvals(mira)) == (
        "Dr.",
        ["de", "en"],
        [("VT", "adults", "individual")],
    )
    practice = mira.practices.get()
    assert (practice.phone, practice.fax) == ("+493411234567", "+493417654322")
    assert counts(run(file_of(again), at)) == (0, 0, 1, 0)


def test_rows_that_disagree_about_a_shared_practice_do_not_turn_it_back_and_forth(at: datetime) -> None:
    shared = MIRA | {"Praxis": "Praxis am Park", "Fax": "0341 1111111"}
    other = shared | {"Vorname": "Jonas", "Fax": "0341 2222222"}
    reports = [run(file_of(shared, other), at) for _turn in range(2)]
    assert [counts(report) for report in reports] == [(2, 0, 0, 0), (0, 0, 2, 0)]
    assert [[line for line, _text in report.notes] for report in reports] == [[3], [3]]
    assert Practice.objects.get().fax == "+493411111111"


def test_point_set_by_hand_stays(at: datetime) -> None:
    run(file_of(MIRA), at)
    Practice.objects.update(latitude=50.0, longitude=10.0, precision=Precision.MANUAL)
    assert counts(run(file_of(MIRA | {"lat": "51,34", "lon": "12,38"}), at)) == (0, 0, 1, 0)
    Practice.objects.update(precision=Precision.PLZ)
    assert counts(run(file_of(MIRA | {"lat": "51,34", "lon": "12,38"}), at)) == (0, 1, 0, 0)
    practice = Practice.objects.get()
    assert (practice.latitude, practice.longitude, practice.precision) == (51.34, 12.38, Precision.HOUSE)


def test_ages_in_the_wrong_order_are_named(at: datetime) -> None:
    report = run(file_of(MIRA | {"Alter von": "60", "Alter bis": "18"}), at)
    assert [(one.row.line, one.problems[0].column) for one in report.rejections] == [(2, "Alter bis")]
    assert not Practice.objects.exists()


def test_working_hours_are_known_only_where_a_column_says_so(at: datetime) -> None:
    run(file_of(MIRA | {"Arbeitszeiten": "Mo-Di 8-13"}), at)
    mira = Therapist.objects.get()
    assert mira.is_working_hours_known
    assert hours(mira, HoursKind.WORKING) == [Interval(0, 480, 780), Interval(1, 480, 780)]


def test_foreign_languages_come_on_top_of_german(at: datetime) -> None:
    run(file_of(MIRA | {"Sprachen": "", "Fremdsprachen": "Türkisch"}), at)
    assert Therapist.objects.get().languages == ["de", "tr"]


@given(st.lists(st.lists(st.text(max_size=12), min_size=4, max_size=4), max_size=4))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_table_is_imported_or_rejected(at: datetime, rows: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(
        [["Name", "PLZ", "Ort", "Internetseite"], *[[row[0], "04103", *row[2:]] for row in rows]]
    )
    try:
        report = run(file.getvalue(), at, is_dry_run=True)
    except UnusableFile:
        return
    assert report.seen == report.new + report.changed + report.unchanged + report.rejected


def test_command_takes_the_day_of_the_fetch(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "saved.json"
    path.write_text((DATA / "arztsuche_older.json").read_text("utf-8").replace('"t": "Mo.", ', ""), "utf-8")
    call_command("import_therapists", str(path), "--fetched-on=2025-12-01")
    assert hours(Therapist.objects.get(), HoursKind.PHONE) == [Interval(0, 540, 590)]
    assert capsys.readouterr().out == "Rows seen: 1 = 1 new + 0 changed + 0 unchanged + 0 rejected\n"


def test_command_exits_with_one_for_rejected_rows(tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    with pytest.raises(CommandError) as failure:
        call_command("import_therapists", str(DATA / "therapeuten.csv"), f"--errors={errors}")
    assert (failure.value.returncode, Therapist.objects.count()) == (1, 3)
    assert len(errors.read_text("utf-8-sig").splitlines()) == 4


def test_command_exits_with_two_for_an_unusable_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError) as failure:
        call_command("import_therapists", str(tmp_path / "missing.csv"))
    assert failure.value.returncode == 2


def test_documentation_names_every_column() -> None:
    text = DOCS.read_text("utf-8")
    assert [one.german for one in columns() if f"| {one.german} | {one.english} |" not in text] == []


def test_examples_of_the_columns_can_be_read() -> None:
    for column in columns():
        assert column.read(column.example) is not None

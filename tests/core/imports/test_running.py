"""Rows are taken one by one: the broken ones are reported, the others saved, a dry run saves nothing."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import connection

from apps.core.errors import Refused
from apps.core.imports.cells import text, whole_number
from apps.core.imports.columns import Column, Entry, fold, lay_out
from apps.core.imports.errors import Problem, RowRejected, UnusableFile
from apps.core.imports.reading import read_table
from apps.core.imports.report import Outcome, Report, Result, write_rejections
from apps.core.imports.running import run

pytestmark = pytest.mark.django_db

COLUMNS = [
    Column("name", "Bezeichnung", "Label", text(20), aliases="Gruppenname", is_required=True),
    Column("size", "Größe", "Size", whole_number),
]


class GroupImport:
    """Groups of staff, standing for any model with a unique name."""

    def prepare(self, entries: Sequence[Entry]) -> None:
        self.prepared = [entry.line for entry in entries]

    def take(self, entry: Entry) -> Outcome:
        name = entry.values["name"]
        if name == "refused":
            Group.objects.create(name="left over")
            raise Refused("Not this one.")
        if name == "invalid":
            raise ValidationError({"size": ["Too small."], "__all__": ["Odd."]})
        if name == "rejected":
            raise RowRejected(Problem("", "Doubled."))
        if name == "broken":
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
        if name == "note":
            return Outcome(Result.CHANGED, ("Look here.",))
        _group, is_new = Group.objects.get_or_create(name=name)
        return Outcome(Result.NEW if is_new else Result.UNCHANGED)


def imported(content: str, **options: bool) -> Report:
    known = {fold(heading) for column in COLUMNS for heading in column.headings}
    table = read_table(content.encode(), is_known=lambda heading: fold(heading) in known)
    return run(table=table, columns=COLUMNS, importer=GroupImport(), **options)


FILE = """\
Label;GROESSE;Farbe
one;1;
refused;1;
invalid;1;
rejected;1;
broken;1;
note;;
two;zwei;
two;2;
;3;
"""


def test_every_row_is_counted_once_and_broken_ones_leave_nothing() -> None:
    report = imported(FILE)
    assert report.summary_counts() == {"seen": 9, "new": 2, "changed": 1, "unchanged": 0, "rejected": 6}
    assert [(one.row.line, [str(problem) for problem in one.problems]) for one in report.rejections] == [
        (3, ["Not this one."]),
        (4, ["GROESSE: Too small.", "Odd."]),
        (5, ["Doubled."]),
        (6, ["The database refuses this combination of values."]),
        (8, ["GROESSE: “zwei” is not a whole number."]),
        (10, ["Label: This must not be empty."]),
    ]
    assert set(Group.objects.values_list("name", flat=True)) & {"one", "two", "left over"} == {"one", "two"}


def test_lines_tell_everything_and_end_with_the_counts() -> None:
    lines = imported(FILE).lines()
    assert lines[0] == "Column “Farbe” is not known and was left out."
    assert lines[1] == "Line 7: note: Look here."
    assert lines[2] == "Line 3: Not this one."
    assert lines[-1] == "Rows seen: 9 = 2 new + 1 changed + 0 unchanged + 6 rejected"


def test_dry_run_counts_the_same_and_saves_nothing() -> None:
    report = imported(FILE, is_dry_run=True)
    assert report.summary_counts() == imported(FILE).summary_counts()
    assert report.lines()[-2] == "Trial run: nothing was saved."


def test_dry_run_leaves_no_row() -> None:
    imported(FILE, is_dry_run=True)
    assert not Group.objects.filter(name__in=["one", "two"]).exists()


def test_second_run_changes_nothing() -> None:
    imported("Label\none\ntwo\n")
    assert imported("Label\none\ntwo\n").summary_counts() == {
        "seen": 2,
        "new": 0,
        "changed": 0,
        "unchanged": 2,
        "rejected": 0,
    }


@pytest.mark.parametrize(
    ("header", "sentence"),
    [("Größe", "columns are missing: “Bezeichnung” (Label)"), ("Label;Bezeichnung", "mean the same")],
)
def test_header_that_cannot_be_used_is_refused(header: str, sentence: str) -> None:
    with pytest.raises(UnusableFile) as refusal:
        imported(f"{header}\nx;y\n")
    assert sentence in str(refusal.value.message)


@pytest.mark.parametrize("heading", ["Bezeichnung", " BEZEICHNUNG ", "label", "Gruppen-Name", "name"])
def test_headings_are_found_in_any_spelling(heading: str) -> None:
    assert lay_out([heading], COLUMNS).columns == {0: COLUMNS[0]}


def test_umlauts_in_headings_may_be_spelled_out() -> None:
    assert [fold("Größe"), fold("GROESSE"), fold("Gro\u0308ße")] == ["groesse"] * 3


def test_progress_reaches_the_total() -> None:
    steps: list[tuple[int, int]] = []
    table = read_table(b"Label\none\ntwo\n", is_known=lambda heading: True)
    run(table=table, columns=COLUMNS, importer=GroupImport(), on_progress=lambda *step: steps.append(step))
    assert steps == [(1, 2), (2, 2)]


def test_text_that_no_database_takes_is_refused() -> None:
    report = imported('[{"Label": "a\\u0000b"}, {"Label": "\\ud800"}, {"Label": "good"}]')
    assert [one.reason for one in report.rejections] == [
        "Label: There are characters in it that are no text."
    ] * 2
    assert report.new == 1


def test_rejected_rows_are_written_for_another_upload(tmp_path: Path) -> None:
    report = imported("Label;Size;Farbe\n=1+1;zwei;-\n;1;\nthree;3;\n")
    path = tmp_path / "errors.csv"
    write_rejections(report, path)
    assert path.read_bytes().decode("utf-8-sig").splitlines() == [
        "Label;Size;Farbe;Zeile;Grund",
        "'=1+1;zwei;'-;2;Size: “zwei” is not a whole number.",
        ";1;;3;Label: This must not be empty.",
    ]
    assert path.stat().st_mode & 0o077 == 0

    still_wrong = imported(path.read_text("utf-8-sig"))
    write_rejections(still_wrong, tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_text("utf-8-sig").splitlines()[0] == "Label;Size;Farbe;Zeile;Grund"

    corrected = path.read_text("utf-8-sig").replace("zwei", "2").replace(";1;;3", "four;1;;3")
    again = imported(corrected)
    assert again.summary_counts() == {"seen": 2, "new": 2, "changed": 0, "unchanged": 0, "rejected": 0}
    assert again.unknown_columns == ("Farbe",)
    assert Group.objects.filter(name="=1+1").exists()

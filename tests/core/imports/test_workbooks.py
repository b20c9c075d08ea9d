"""XLSX becomes the rows a CSV file would have given; what is dangerous or broken is refused in words."""

import io
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from apps.core.imports import workbooks
from apps.core.imports.columns import Column, lay_out, read_entry
from apps.core.imports.errors import UnusableFile
from apps.core.imports.reading import read_table
from apps.core.imports.tables import Table
from tests.core.imports.files import with_part, workbook

SHEET = "xl/worksheets/sheet1.xml"


def table_of(content: bytes, **options: Any) -> Table:
    return read_table(content, is_known=lambda heading: False, **options)


def cells(*values: Any) -> tuple[str, ...]:
    return table_of(workbook([f"h{at}" for at in range(len(values))], values)).rows[0].cells


def test_cells_become_text_as_a_csv_would_hold_it() -> None:
    assert cells(
        *("Anna", 4103, 25.0, 51.34, True, False, "'=1+1"),
        *(date(1980, 11, 22), datetime(2026, 11, 22, 9, 30), time(8, 5), timedelta(hours=26, minutes=5)),
    ) == (
        *("Anna", "4103", "25", "51.34", "ja", "nein", "=1+1"),
        *("1980-11-22", "2026-11-22 09:30", "08:05", "26:05"),
    )


def test_format_of_zeros_is_shown_zeros() -> None:
    def formatted(book: Workbook) -> None:
        book.active["A2"].number_format = "00000"

    assert table_of(workbook(["PLZ"], [4103], change=formatted)).rows[0].cells == ("04103",)


@pytest.mark.parametrize(
    ("value", "read"), [(4103, "04103"), (1067, "01067"), (80331, "80331"), ("4103", "4103"), (403, "403")]
)
def test_zero_lost_by_a_number_cell_is_put_back(value: object, read: str) -> None:
    columns = [Column("plz", "PLZ", "ZIP", str, digits=5)]
    table = table_of(workbook(["PLZ"], [value]))
    assert read_entry(table.rows[0], lay_out(table.header, columns)).values == {"plz": read}


def test_lines_are_those_of_the_sheet_and_empty_rows_are_left_out() -> None:
    table = table_of(workbook([], ["Name", "Ort", None], ["a", "b"], [], ["c"], [None, None]))
    assert table.header == ("Name", "Ort")
    assert [(row.line, row.cells) for row in table.rows] == [(3, ("a", "b")), (5, ("c", ""))]


def test_something_beside_the_headings_is_a_problem_of_its_row() -> None:
    rows = table_of(workbook(["Name"], ["a", "b"], ["c"])).rows
    assert [bool(row.problem) for row in rows] == [True, False]


def test_first_visible_sheet_with_content_is_read_and_others_are_named() -> None:
    def sheets(book: Workbook) -> None:
        book.active.sheet_state = "hidden"
        book.create_sheet("Leer")
        book.create_sheet("Liste").append(["Name"])
        book["Liste"].append(["Anna"])
        book.create_sheet("Alt").append(["Name"])

    table = table_of(workbook(["hidden"], change=sheets))
    assert [row.cells for row in table.rows] == [("Anna",)]
    assert table.remarks == ("Only the sheet “Liste” is read; 1 more sheet is left out.",)


def test_formula_gives_its_kept_result() -> None:
    def calculated(xml: bytes) -> bytes:
        return xml.replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(
            b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>"
        )

    content = with_part(workbook(["Sum"], ["=1+1"]), SHEET, calculated)
    assert table_of(content).rows[0].cells == ("2",)


def test_formula_without_a_result_is_refused_instead_of_being_empty() -> None:
    with pytest.raises(UnusableFile, match="no results yet"):
        table_of(workbook(["Sum"], ["=1+1"]))


def test_failed_formula_is_a_problem_of_its_row() -> None:
    rows = table_of(workbook(["Name"], ["#N/A"], ["a"])).rows
    assert [row.problem for row in rows] == ["A formula of this row failed: #N/A.", ""]


def test_macros_are_not_looked_at() -> None:
    content = with_part(workbook(["Name"], ["a"]), "xl/vbaProject.bin", lambda _old: b"\xd0\xcf\x11\xe0macro")
    assert table_of(content).rows[0].cells == ("a",)


def test_first_look_reads_only_the_first_rows() -> None:
    table = table_of(workbook(["Name"], *[[str(number)] for number in range(50)]), most_rows=3)
    assert [row.cells for row in table.rows] == [("0",), ("1",), ("2",)]


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    content = with_part(workbook(["Name"], ["a"]), SHEET, lambda _old: b"0" * 130 * 1024 * 1024)
    assert len(content) < 200_000
    with pytest.raises(UnusableFile, match="too large unpacked"):
        table_of(content)


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 2)
    with pytest.raises(UnusableFile, match="Please split it"):
        table_of(workbook(["Name"], ["a"], ["b"], ["c"]))


@pytest.mark.parametrize(
    "declaration", [b'<!DOCTYPE x [<!ENTITY a "b">]>', b"<!DOCTYPE x SYSTEM 'file:///x'>"]
)
def test_document_types_are_refused(declaration: bytes) -> None:
    content = with_part(workbook(["Name"], ["a"]), SHEET, lambda old: declaration + old)
    with pytest.raises(UnusableFile, match="office programs never write"):
        table_of(content)


def archive(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, data in parts.items():
            packed.writestr(name, data)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xd0\xcf\x11\xe0 an old workbook", "protected by a password or of an old kind"),
        (b"PK\x03\x04rest", "incomplete or is damaged"),
        (workbook(["Name"], ["a"])[:-200], "incomplete or is damaged"),
        (archive(letter=b"hello"), "an archive, but no workbook"),
        (with_part(workbook(["Name"], ["a"]), "xl/workbook.xml", lambda _old: b"<broken"), "is damaged"),
        (workbook(), "The file is empty"),
    ],
)
def test_unusable_workbooks_are_refused_in_words(content: bytes, sentence: str) -> None:
    with pytest.raises(UnusableFile, match=sentence):
        table_of(content)

"""Workbooks that staff take out: typed cells, and nothing that a spreadsheet would calculate."""

import io
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils.translation import gettext_lazy
from openpyxl import load_workbook

from apps.core.imports.reading import read_table
from apps.core.xlsx_export import write_xlsx, xlsx_response


def written(*lines: list[Any]) -> Any:
    file = io.BytesIO()
    write_xlsx(file, lines)
    return load_workbook(io.BytesIO(file.getvalue())).active


def test_cells_keep_their_kind() -> None:
    moment = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
    sheet = written(["Name", "Tag"], ["Anna", date(2026, 11, 23), moment, 3, 0.5, None, gettext_lazy("yes")])
    assert [cell.value for cell in sheet[2]][:6] == [
        *("Anna", datetime(2026, 11, 23), datetime(2026, 11, 23, 9, 5), 3, 0.5, None)
    ]
    assert [cell.number_format for cell in sheet[2]][1:3] == ["DD.MM.YYYY", "DD.MM.YYYY HH:MM"]
    assert sheet[2][6].data_type == "s"


def test_heading_is_bold_and_stays_in_sight() -> None:
    sheet = written(["Name"], ["Anna"])
    assert (sheet["A1"].font.bold, sheet["A2"].font.bold, sheet.freeze_panes) == (True, False, "A2")


@pytest.mark.parametrize("text", ["=1+1", "+49 341", "-3", "@x", "\tx", '=HYPERLINK("http://x")'])
def test_what_looks_like_a_formula_is_text(text: str) -> None:
    cell = written(["Name"], [text])["A2"]
    assert (cell.data_type, cell.value, cell.quotePrefix) == ("s", text, True)


def test_leading_zero_and_control_characters() -> None:
    sheet = written(["PLZ", "Text"], ["04103", "a\x00b\x1bc"])
    assert [cell.value for cell in sheet[2]] == ["04103", "abc"]


def test_own_workbook_can_be_read_again() -> None:
    response = xlsx_response("rows.xlsx", [["Name", "Formel"], ["Anna", "=1+1"]])
    table = read_table(response.getvalue(), is_known=lambda heading: False)
    assert table.header == ("Name", "Formel")
    assert [row.cells for row in table.rows] == [("Anna", "=1+1")]
    assert response["Content-Disposition"] == 'attachment; filename="rows.xlsx"'

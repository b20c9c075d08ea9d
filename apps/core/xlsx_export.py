"""Lists as workbooks: days are days, figures are figures, and nothing in them is ever calculated."""

import tempfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.http import FileResponse
from django.utils import timezone
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from apps.core.csv_export import FORMULA_STARTS

CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
IN_MEMORY_BYTES = 5 * 1024 * 1024
LONGEST_TEXT = 32_767  # more does not fit into a cell
DAY, MOMENT = "DD.MM.YYYY", "DD.MM.YYYY HH:MM"
NARROWEST, WIDEST = 12, 40


def xlsx_response(filename: str, lines: Iterable[Iterable[Any]]) -> FileResponse:
    """The first line is the heading. Rows go to disk one by one, never all into memory."""
    file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (the response closes it)
    write_xlsx(file, lines)
    file.seek(0)
    return FileResponse(file, as_attachment=True, filename=filename, content_type=CONTENT_TYPE)


def write_xlsx(file: Any, lines: Iterable[Iterable[Any]]) -> None:
    workbook = Workbook(write_only=True)
    sheet = workbook.create_sheet()
    sheet.freeze_panes = "A2"
    for number, line in enumerate(lines):
        cells = [_cell(sheet, value) for value in line]
        if number == 0:
            _head(sheet, cells)
        sheet.append(cells)
    workbook.save(file)


def _head(sheet: Any, cells: list[Any]) -> None:
    """Bold, and wide enough for the heading."""
    for position, cell in enumerate(cells, start=1):
        cell.font = Font(bold=True)
        width = min(max(len(str(cell.value or "")) + 2, NARROWEST), WIDEST)
        sheet.column_dimensions[get_column_letter(position)].width = width


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, timezone.localtime(value).replace(tzinfo=None, microsecond=0))
        cell.number_format = MOMENT
    elif isinstance(value, date):
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = DAY
    elif isinstance(value, int | float) and not isinstance(value, bool):
        cell = WriteOnlyCell(sheet, value)
    else:
        cell = _text_cell(sheet, "" if value is None else str(value))
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    """What looks like a formula is marked as text, also for whoever edits the cell later."""
    cell = WriteOnlyCell(sheet)
    text = ILLEGAL_CHARACTERS_RE.sub("", text)[:LONGEST_TEXT]
    cell.value = text or None
    if text:
        cell.data_type = "s"
    if text.startswith(FORMULA_STARTS):
        cell.quotePrefix = True
    return cell

"""From the bytes of an XLSX or XLSM workbook to rows of text cells.

Only values are read: macros, links, pictures and formulas themselves are never looked at. Limits are checked
in the archive's own list before anything is unpacked; zipfile never unpacks more than that list says.
"""

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from openpyxl import load_workbook

from apps.core.imports.errors import UnusableFile
from apps.core.imports.tables import SourceRow, Table

ARCHIVE, OLD_OFFICE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
MOST_PARTS = 2000
MOST_UNPACKED_BYTES = 120 * 1024 * 1024
MOST_COLUMNS = 400
MOST_ROWS = 100_000
WORKBOOK, SHEETS = "xl/workbook.xml", "xl/worksheets/"
# Office never writes document types; they are how small files become huge ones or fetch others.
FOREIGN = (b"<!DOCTYPE", b"<!ENTITY")
LOOKED_AT_BYTES = 4096
FORMULA, CALCULATED = re.compile(rb"<f[ />]"), re.compile(rb"(?:</f>|<f[^<>]*/>)\s*<v[^<>]*>[^<]")
ZEROS = re.compile(r"0{2,}")
# How our own lists keep spreadsheets from calculating; people copy such cells from CSV files.
PROTECTED = re.compile(r"^'(?=[=+\-@\t\r])")
ERRORS = "e"


def is_workbook(content: bytes) -> bool:
    """Also old and protected workbooks, which `workbook_table` refuses with a sentence that helps."""
    return content.startswith((ARCHIVE, OLD_OFFICE))


def workbook_table(content: bytes, *, most_rows: int | None = None) -> Table:
    """The first visible sheet with content. `most_rows`: only so many rows. Raises UnusableFile."""
    _refuse_unsafe(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of things that are not read: validations, extensions, dates
            return _table(content, most_rows)
    except UnusableFile:
        raise
    except Exception as error:  # a damaged workbook fails in dozens of ways
        raise UnusableFile(
            _("This workbook is damaged. Please open it, save it as “Excel workbook (.xlsx)” and try again.")
        ) from error


def _refuse_unsafe(content: bytes) -> None:
    if content.startswith(OLD_OFFICE):
        raise UnusableFile(
            _("This workbook is protected by a password or of an old kind (.xls). Please save it as .xlsx.")
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _refuse_archive(archive)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, KeyError) as error:
        raise UnusableFile(_("The file arrived incomplete or is damaged.")) from error


def _refuse_archive(archive: zipfile.ZipFile) -> None:
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED_BYTES:
        raise UnusableFile(_("This workbook is too large unpacked. Please split it or save it as CSV."))
    if WORKBOOK not in archive.namelist():
        raise UnusableFile(_("This is an archive, but no workbook. Please choose the table (.xlsx, CSV)."))
    has_formulas = is_calculated = False
    for part in parts:
        if not part.filename.endswith((".xml", ".rels")):
            continue
        with archive.open(part) as file:
            start = file.read(LOOKED_AT_BYTES)
            if any(mark in start for mark in FOREIGN):
                raise UnusableFile(_("This workbook contains things that office programs never write."))
            if part.filename.startswith(SHEETS):
                sheet = start + file.read()
                has_formulas = has_formulas or bool(FORMULA.search(sheet))
                is_calculated = is_calculated or bool(CALCULATED.search(sheet))
    if has_formulas and not is_calculated:
        raise UnusableFile(
            _("The formulas in this workbook have no results yet. Please open it, save it and try again.")
        )


def _table(content: bytes, most_rows: int | None) -> Table:
    workbook = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheets = [sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"]
        for number, sheet in enumerate(sheets):
            sheet.reset_dimensions()  # what a program wrote there need not be true
            rows = _rows(sheet)
            first = next(rows, None)
            if first is not None:
                return _laid_out(first, rows, most_rows, _remarks(sheets, number))
    finally:
        workbook.close()
    raise UnusableFile(_("The file is empty."))


def _remarks(sheets: list[Any], number: int) -> tuple[str, ...]:
    others = len(sheets) - number - 1
    if not others:
        return ()
    text = ngettext(
        "Only the sheet “%(name)s” is read; %(others)s more sheet is left out.",
        "Only the sheet “%(name)s” is read; %(others)s more sheets are left out.",
        others,
    )
    return (text % {"name": sheets[number].title, "others": others},)


def _rows(sheet: Any) -> Iterator[tuple[int, tuple[Any, ...]]]:
    """(number in the sheet, cells) of every row with content."""
    for number, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), start=1):
        if any(cell.value not in (None, "") for cell in cells):
            yield number, cells


def _laid_out(
    first: tuple[int, tuple[Any, ...]],
    rows: Iterator[tuple[int, tuple[Any, ...]]],
    most_rows: int | None,
    remarks: tuple[str, ...],
) -> Table:
    header = [_text(cell) for cell in first[1]]
    while header and not header[-1].strip():
        header.pop()
    limit = MOST_ROWS + 1 if most_rows is None else most_rows
    found = tuple(_row(number, cells, len(header)) for number, cells in islice(rows, limit))
    if len(found) > MOST_ROWS:
        raise UnusableFile(_("The sheet has more than 100,000 rows. Please split it."))
    return Table(tuple(header), found, remarks)


def _row(number: int, cells: tuple[Any, ...], width: int) -> SourceRow:
    texts = [_text(cell) for cell in cells]
    problem = ""
    if errors := [cell.value for cell in cells[:width] if cell.data_type == ERRORS]:
        problem = _("A formula of this row failed: %(error)s.") % {"error": errors[0]}
    elif any(text.strip() for text in texts[width:]):
        problem = _("There is something to the right of the last heading.")
    numbers = frozenset(
        at for at, cell in enumerate(cells[:width]) if cell.data_type == "n" and texts[at].isdigit()
    )
    padded = (*texts[:width], *[""] * (width - len(texts)))
    return SourceRow(number, padded, problem, numbers=numbers)


def _text(cell: Any) -> str:
    """A cell as the CSV of a German spreadsheet would hold it, days in ISO form."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, int | float):
        return _number(value, str(getattr(cell, "number_format", "")))
    if isinstance(value, datetime | date | time | timedelta):
        return _moment(value)
    return PROTECTED.sub("", str(value))


def _number(value: float, number_format: str) -> str:
    """ "00000" shows 4103 as 04103, and so it is meant."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:.15g}"
    text = str(int(value))
    shown = number_format.partition(";")[0]
    return text.zfill(len(shown)) if ZEROS.fullmatch(shown) else text


def _moment(value: datetime | date | time | timedelta) -> str:
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60}:{minutes % 60:02d}"
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, datetime) and (value.hour or value.minute or value.second):
        return value.strftime("%Y-%m-%d %H:%M")
    return value.strftime("%Y-%m-%d")

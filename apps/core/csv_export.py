"""Lists as files: CSV as German Excel opens it, semicolons and UTF-8 with a mark at the start."""

import csv
from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"


def csv_response(filename: str, lines: Iterable[Iterable[Any]]) -> HttpResponse:
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    write_csv(response, lines)
    return response


def write_csv(file: Any, lines: Iterable[Iterable[Any]]) -> None:
    """Write to anything with `write`; a file on disk is opened as UTF-8 with `newline=""`."""
    file.write(BYTE_ORDER_MARK)
    csv.writer(file, delimiter=";").writerows([harmless(cell) for cell in line] for line in lines)


def harmless(cell: Any) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe; `imports.reading` drops it."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text

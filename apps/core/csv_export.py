"""Lists as files: CSV as German Excel opens it, semicolons and UTF-8 with a mark at the start."""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils import timezone
from django.utils.formats import date_format

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
BYTE_ORDER_MARK = "\ufeff"
LINES_A_PIECE = 200
CONTENT_TYPE = "text/csv; charset=utf-8"


class _Pieces:
    """What a csv.writer needs to hand its lines on instead of keeping them."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def write(self, text: str) -> None:
        self.kept.append(text)

    def taken(self) -> str:
        text = "".join(self.kept)
        self.kept.clear()
        return text


def csv_response(filename: str, lines: Iterable[Iterable[Any]]) -> HttpResponse:
    """The whole file at once, for small ones."""
    response = HttpResponse(content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    write_csv(response, lines)
    return response


def streamed_csv(filename: str, lines: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Line after line as they are read: a long list needs no memory and begins at once."""
    response = StreamingHttpResponse(_pieces(lines), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _pieces(lines: Iterable[Iterable[Any]]) -> Iterator[str]:
    pieces = _Pieces()
    writer = csv.writer(pieces, delimiter=";")
    pieces.write(BYTE_ORDER_MARK)
    for number, line in enumerate(lines, start=1):
        writer.writerow([harmless(cell) for cell in line])
        if number % LINES_A_PIECE == 0:
            yield pieces.taken()
    yield pieces.taken()


def write_csv(file: Any, lines: Iterable[Iterable[Any]]) -> None:
    """Write to anything with `write`; a file on disk is opened as UTF-8 with `newline=""`."""
    file.write(BYTE_ORDER_MARK)
    csv.writer(file, delimiter=";").writerows([harmless(cell) for cell in line] for line in lines)


def harmless(cell: Any) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe; `imports.reading` drops it.

    Days and moments are written as the person's language writes them.
    """
    if isinstance(cell, datetime):
        text = date_format(timezone.localtime(cell), "SHORT_DATETIME_FORMAT")
    elif isinstance(cell, date):
        text = date_format(cell, "SHORT_DATE_FORMAT")
    else:
        text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text

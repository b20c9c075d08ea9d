"""From the bytes of a file to rows of text cells with the line on which each begins."""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _

from apps.core.imports.errors import UnusableFile
from apps.core.imports.tables import SourceRow, Table
from apps.core.imports.workbooks import PROTECTED, is_workbook, workbook_table

MOST_BYTES = 50 * 1024 * 1024
MOST_BROKEN_LINES = 1000
DELIMITERS = (";", ",", "\t")
UTF16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class Flat:
    """One element of a foreign JSON document as cells by heading."""

    cells: Mapping[str, Any]
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Shape:
    """A foreign JSON document: an object whose `list_key` holds the elements. `flatten` never raises."""

    list_key: str
    flatten: Callable[[Any], Flat]


def read_table(
    content: bytes,
    *,
    is_known: Callable[[str], bool],
    shapes: Sequence[Shape] = (),
    most_rows: int | None = None,
) -> Table:
    """A CSV, JSON or XLSX file as a table; `is_known` tells headings from other text, to find the separator.

    `most_rows`: only so many, for a first look. Raises UnusableFile.
    """
    _refuse_size(content)
    if is_workbook(content):
        return workbook_table(content, most_rows=most_rows)
    text = decode(content)
    if text.lstrip()[:1] in ("[", "{"):
        return _json_table(text, shapes, most_rows)
    return _csv_table(text, is_known, most_rows)


def decode(content: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16, else Windows-1252. Raises UnusableFile."""
    _refuse_size(content)
    if content.startswith(b"PK\x03\x04"):
        raise UnusableFile(_("This is a spreadsheet or an archive. Please save the table as “CSV UTF-8”."))
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return _not_empty(text)
    raise UnusableFile(_("This is no text file. Please save the table as “CSV UTF-8”."))


def _refuse_size(content: bytes) -> None:
    if len(content) > MOST_BYTES:
        raise UnusableFile(_("The file is larger than 50 MB. Please split it."))


def _encodings(content: bytes) -> tuple[str, ...]:
    if content.startswith(UTF16_BOMS):
        return ("utf-16",)
    if b"\0" in content:
        is_little = content[1::2].count(0) > content[::2].count(0)
        return ("utf-16-le",) if is_little else ("utf-16-be",)
    return ("utf-8-sig", "cp1252")


def _not_empty(text: str) -> str:
    if not text.strip():
        raise UnusableFile(_("The file is empty."))
    return text


def _csv_table(text: str, is_known: Callable[[str], bool], most_rows: int | None) -> Table:
    lines = io.StringIO(text, newline="").readlines()
    if lines[0].lower().startswith("sep="):
        lines[0] = "\n"
    delimiter = max(DELIMITERS, key=lambda one: _fit(lines, one, is_known))
    records = _records(lines, delimiter)
    _line, header, _raw = next(records, (0, None, ""))
    if not header:
        raise UnusableFile(_("The first line is no header: quotation marks do not match."))
    rows = [_row(line, cells, raw, len(header)) for line, cells, raw in islice(records, most_rows)]
    return Table(tuple(header), tuple(rows))


def _fit(lines: list[str], delimiter: str, is_known: Callable[[str], bool]) -> tuple[int, int]:
    """How well the header reads with this separator: known headings, then cells."""
    _line, header, _raw = next(_records(lines, delimiter), (0, None, ""))
    return sum(map(is_known, header or ())), len(header or ())


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | None, str]]:
    """(physical line, cells, raw line) of each record with content; cells are None where quotes do not match.

    A quotation mark that is never closed would swallow the rest of the file: only its own line is given up,
    and reading goes on with the next.
    """
    start = broken = 0
    while start < len(lines):
        begin = start
        reader = csv.reader((lines[at] for at in range(begin, len(lines))), delimiter=delimiter, strict=True)
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield start + 1, cells, lines[start]
                start = begin + reader.line_num
        except csv.Error:
            yield start + 1, None, lines[start]
            start, broken = start + 1, broken + 1
        if broken > MOST_BROKEN_LINES:
            raise UnusableFile(_("In more than 1,000 lines the quotation marks do not match."))


def _row(line: int, cells: list[str] | None, raw: str, width: int) -> SourceRow:
    if cells is None:
        reason = _(
            "Quotation marks do not match in this line (a quotation mark within a text is written twice)."
        )
        return SourceRow(line, _padded([raw.rstrip("\r\n")], width), reason)
    is_too_long = any(cell.strip() for cell in cells[width:])
    if len(cells) < width or is_too_long:
        reason = _("The row has %(cells)s cells, the header %(width)s.") % {
            "cells": len(cells),
            "width": width,
        }
        return SourceRow(line, _padded(cells, width), reason)
    return SourceRow(line, tuple(PROTECTED.sub("", cell) for cell in cells[:width]))


def _padded(cells: list[str], width: int) -> tuple[str, ...]:
    return (*cells, *[""] * (width - len(cells)))


def _json_table(text: str, shapes: Sequence[Shape], most_rows: int | None) -> Table:
    root = _parsed(text)
    lists = {key for key, value in root.items() if isinstance(value, list)} if isinstance(root, dict) else ()
    shape = next((one for one in shapes if one.list_key in lists), None)
    elements = root if shape is None else root[shape.list_key]
    if not isinstance(elements, list):
        raise UnusableFile(_("A JSON file must be a list of objects, one per person."))
    if not elements:
        raise UnusableFile(_("The list in the file is empty."))
    flatten = shape.flatten if shape else _flat
    flats = [flatten(element) for element in elements]
    header = tuple(dict.fromkeys(str(key) for flat in flats for key in flat.cells))
    lines = _element_lines(text, shape.list_key if shape else None, len(elements))
    pairs = islice(zip(lines, flats, strict=True), most_rows)
    return Table(header, tuple(_json_row(*pair, header) for pair in pairs))


def _parsed(text: str) -> Any:
    try:
        return _decoder().decode(text)
    except json.JSONDecodeError as error:
        raise UnusableFile(
            _("The JSON is not well-formed (line %(line)s).") % {"line": error.lineno}
        ) from error
    except RecursionError as error:
        raise UnusableFile(_("The JSON is nested too deeply.")) from error


def _decoder() -> json.JSONDecoder:
    """Numbers stay text: a PLZ or a phone number is no quantity."""
    return json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)


def _flat(element: Any) -> Flat:
    if not isinstance(element, dict):
        return Flat({}, problem=_("This is no object with headings and values."))
    return Flat(element)


def _json_row(line: int, flat: Flat, header: tuple[str, ...]) -> SourceRow:
    problem = flat.problem
    cells = {key: _cell(value) for key, value in flat.cells.items()}
    if nested := [key for key, text in cells.items() if text is None]:
        problem = problem or _("%(keys)s: an object within the object is not read.") % {
            "keys": ", ".join(nested)
        }
    return SourceRow(line, tuple(cells.get(key) or "" for key in header), problem, flat.notes)


def _cell(value: Any) -> str | None:
    """A JSON value as the text a CSV cell would hold; None for what cannot be one."""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, list):
        parts = [_cell(one) for one in value]
        return None if None in parts else "; ".join(part for part in parts if part)
    return "" if value is None else value if isinstance(value, str) else None


def _element_lines(text: str, list_key: str | None, count: int) -> list[int]:
    """The line on which each element of the list begins (its position, where that cannot be found)."""
    pattern = r"\[" if list_key is None else rf'"{re.escape(list_key)}"\s*:\s*\['
    opening = re.search(pattern, text)
    starts = list(_element_starts(text, opening.end())) if opening else []
    if len(starts) != count:
        return list(range(1, count + 1))
    lines, line, position = [], 1, 0
    for start in starts:
        line += text.count("\n", position, start)
        lines.append(line)
        position = start
    return lines


def _element_starts(text: str, position: int) -> Iterator[int]:
    decoder = _decoder()
    gap = re.compile(r"[\s,]*")
    while (match := gap.match(text, position)) and text[match.end() : match.end() + 1] not in ("]", ""):
        yield match.end()
        try:
            _value, position = decoder.raw_decode(text, match.end())
        except json.JSONDecodeError:
            return

"""Columns of an import file: known headings in two languages, and cells read into values."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from apps.core.imports.errors import Problem, RowRejected, UnusableFile
from apps.core.imports.reading import SourceRow

UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})  # casefold() has turned ß into ss already
NOT_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
REPORT_HEADINGS = ("Zeile", "Grund", "Line", "Reason")  # columns of a list of rejected rows, uploaded again


@dataclass(frozen=True)
class Column:
    """One column. `read` turns a cell that is not empty into a value or raises ValidationError.

    `digits`: what is written with so many digits; a spreadsheet's number cell has lost a zero in front.
    """

    key: str
    german: str
    english: str
    read: Callable[[str], Any]
    example: str = ""
    aliases: str = ""  # other headings, separated by |
    is_required: bool = False
    digits: int = 0

    @property
    def headings(self) -> tuple[str, ...]:
        return (self.german, self.english, self.key, *filter(None, self.aliases.split("|")))


@dataclass(frozen=True)
class Layout:
    """Which position of the file holds which column."""

    header: tuple[str, ...]
    columns: dict[int, Column]
    unknown: tuple[str, ...]

    def heading(self, key: str) -> str:
        """The heading in the file of a column, else the key itself."""
        found = (self.header[position] for position, column in self.columns.items() if column.key == key)
        return next(found, key)


@dataclass(frozen=True)
class Entry:
    """One readable row: values by key, empty cells left out."""

    line: int
    values: dict[str, Any]


def fold(text: str) -> str:
    """For comparison of headings, words and names: "Straße / Nr." → "strassenr", "Müller" → "mueller"."""
    text = unicodedata.normalize("NFC", text).casefold().translate(UMLAUTS)
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if letter.isalnum())


def headings(columns: Sequence[Column]) -> dict[str, Column]:
    return {fold(heading): column for column in columns for heading in column.headings}


def lay_out(header: Sequence[str], columns: Sequence[Column], chosen: Sequence[str] | None = None) -> Layout:
    """Find the columns. Raises UnusableFile where a required one is missing or one is there twice.

    `chosen`: the key for every heading as a person matched them, "" to leave one out.
    """
    known = headings(columns)
    if chosen is not None:
        by_key = {column.key: column for column in columns}
        known = {}
        found = {at: by_key[key] for at, key in enumerate(chosen[: len(header)]) if key in by_key}
    else:
        found = {at: known[fold(heading)] for at, heading in enumerate(header) if fold(heading) in known}
    unknown = [
        heading.strip()
        for at, heading in enumerate(header)
        if at not in found and heading.strip() and not is_own_heading(heading)
    ]
    _refuse_doubles(header, found)
    _refuse_missing(columns, found)
    return Layout(tuple(header), found, tuple(unknown))


def is_own_heading(heading: str) -> bool:
    """A column of a list of rejected rows, uploaded again."""
    return fold(heading) in {fold(own) for own in REPORT_HEADINGS}


def read_entry(row: SourceRow, layout: Layout) -> Entry:
    """The values of a row. Raises RowRejected with every cell that is wrong, not only the first."""
    if row.problem:
        raise RowRejected(Problem("", row.problem))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for position, column in layout.columns.items():
        try:
            if text := _whole(row, position, column):
                if (value := column.read(_readable(text))) not in ("", []):
                    values[column.key] = value
            elif column.is_required:
                raise ValidationError(_("This must not be empty."))
        except ValidationError as error:
            problems.append(Problem(layout.header[position], " ".join(error.messages)))
    if problems:
        raise RowRejected(*problems)
    return Entry(row.line, values)


def _whole(row: SourceRow, position: int, column: Column) -> str:
    text = row.cells[position].strip()
    has_lost_zero = position in row.numbers and len(text) == column.digits - 1
    return f"0{text}" if has_lost_zero else text


def _readable(text: str) -> str:
    if NOT_TEXT.search(text):
        raise ValidationError(_("There are characters in it that are no text."))
    return text


def _refuse_doubles(header: Sequence[str], found: dict[int, Column]) -> None:
    first: dict[str, int] = {}
    for position, column in found.items():
        if (other := first.setdefault(column.key, position)) != position:
            raise UnusableFile(
                _("The columns “%(one)s” and “%(other)s” mean the same. Please keep one of them.")
                % {"one": header[other], "other": header[position]}
            )


def _refuse_missing(columns: Sequence[Column], found: dict[int, Column]) -> None:
    present = {column.key for column in found.values()}
    missing = [column for column in columns if column.is_required and column.key not in present]
    if missing:
        names = ", ".join(f"“{column.german}” ({column.english})" for column in missing)
        raise UnusableFile(_("Nothing was imported, columns are missing: %(names)s.") % {"names": names})

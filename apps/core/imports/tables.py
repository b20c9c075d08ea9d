"""What every kind of file becomes: rows of text cells."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SourceRow:
    """`line` is the physical line on which the row begins (for JSON: on which the object begins).

    `cells` are in the order of the header, unchanged. `problem` says why a row could not be cut into cells.
    `numbers` are the positions of cells that a spreadsheet holds as numbers: leading zeros are lost there.
    """

    line: int
    cells: tuple[str, ...]
    problem: str = ""
    notes: tuple[str, ...] = ()
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Table:
    """`remarks` are sentences about the file as a whole."""

    header: tuple[str, ...]
    rows: tuple[SourceRow, ...]
    remarks: tuple[str, ...] = ()

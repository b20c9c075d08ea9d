"""Files of every kind become rows with the line they begin on; what is no table is refused in words."""

import csv
import io
import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from apps.core.imports.errors import UnusableFile
from apps.core.imports.reading import Flat, Shape, Table, decode, read_table

HEADINGS = {"Name", "Ort", "PLZ"}
CSV = "Name;Ort\nMüller;Köln\n"


def read(content: bytes | str, *shapes: Shape) -> Table:
    content = content.encode() if isinstance(content, str) else content
    return read_table(content, is_known=HEADINGS.__contains__, shapes=shapes)


def lines(table: Table) -> list[tuple[int, tuple[str, ...]]]:
    return [(row.line, row.cells) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_encodings_are_recognised(encoding: str) -> None:
    table = read(CSV.encode(encoding))
    assert table.header == ("Name", "Ort")
    assert lines(table) == [(2, ("Müller", "Köln"))]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_separators_and_line_ends_are_recognised(separator: str, newline: str) -> None:
    text = newline.join([f"Name{separator}PLZ", f"Probe{separator}04103", ""])
    assert lines(read(text)) == [(2, ("Probe", "04103"))]


def test_separator_is_the_one_whose_headings_are_known() -> None:
    table = read("Name;Ort, Stadt, Land, Fluss\nProbe;Köln, DE, , \n")
    assert table.header == ("Name", "Ort, Stadt, Land, Fluss")
    assert lines(table) == [(2, ("Probe", "Köln, DE, , "))]


def test_line_with_separator_for_spreadsheets_is_skipped() -> None:
    assert lines(read("sep=;\nName;Ort\nProbe;Köln\n")) == [(3, ("Probe", "Köln"))]


def test_lines_count_through_quoted_breaks_and_blank_lines() -> None:
    text = 'Name;Ort\n"A\nB\nC";Köln\n\n;\nD;"Bonn\r\nBeuel"\nE;Ulm\n'
    assert lines(read(text)) == [(2, ("A\nB\nC", "Köln")), (7, ("D", "Bonn\r\nBeuel")), (9, ("E", "Ulm"))]


def test_rows_of_another_width_are_named() -> None:
    table = read("Name;Ort\nA\nB;Ulm;\nC;Ulm;x\n")
    assert [(row.line, row.problem) for row in table.rows] == [
        (2, "The row has 1 cells, the header 2."),
        (3, ""),
        (4, "The row has 3 cells, the header 2."),
    ]


def test_open_quotation_mark_costs_its_own_line_only() -> None:
    table = read('Name;Ort\nA;"Ulm\nB;Köln\nC;"Bonn"\n')
    assert [(row.line, row.cells, bool(row.problem)) for row in table.rows] == [
        (2, ('A;"Ulm', ""), True),
        (3, ("B", "Köln"), False),
        (4, ("C", "Bonn"), False),
    ]


def test_too_many_broken_lines_end_the_reading() -> None:
    with pytest.raises(UnusableFile, match=r"1,000 lines"):
        read("Name;Ort\n" + 'A;"B"C\n' * 1001)


def test_signs_that_protect_from_formulas_are_taken_off() -> None:
    assert lines(read("Name;Ort\n'+49341;'n Ort\n")) == [(2, ("+49341", "'n Ort"))]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b" \n\n", "The file is empty."),
        (b"PK\x03\x04rest", "The file arrived incomplete or is damaged"),
        (b"%PDF-1.7\x00\x00\x01", "This is no text file"),
        (b"Name;Ort\nM\x81;K\xf6ln", "This is no text file"),
        (b'"Name;Ort\nA;B', "The first line is no header"),
        (b'{"a": 1}', "must be a list of objects"),
        (b"[]", "The list in the file is empty"),
        (b'[{"Name": "A"},\n{"Name" "B"}]', r"not well-formed \(line 2\)"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
def test_unusable_files_are_refused_in_words(content: bytes, sentence: str) -> None:
    with pytest.raises(UnusableFile, match=sentence):
        read(content)


def test_too_large_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.core.imports.reading.MOST_BYTES", 10)
    with pytest.raises(UnusableFile, match="larger than 50 MB"):
        decode(b"x" * 11)


def test_json_objects_become_rows_with_their_lines() -> None:
    text = (
        '[\n {"Name": "A", "PLZ": 4103},\n\n {"Name": "B",\n "Ort": ["x", "y"], "DiGA": true, "PLZ": null}]'
    )
    table = read(text)
    assert table.header == ("Name", "PLZ", "Ort", "DiGA")
    assert lines(table) == [(2, ("A", "4103", "", "")), (4, ("B", "", "x; y", "ja"))]


def test_json_elements_that_are_no_rows_are_named() -> None:
    table = read('[{"Name": {"a": 1}}, 7, {"Name": "B"}]')
    assert [row.problem for row in table.rows] == [
        "Name: an object within the object is not read.",
        "This is no object with headings and values.",
        "",
    ]


def test_foreign_shape_is_flattened() -> None:
    shape = Shape("people", lambda element: Flat({"Name": element["n"]}, notes=("seen",)))
    table = read('{"more": false,\n "people": [\n  {"n": "A"},\n  {"n": "B"}]}', shape)
    assert lines(table) == [(3, ("A",)), (4, ("B",))]
    assert table.rows[0].notes == ("seen",)


@given(st.binary(max_size=300))
@example(b"\xff\xfe\x00\xd8")
@example(b'"\x00')
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        table = read(content)
    except UnusableFile as refusal:
        assert str(refusal.message)
    else:
        assert {len(row.cells) >= len(table.header) for row in table.rows} <= {True}


@given(st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=2), max_size=6))
@settings(max_examples=200, deadline=None)
def test_written_csv_is_read_back(rows: list[list[str]]) -> None:
    """Whatever cells hold, quoted CSV comes back unchanged (rows without any text are no rows)."""
    rows = [[cell.replace("\0", "").replace("'", "") for cell in row] for row in rows]
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=";", quoting=csv.QUOTE_ALL).writerows([["Name", "Ort"], *rows])
    table = read(file.getvalue())
    kept = [tuple(row) for row in rows if any(cell.strip() for cell in row)]
    assert [row.cells for row in table.rows] == kept


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=12,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_json_is_read_or_refused(document: object) -> None:
    try:
        table = read(json.dumps(document, indent=1))
    except UnusableFile:
        return
    assert [len(row.cells) for row in table.rows] == [len(table.header)] * len(table.rows)

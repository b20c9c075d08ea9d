"""Whatever a source sends, an adapter answers with entries and rejections."""

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.enums import Language
from apps.core.imports.contact_cells import read_email, read_phone, read_plz, read_website
from apps.core.imports.hours import read_ranges, read_week, weekday_of
from apps.core.imports.persons import read_name, read_parts
from apps.scraping.adapters import ADAPTERS
from apps.scraping.records import DirectoryEntry, Rejected
from tests.scraping import normaliser_table as table
from tests.scraping.test_adapters_json import KV_PERSON
from tests.scraping.test_adapters_page import hours, practice

DATA = Path(__file__).parents[1] / "data"
FETCHED_ON = date(2026, 11, 22)
EXAMPLES: dict[str, list[Any]] = {
    "arztsuche": [
        json.loads((DATA / name).read_text()) for name in ("arztsuche_newer.json", "arztsuche_older.json")
    ],
    "kv_nordrhein": [{"personList": [KV_PERSON]}],
    "own_json": [
        [{"last_name": "Probe", "phone_hours": ["Mo 9-10"], "approvals": [["VT", "adults", "group"]]}]
    ],
}
PRINTED = [
    row[0] for rows in (table.NAMES, table.SLOTS, table.WEEKS, table.PHONES, table.EMAILS) for row in rows
]
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([*PRINTED, "\x00", "\ud800", "9" * 400, "-0", "NaN"])
)
JSON_VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a document that can be changed."""
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in steps for place in places_in(inner, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn, key: str) -> bytes:
    """An example payload with some places replaced, removed or renamed."""
    document = {"document": copy.deepcopy(draw(st.sampled_from(EXAMPLES[key])))}
    for _change in range(draw(st.integers(1, 4))):
        *way, last = draw(st.sampled_from([place for place in places_in(document) if place]))
        holder: Any = document
        for step in way:
            holder = holder[step]
        how = draw(st.sampled_from(["replace", "replace", "replace", "remove", "rename", "double"]))
        if how == "replace" or len(way) == 0:
            holder[last] = draw(JSON_VALUES)
        elif isinstance(holder, dict):
            value = holder.pop(last)
            if how != "remove":
                holder[f"{last}_"] = [value] if how == "double" else value
        else:
            holder.pop(last) if how == "remove" else holder.append(holder[last])
    text = json.dumps(document["document"])
    return text.encode("utf-8", errors="surrogatepass")


def check(key: str, content: bytes) -> None:
    """Every result can be stored, and the two questions are answered as well."""
    adapter = ADAPTERS[key]
    results = list(adapter.parse(content, fetched_on=FETCHED_ON, where="x"))
    for result in results:
        assert isinstance(result, DirectoryEntry | Rejected)
        stored = json.dumps(result.payload, ensure_ascii=False, allow_nan=False)
        assert "\\u0000" not in stored.encode().decode()
        if isinstance(result, DirectoryEntry):
            check_entry(result)
        else:
            assert result.reason
    assert adapter.is_cut(content) in (True, False)
    if adapter.shape_problem(content):
        assert len(results) == 1


def check_entry(entry: DirectoryEntry) -> None:
    assert 0 < len(entry.last_name) <= 80
    assert len(entry.plz) in (0, 5)
    assert not entry.phone or entry.phone.startswith("+")
    assert set(entry.languages) <= set(Language.values)
    assert all(0 <= start < end <= 1440 for _day, start, end in entry.phone_hours)
    assert list(entry.phone_hours) == sorted(entry.phone_hours)
    assert all(entry.doubts)


@pytest.mark.parametrize("key", sorted(EXAMPLES))
@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_mutated_examples_never_raise(key: str, data: st.DataObject) -> None:
    check(key, data.draw(mutated(key)))


@pytest.mark.parametrize("key", sorted(ADAPTERS))
@given(st.binary(max_size=80) | JSON_VALUES.map(lambda value: json.dumps(value).encode("utf-8", "replace")))
@settings(max_examples=200, deadline=None)
def test_any_bytes_never_raise(key: str, content: bytes) -> None:
    check(key, content)


@given(
    name=st.sampled_from(PRINTED) | st.text(max_size=20),
    rows=st.lists(
        st.tuples(st.text(max_size=8), st.sampled_from(PRINTED) | st.text(max_size=12)), max_size=3
    ),
    cuts=st.lists(st.integers(0, 1500), max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_broken_pages_never_raise(name: str, rows: list[tuple[str, str]], cuts: list[int]) -> None:
    page = practice(name, hours(*rows))
    for cut in cuts:
        page = page[:cut] + page[cut + 9 :]
    check("saved_page", page.encode("utf-8", "replace"))


@given(
    st.lists(st.lists(st.sampled_from(PRINTED) | st.text(max_size=12), min_size=3, max_size=3), max_size=3),
    st.sampled_from(";,\t"),
)
@settings(max_examples=200, deadline=None)
def test_any_table_never_raises(rows: list[list[str]], separator: str) -> None:
    lines = [["Name", "Telefonzeiten", "Telefon"], *rows]
    check("chamber_csv", "\n".join(separator.join(line) for line in lines).encode("utf-8", "replace"))


@given(st.sampled_from(PRINTED) | st.text(max_size=25), st.text(max_size=12))
@settings(max_examples=400, deadline=None)
def test_normalisers_never_raise(text: str, other: str) -> None:
    for mixed in (text, text + other, other + text):
        values = (read_phone(mixed)[0], read_email(mixed)[0], read_website(mixed)[0], read_plz(mixed)[0])
        assert all(isinstance(value, str) for value in values)
        assert all(0 <= start < end <= 1440 for start, end in read_ranges(mixed)[0])
        assert all(0 <= day <= 6 for day, _start, _end in read_week(mixed)[0])
        weekday_of(mixed, other, fetched_on=FETCHED_ON)
        for reading in (read_name(mixed), read_parts(first_name=other, last_name=text, title=other)):
            assert reading.is_person or reading.doubts

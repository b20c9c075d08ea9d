"""Saved pages of the register: names, addresses, and a table that prints every range twice."""

from datetime import date

import pytest

from apps.scraping.adapters import ADAPTERS
from apps.scraping.records import DirectoryEntry, Rejected

FETCHED_ON = date(2026, 11, 22)


def hours(*rows: tuple[str, str]) -> str:
    lines = "".join(
        f"<tr><td>{day}</td><td>14:00 - 15:00</td>"
        f"<td><span aria-hidden='true'>{slot}</span><span class='sr-only'>{slot}</span></td></tr>"
        for day, slot in rows
    )
    return (
        "<table><thead><tr><th>Tag</th><th>Sprechzeiten</th><th>Telefonische Erreichbarkeit</th></tr></thead>"
        f"<tbody>{lines}</tbody></table>"
    )


def practice(name: str = "Frau Dr. phil. Mira Beispielhuber", table: str = "", groups: str = "") -> str:
    return f"""
    <div class="card praxis-list-element">
      <h1 class="praxisname"><span class="link-like">{name}</span></h1>
      {groups or '<div class="arztgruppe">Psychologische Psychotherapeutin</div>'}
      <div aria-description="Adresse der Praxis"><div>Musterweg 4a</div><div>04103 Leipzig</div></div>
      <a href="tel:0341/1234567">0341/1234567</a> <a id="web_praxis0" href="http://praxis.example">Web</a>
      {table}
    </div>"""


def parse(*blocks: str) -> list[DirectoryEntry | Rejected]:
    page = f"<html><head><meta charset='utf-8'></head><body>{''.join(blocks)}</body></html>"
    return list(ADAPTERS["saved_page"].parse(page.encode(), fetched_on=FETCHED_ON))


def one(*blocks: str) -> DirectoryEntry:
    [entry] = parse(*blocks)
    assert isinstance(entry, DirectoryEntry)
    return entry


def test_page_of_one_practice() -> None:
    entry = one(practice(table=hours(("Mo., 23.11.", "12:00 - 12:50"), ("Di., 24.11.", "9:00 - 9:25"))))
    assert (entry.salutation, entry.title, entry.first_name, entry.last_name) == (
        "ms",
        "Dr. phil.",
        "Mira",
        "Beispielhuber",
    )
    assert (entry.street, entry.plz, entry.city) == ("Musterweg 4a", "04103", "Leipzig")
    assert (entry.phone, entry.website, entry.seat) == ("+493411234567", "http://praxis.example", "full")
    assert entry.further_qualifications == "Psychologische Psychotherapeutin"
    assert (entry.phone_hours, entry.doubts) == (((0, 720, 770), (1, 540, 565)), ())


def test_page_of_several_practices_keeps_their_order() -> None:
    results = parse(practice("Mira Beispielhuber"), practice("MVZ am Park"), practice("Jonas Probe"))
    assert [one.last_name if isinstance(one, DirectoryEntry) else one.reason for one in results] == [
        "Beispielhuber",
        "“MVZ am Park” is the name of a practice, not of a person.",
        "Probe",
    ]


@pytest.mark.parametrize(
    ("rows", "found", "doubts"),
    [
        ([("Mo., 23.11.", "12:00 - 12:50"), ("Mo., 30.11.", "12:00 - 12:50")], ((0, 720, 770),), 0),
        ([("Montag", "12:00 - 12:50 14:00 - 14:50")], ((0, 720, 770), (0, 840, 890)), 0),
        ([("04.01.", "12:00 - 12:50")], ((0, 720, 770),), 0),
        ([("Mo., 24.11.", "12:00 - 12:50")], ((0, 720, 770),), 1),
        ([("Mo., 23.11.", "nach Vereinbarung")], (), 1),
        ([("Feiertag", "12:00 - 12:50")], (), 1),
        ([("Mo., 23.11.", "")], (), 0),
    ],
)
def test_telephone_column(
    rows: list[tuple[str, str]], found: tuple[tuple[int, int, int], ...], doubts: int
) -> None:
    entry = one(practice(table=hours(*rows)))
    assert (entry.phone_hours, len(entry.doubts)) == (found, doubts)


def test_cell_over_several_rows() -> None:
    table = (
        "<table><tr><th>Tag</th><th>Telefonische Erreichbarkeit</th></tr>"
        "<tr><td rowspan='2'>Mo.</td><td>9:00 - 9:30</td></tr><tr><td>12:00 - 12:30</td></tr>"
        "<tr><td>Di.</td><td>8:00 - 8:30</td></tr></table>"
    )
    assert one(practice(table=table)).phone_hours == ((0, 540, 570), (0, 720, 750), (1, 480, 510))


def test_table_without_telephone_column_says_nothing() -> None:
    table = "<table><tr><th>Tag</th><th>Sprechzeiten</th></tr><tr><td>Mo.</td><td>9-10</td></tr></table>"
    entry = one(practice(table=table))
    assert (entry.phone_hours, entry.doubts) == ((), ())


def test_approvals_among_the_groups() -> None:
    shown = ("Ärztin", "Verhaltenstherapie, Erwachsene, Einzel")
    groups = "".join(f'<div class="arztgruppe">{group}</div>' for group in shown)
    entry = one(practice(groups=groups))
    assert (entry.approvals, entry.further_qualifications) == ((("VT", "adults", "individual"),), "Ärztin")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "The file is empty."),
        (b"text", "This is no web page."),
        (
            b"<html><body><p>Keine Treffer</p></body></html>",
            "The page has another form: there is no practice on it (“div.praxis-list-element”).",
        ),
        ("<div class='praxis-list-element'></div>".encode("utf-16"), ""),
    ],
)
def test_unknown_page(content: bytes, problem: str) -> None:
    assert ADAPTERS["saved_page"].shape_problem(content) == problem


def test_practice_without_a_name_is_rejected() -> None:
    [rejected] = parse("<div class='praxis-list-element'></div>")
    assert isinstance(rejected, Rejected)
    assert (rejected.where, rejected.reason) == ("entry 1", "There is no name: “”.")

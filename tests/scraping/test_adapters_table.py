"""Tables of chambers: any headings, filed by a mapping that the source keeps."""

from datetime import date

import pytest

from apps.scraping.adapters import ADAPTERS, headings_of, suggest_mapping
from apps.scraping.records import DirectoryEntry, Rejected

FETCHED_ON = date(2026, 11, 22)
TABLE = (
    "Mitglied;Wo;Postleitzahl;Vorwahl;Rufnummer;Verfahren;Fremdsprachen;Erreichbarkeit\n"
    '"Beispielhuber, Dr. Mira";Leipzig;04103;0341;1234567;VT Erwachsene Einzel;Türkisch;Mo 12-12.50 Uhr\n'
    "Praxis am Park;Leipzig;04103;;;;;\n"
)
HEADINGS = TABLE.splitlines()[0].replace(";", ", ")
MAPPING = {
    "last_name": "Mitglied",
    "city": "Wo",
    "plz": "Postleitzahl",
    "phone_prefix": "Vorwahl",
    "phone": "Rufnummer",
    "approvals": "Verfahren",
    "foreign_languages": "Fremdsprachen",
    "phone_hours": "Erreichbarkeit",
}


def parse(text: str | bytes, mapping: dict[str, str] | None = None) -> list[DirectoryEntry | Rejected]:
    content = text.encode() if isinstance(text, str) else text
    adapter = ADAPTERS["chamber_csv"]
    return list(adapter.parse(content, fetched_on=FETCHED_ON, mapping=mapping, where="liste.csv"))


def test_table_with_a_mapping() -> None:
    entry, rejected = parse(TABLE, MAPPING)
    assert isinstance(entry, DirectoryEntry)
    assert (entry.title, entry.first_name, entry.last_name) == ("Dr.", "Mira", "Beispielhuber")
    assert (entry.plz, entry.city, entry.phone) == ("04103", "Leipzig", "+493411234567")
    assert (entry.approvals, entry.languages) == ((("VT", "adults", "individual"),), ("de", "tr"))
    assert (entry.phone_hours, entry.seat, entry.doubts) == (((0, 720, 770),), "", ())
    assert entry.payload["Mitglied"] == "Beispielhuber, Dr. Mira"
    assert isinstance(rejected, Rejected)
    assert (rejected.where, rejected.reason) == (
        "liste.csv, line 3",
        "“Praxis am Park” is the name of a practice, not of a person.",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_separators_and_encodings(encoding: str, separator: str) -> None:
    lines = [
        ["Vorname", "Nachname", "Straße", "PLZ", "Ort"],
        ["Jörg", "Weiß", "Parkring 1", "04103", "Leipzig"],
    ]
    text = "\n".join(separator.join(line) for line in lines)
    [entry] = parse(text.encode(encoding))
    assert isinstance(entry, DirectoryEntry)
    assert (entry.first_name, entry.last_name, entry.street) == ("Jörg", "Weiß", "Parkring 1")


def test_mapping_is_suggested_from_the_headings() -> None:
    header = ("Lfd.", "Name", "Vorname", "Straße/Nr.", "PLZ", "Ort", "Tel.", "E-Mail", "Homepage", "Name")
    assert suggest_mapping(header) == {
        "last_name": "Name",
        "first_name": "Vorname",
        "street": "Straße/Nr.",
        "plz": "PLZ",
        "city": "Ort",
        "phone": "Tel.",
        "email": "E-Mail",
        "website": "Homepage",
    }
    assert headings_of(TABLE.encode())[:3] == ("Mitglied", "Wo", "Postleitzahl")


@pytest.mark.parametrize(
    ("mapping", "problem"),
    [
        (
            {"last_name": "Name"},
            f"The headings have changed, these are missing: Name. The file has: {HEADINGS}.",
        ),
        ({"surname": "Mitglied"}, "The mapping names unknown fields: surname."),
        (
            {},
            f"No heading is filed as the name. The file has: {HEADINGS}.",
        ),
        (MAPPING, ""),
        ({"last_name": "MITGLIED"}, ""),
    ],
)
def test_mapping_that_does_not_fit_is_told(mapping: dict[str, str], problem: str) -> None:
    assert ADAPTERS["chamber_csv"].shape_problem(TABLE.encode(), mapping=mapping) == problem


def test_row_that_cannot_be_cut_is_rejected_by_itself() -> None:
    bad, good = parse("Name;PLZ;Ort\nHuber, Anna;04103\nProbe, Jonas;04103;Leipzig\n")
    assert isinstance(bad, Rejected)
    assert bad.reason == "The row has 2 cells, the header 3."
    assert isinstance(good, DirectoryEntry)

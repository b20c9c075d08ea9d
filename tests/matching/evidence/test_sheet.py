"""The CSV: the same lines, marked like the document, harmless in a spreadsheet."""

import csv
from datetime import datetime
from io import StringIO

import pytest

from apps.accounts.models import User
from apps.core.csv_export import write_csv
from apps.matching.evidence import sheet
from apps.matching.evidence.content import document
from apps.matching.models import PlacementSearch, RefusalEvidence
from apps.matching.services import evidence as services
from tests.factories.therapists import TherapistFactory
from tests.matching.evidence.histories import declined, emailed, moment, requested

pytestmark = pytest.mark.django_db


def read(evidence: RefusalEvidence, at: datetime) -> list[dict[str, str]]:
    file = StringIO()
    write_csv(file, sheet.lines(document(evidence=evidence, at=at)))
    text = file.getvalue()
    assert text[0] == "\ufeff"
    return list(csv.DictReader(StringIO(text[1:]), delimiter=";"))


def test_line_holds_what_the_pdf_says(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9, distance_km=2.44)
    (row,) = read(draft, at)
    shown = document(evidence=draft, at=at)
    told = {name: row[name] for name in ("Datum", "Uhrzeit", "Weg", "Ergebnis", "Entfernung (km)", "Gezählt")}
    assert told == {
        "Datum": "09.11.2026",
        "Uhrzeit": "10:00",
        "Weg": "E-Mail",
        "Ergebnis": "abgelehnt: kein freier Platz",
        "Entfernung (km)": "2,4",
        "Gezählt": "ja",
    }
    assert (row["Stand"], row["Prüfsumme"]) == ("ENTWURF, 23.11.2026, 09:00 Uhr", shown.fingerprint)


def test_signed_sheet_is_no_draft(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    declined(search, by=coordinator, day=9)
    seen = document(evidence=draft, at=at).fingerprint
    evidence = services.sign(evidence=draft, seen=seen, actor=coordinator, at=at)
    assert [row["Stand"] for row in read(evidence, at)] == ["freigegeben 23.11.2026, 09:00 Uhr"]


def test_formulas_are_escaped(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    therapist = TherapistFactory(practice__name='=HYPERLINK("http://example.org")')
    declined(search, by=coordinator, day=9, therapist=therapist)
    assert [row["Praxis"] for row in read(draft, at)] == ['\'=HYPERLINK("http://example.org")']


def test_unproven_lines_come_last_and_say_why(
    draft: RefusalEvidence, search: PlacementSearch, coordinator: User, at: datetime
) -> None:
    emailed(requested(search, by=coordinator, at=moment(3)), by=coordinator, at=moment(3), status="unclear")
    declined(search, by=coordinator, day=9)
    told = [(row["Nachweisbar"], row["Gezählt"], row["Anmerkung"]) for row in read(draft, at)]
    assert told == [("ja", "ja", ""), ("nein", "nein", "Zustellung der E-Mail ungeklärt")]

"""The attempts as a table for `core.csv_export`, which escapes formulas and writes the byte order mark."""

from collections.abc import Iterator
from typing import Any

from apps.matching.evidence.content import Document

COLUMNS = {
    "number": "Nr.",
    "day": "Datum",
    "time": "Uhrzeit",
    "channel": "Weg",
    "therapist": "Therapeut:in",
    "practice": "Praxis",
    "street": "Straße",
    "plz": "PLZ",
    "city": "Ort",
    "seat": "Kassensitz",
    "methods": "Verfahren",
    "age_groups": "Altersgruppe",
    "outcome": "Ergebnis",
    "wait_weeks": "Wartezeit (Wochen)",
    "distance_km": "Entfernung (km)",
    "who": "Angefragt durch",
    "proof": "Nachweis des Kontakts",
    "answer_proof": "Nachweis der Antwort",
}
MORE = ["Nachweisbar", "Gezählt", "Anmerkung", "Stand", "Prüfsumme"]


def lines(document: Document) -> Iterator[list[Any]]:
    """Heading, proven lines, then those that cannot be proven."""
    yield [*COLUMNS.values(), *MORE]
    for line in document.content["lines"]:
        yield _cells(line, document, is_proven=True)
    for line in document.content["gaps"]:
        yield _cells(line, document, is_proven=False)


def _cells(line: dict[str, Any], document: Document, *, is_proven: bool) -> list[Any]:
    stand = f"{document.mark}, {document.as_of}" if document.mark else f"freigegeben {document.as_of}"
    return [
        *(line[name] for name in COLUMNS),
        "ja" if is_proven else "nein",
        "ja" if line["is_counted"] else "nein",
        line["remark"],
        stand,
        document.fingerprint,
    ]

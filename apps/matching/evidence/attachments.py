"""What belongs with the application, held against what the insurer wants and what is recorded."""

from typing import Any

from apps.matching.evidence import wording
from apps.matching.models import EvidenceRule, RefusalEvidence

THERE, MISSING, BY_HAND = "there", "missing", "by_hand"


def checklist(*, evidence: RefusalEvidence, rule: EvidenceRule, is_reached: bool) -> list[dict[str, str]]:
    """Each: `label`, `detail` and `state` (there, missing, or by_hand: the system knows nothing of it)."""
    patient = evidence.patient
    return [
        _entry("Anzahl erfolgloser Anfragen", is_reached, f"mindestens {rule.least_attempts}"),
        _dated("Psychotherapeutische Sprechstunde", patient.sprechstunde_on),
        *(
            [_dated("PTV 11 (Individuelle Patienteninformation)", patient.ptv11_on)]
            if rule.needs_ptv11
            else []
        ),
        *([_tss(evidence)] if rule.needs_tss else []),
        _entry(
            "Anfrage bei der Kasse mit Antwort",
            bool(evidence.insurer_asked_on and evidence.insurer_answer),
            wording.day(evidence.insurer_asked_on),
        ),
        *([_entry("KVNR", bool(patient.kvnr), "")] if rule.shows_kvnr else []),
        _by_hand("Dringlichkeitsbescheinigung, falls vorhanden"),
        _by_hand(
            "Bestätigung einer approbierten Privatpraxis über einen freien Platz im Richtlinienverfahren"
        ),
        _by_hand("Antrag auf Kostenerstattung, vor Beginn der Behandlung gestellt"),
    ]


def _tss(evidence: RefusalEvidence) -> dict[str, str]:
    is_there = bool(evidence.tss_contacted_on and evidence.tss_result)
    return _entry("Ergebnis der Terminservicestelle", is_there, wording.day(evidence.tss_contacted_on))


def _dated(label: str, on: Any) -> dict[str, str]:
    return _entry(label, on is not None, wording.day(on))


def _entry(label: str, is_there: bool, detail: str) -> dict[str, str]:
    return {"label": label, "state": THERE if is_there else MISSING, "detail": detail}


def _by_hand(label: str) -> dict[str, str]:
    return {"label": label, "state": BY_HAND, "detail": ""}

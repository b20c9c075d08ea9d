"""A patient as text for somebody who has not said yes. Pseudonymous by construction.

`case_facts` is the only place that turns a patient into text for a first contact; it takes nothing that
identifies: no name, address, date of birth, KVNR, Vermittlungscode, no diagnosis code.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import translation

from apps.core.enums import Language, WishedGender
from apps.core.weekly import Weekday, format_ranges
from apps.matching.models import PlacementRequest
from apps.patients.enums import GroupWish, InsuranceKind
from apps.patients.models import Patient, Symptom
from apps.patients.selectors import age_on
from apps.therapists.models import Therapist

INSURANCES: dict[str, str] = {
    InsuranceKind.STATUTORY: "gesetzlich",
    InsuranceKind.PRIVATE: "privat",
    InsuranceKind.CIVIL_SERVANT: "Beihilfe und privat",
    InsuranceKind.SELF_PAYER: "Selbstzahlung",
}


@dataclass(frozen=True)
class CaseFacts:
    """One request as a therapist may know it before saying yes."""

    case_code: str
    lines: list[tuple[str, str]]


def case_facts(*, request: PlacementRequest, today: date) -> CaseFacts:
    patient = request.search.patient
    with translation.override("de"):
        lines = [
            ("Alter", _age(patient, today)),
            ("Geschlecht", _gender(patient, request.therapist)),
            ("Wohngegend", f"PLZ-Region {patient.plz[:2]}" if patient.plz else ""),
            ("Anliegen", _symptoms(patient)),
            ("Versicherung", _insurance(request)),
            ("Verfahren", ", ".join(patient.wished_methods) or "offen"),
            ("Setting", _setting(patient)),
            ("Sprachen", _languages(patient)),
            ("Zeiten", _hours(patient)),
            ("Vorbehandlung", _previous_therapy(patient)),
        ]
    return CaseFacts(case_code=patient.case_code, lines=[(label, text) for label, text in lines if text])


def case_values(*, request: PlacementRequest, today: date) -> dict[str, Any]:
    """The same for the text of a letter."""
    facts = case_facts(request=request, today=today)
    return {"code": facts.case_code, "lines": facts.lines}


def weekly_hours(rows: Any) -> list[str]:
    """["Mo 08:00–13:00", …] of rows of weekly hours."""
    by_day: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        by_day.setdefault(row.weekday, []).append((row.start_minute, row.end_minute))
    return [
        f"{str(Weekday(day).label)[:2]} {format_ranges(sorted(ranges))}"
        for day, ranges in sorted(by_day.items())
    ]


def _age(patient: Patient, today: date) -> str:
    return f"{age_on(patient.birth_date, today)} Jahre" if patient.birth_date else ""


def _gender(patient: Patient, therapist: Therapist) -> str:
    """Only where it matters: the therapist has a wish about it."""
    return patient.get_gender_display() if therapist.wished_gender != WishedGender.ANY else ""


def _symptoms(patient: Patient) -> str:
    names = Symptom.objects.filter(code__in=patient.symptoms).values_list("name_de", flat=True)
    return ", ".join(sorted(names))


def _insurance(request: PlacementRequest) -> str:
    text = INSURANCES.get(request.search.patient.insurance_kind, "")
    return f"{text} (Kostenerstattung § 13 Abs. 3 SGB V)" if request.search.is_kostenerstattung else text


def _setting(patient: Patient) -> str:
    return {
        GroupWish.NO: "Einzeltherapie",
        GroupWish.ALSO: "Einzel- oder Gruppentherapie",
        GroupWish.ONLY: "Gruppentherapie",
    }[GroupWish(patient.group_wish)]


def _languages(patient: Patient) -> str:
    others = [language for language in patient.languages if language != Language.DE]
    return ", ".join(str(Language(language).label) for language in patient.languages) if others else ""


def _hours(patient: Patient) -> str:
    return "; ".join(weekly_hours(patient.availability.all()))


def _previous_therapy(patient: Patient) -> str:
    if patient.has_previous_therapy is None:
        return ""
    if not patient.has_previous_therapy:
        return "keine Richtlinientherapie"
    last = patient.previous_therapy_last_session_on
    return f"ja, letzte Sitzung {last:%m/%Y}" if last else "ja"

"""What a patient looks for, as pairs of label and value for staff; nothing in it names the person."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.core.enums import Language, Method
from apps.core.parameters import Parameters
from apps.core.templatetags.ui import labels
from apps.core.weekly import total_minutes
from apps.matching.engine.travel import MINUTES_PER_KM, OVERHEAD_MINUTES, TRAVEL_MODES
from apps.matching.models import PlacementRequest, PlacementSearch
from apps.matching.phrases import SCORE_PARTS
from apps.patients.models import Patient
from apps.patients.selectors import age_on, is_within_two_years, symptom_names, weekly_intervals

Fact = tuple[Any, Any]


def wishes(*, search: PlacementSearch, today: date, parameters: Parameters) -> list[Fact]:
    """Case facts and wishes that decide about candidates."""
    patient = search.patient
    return [
        (_("Age"), _age(patient, today)),
        (_("Insurance"), _insurance(search)),
        (_("Diagnosis"), patient.diagnosis),
        (_("Symptoms"), ", ".join(symptom_names(codes=patient.symptoms or []))),
        (_("Method"), labels(patient.wished_methods, Method) or _("any")),
        (_("Group therapy"), patient.get_group_wish_display()),
        (_("Gender of the therapist"), patient.get_wished_gender_display()),
        (_("Languages"), labels(patient.languages, Language) or str(Language.DE.label)),
        (_("Way"), _way(patient, parameters)),
        (_("Weekly availability"), _hours(patient)),
        (_("Previous therapy"), _previous(patient, today, parameters)),
    ]


def score_parts(request: PlacementRequest) -> dict[str, float]:
    """Stored parts of a score in the order in which they are always shown (jsonb has an order of its own)."""
    return {code: request.score_parts[code] for code in SCORE_PARTS if code in request.score_parts}


def limit_km(*, patient: Patient, parameters: Parameters) -> float:
    """How far the patient would go as the crow flies, the tighter of both limits."""
    limits = [float(patient.max_distance_km)] if patient.max_distance_km else []
    if patient.max_travel_minutes:
        mode = TRAVEL_MODES.index(patient.travel_mode)
        minutes = max(0.0, patient.max_travel_minutes - float(OVERHEAD_MINUTES[mode]))
        limits.append(minutes / float(MINUTES_PER_KM[mode]))
    return min(limits, default=float(parameters.default_max_distance_km))


def _age(patient: Patient, today: date) -> str:
    age = age_on(patient.birth_date, today)
    return "" if age is None else ngettext("%(age)s year", "%(age)s years", age) % {"age": age}


def _insurance(search: PlacementSearch) -> str:
    kind = search.patient.get_insurance_kind_display()
    return f"{kind} · {_('Kostenerstattung')}" if search.is_kostenerstattung else kind


def _way(patient: Patient, parameters: Parameters) -> str:
    limits = [
        f"{patient.max_distance_km} km" if patient.max_distance_km else "",
        _("%(minutes)s minutes") % {"minutes": patient.max_travel_minutes}
        if patient.max_travel_minutes
        else "",
    ]
    given = [limit for limit in limits if limit] or [f"{parameters.default_max_distance_km} km"]
    return f"{patient.get_travel_mode_display()}, {' / '.join(given)}"


def _hours(patient: Patient) -> str:
    intervals = weekly_intervals(patient=patient)
    if intervals is None:
        return ""
    return _("%(hours)s hours a week") % {"hours": total_minutes(intervals) // 60}


def _previous(patient: Patient, today: date, parameters: Parameters) -> str:
    if patient.has_previous_therapy is None:
        return ""
    if not patient.has_previous_therapy:
        return _("no")
    if is_within_two_years(patient, today, parameters.two_year_window_months):
        return _("yes, within the two-year window: the insurer asks a reviewer")
    return _("yes")

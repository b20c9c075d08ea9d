"""One patient's part of the story: changes of status, consents given and withdrawn."""

from typing import Any

from django.utils.translation import gettext as _

from apps.core.templatetags.ui import tone
from apps.core.timeline import PATIENT, Entry, start_of, tells_of
from apps.patients.enums import PatientStatus
from apps.patients.models import Consent, PatientHistory


@tells_of(PATIENT)
def of_patient(pk: int) -> list[Entry]:
    rows = PatientHistory.objects.filter(subject=pk).select_related("actor").order_by("-at", "-id")
    consents = Consent.objects.filter(patient=pk).order_by("-given_on", "purpose", "-pk")
    return [*(_status(row) for row in rows), *(entry for row in consents for entry in _consent(row))]


def _status(row: PatientHistory) -> Entry:
    names = dict(PatientStatus.choices)
    before, after = names.get(row.old, ""), names.get(row.new, row.new)
    return {
        "at": row.at,
        "actor": row.actor.display_name if row.actor else "",
        "icon": "person",
        "text": f"{before} → {after}" if before else after,
        "reason": row.reason,
        "tone": tone(row.new),
    }


def _consent(row: Consent) -> list[Entry]:
    """Consents are days of the patient's, not moments of ours."""
    purpose = {"purpose": row.get_purpose_display()}
    days = [(row.withdrawn_on, _("Consent withdrawn: %(purpose)s"), "x", "warning", "")]
    days += [(row.given_on, _("Consent given: %(purpose)s"), "check", "success", row.proof)]
    return [
        {
            **_ON_A_DAY,
            "at": start_of(day),
            "text": text % purpose,
            "icon": icon,
            "tone": colour,
            "reason": why,
        }
        for day, text, icon, colour, why in days
        if day is not None
    ]


_ON_A_DAY: dict[str, Any] = {"is_day": True, "is_from_outside": True}

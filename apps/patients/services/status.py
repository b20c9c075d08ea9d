"""The status of a patient: the way from open through search and therapy, and corrections of mis-clicks.

The matching app calls these together with the changes of its search; the pages here only end a therapy.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from apps.core.errors import Refused
from apps.core.locks import in_order
from apps.core.transitions import lock, move
from apps.patients import selectors
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient

S = PatientStatus
ENDS = (S.SEARCH_CANCELLED, S.THERAPY_COMPLETED, S.THERAPY_DISCONTINUED)


def begin_search(*, patient: Patient, actor: Any, at: datetime, today: date, reason: str = "") -> Patient:
    """To searching. Raises Refused naming every missing prerequisite; the start date is set once."""
    with transaction.atomic():
        fresh = lock(patient)
        _refuse_incomplete(fresh, today)
        fields = {} if fresh.started_on else {"started_on": today}
        return move(patient, to=S.SEARCHING, actor=actor, at=at, reason=reason, fields=fields)


def cancel_search(*, patient: Patient, actor: Any, at: datetime, reason: str = "") -> Patient:
    return move(patient, to=S.SEARCH_CANCELLED, actor=actor, at=at, reason=reason)


def enter_therapy(*, patient: Patient, actor: Any, at: datetime, today: date, reason: str = "") -> Patient:
    """The place is confirmed. Where no first place was noted, it is this one."""
    with transaction.atomic():
        note_first_place(patient=patient, on=today)
        fields = {"place_confirmed_on": today}
        return move(patient, to=S.IN_THERAPY, actor=actor, at=at, reason=reason, fields=fields)


def complete_therapy(*, patient: Patient, actor: Any, at: datetime, reason: str = "") -> Patient:
    return move(patient, to=S.THERAPY_COMPLETED, actor=actor, at=at, reason=reason)


def discontinue_therapy(*, patient: Patient, actor: Any, at: datetime, reason: str = "") -> Patient:
    return move(patient, to=S.THERAPY_DISCONTINUED, actor=actor, at=at, reason=reason)


def undo(*, patient: Patient, to: PatientStatus, actor: Any, at: datetime, reason: str = "") -> Patient:
    """Correct a mis-click, with trace: back to `to`, as the UNDO table allows; its dates go with it.

    Raises StaleState where the table has no such way, Refused for "open" where this was not the first search.
    """
    with transaction.atomic():
        fresh = lock(patient)
        if to == S.OPEN and _has_ended_before(fresh):
            raise Refused(_("This is not the first search of the patient. Please cancel the search instead."))
        fields = _dates_to_clear(fresh.status, to)
        return move(patient, to=to, actor=actor, at=at, reason=reason, fields=fields, undo=True)


def note_first_place(*, patient: Patient, on: date) -> None:
    """The day of the first place; later ones do not change it."""
    Patient.objects.filter(pk=patient.pk, first_place_on__isnull=True).update(first_place_on=on)


def note_contact(*, patient: Patient, at: datetime) -> None:
    note_contacts(patient_ids=[patient.pk], at=at)


def note_contacts(*, patient_ids: Collection[int], at: datetime) -> None:
    """The newest contact with patients; an older one noted late changes nothing."""
    is_older = Q(last_contact_at__isnull=True) | Q(last_contact_at__lt=at)
    rows = Patient.objects.filter(is_older, pk__in=patient_ids)
    rows.filter(pk__in=in_order(rows)).update(last_contact_at=at)


def _refuse_incomplete(patient: Patient, today: date) -> None:
    labels = [
        str(missing.label)
        for missing in selectors.missing_prerequisites(patient=patient, today=today)
        if missing.is_blocking
    ]
    if labels:
        raise Refused(
            _("The search cannot begin yet. Still missing: %(labels)s.") % {"labels": ", ".join(labels)}
        )


def _has_ended_before(patient: Patient) -> bool:
    return patient.history.filter(Q(old__in=ENDS) | Q(new__in=ENDS)).exists()


def _dates_to_clear(present: str, to: str) -> dict[str, None]:
    if to == S.OPEN:
        return {"started_on": None}
    return {"place_confirmed_on": None} if present == S.IN_THERAPY else {}

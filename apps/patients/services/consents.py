"""Consents: given and withdrawn, never rewritten."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock
from apps.events.services import publish
from apps.patients.enums import Purpose
from apps.patients.models import Consent, Patient


def give(*, patient: Patient, purpose: Purpose, on: date, proof: str, at: datetime) -> Consent:
    """Record a consent. Raises ValidationError (day, proof), Refused where one is in force already."""
    _refuse_future(on, at, field="given_on")
    if not proof.strip():
        raise ValidationError(
            {"proof": _("Please say where the consent can be found, e.g. “contract, page 3”.")}
        )
    with transaction.atomic():
        lock(patient)
        if _in_force(patient, purpose):
            raise Refused(_("This consent is in force already. To renew it, withdraw the old one first."))
        consent = Consent(patient=patient, purpose=purpose, given_on=on, proof=proof.strip())
        consent.full_clean()
        consent.save()
        publish(type="patient.consent_given", subject_id=patient.pk, at=at, payload={"to": str(purpose)})
    return consent


def withdraw(*, patient: Patient, purpose: Purpose, on: date, at: datetime) -> Consent:
    """End the consent in force; from that day on it counts no more. Raises StaleState where none is."""
    _refuse_future(on, at, field="withdrawn_on")
    with transaction.atomic():
        lock(patient)
        consent = _in_force(patient, purpose)
        if consent is None:
            raise StaleState(_("This consent is not in force (any more). Please look again."))
        if on < consent.given_on:
            raise ValidationError({"withdrawn_on": _("The consent was given later than this day.")})
        consent.withdrawn_on = on
        consent.save(update_fields=["withdrawn_on"])
        publish(
            type="patient.consent_withdrawn", subject_id=patient.pk, at=at, payload={"from": str(purpose)}
        )
    return consent


def _in_force(patient: Patient, purpose: Purpose) -> Consent | None:
    return Consent.objects.filter(patient_id=patient.pk, purpose=purpose, withdrawn_on__isnull=True).first()


def _refuse_future(on: date, at: datetime, *, field: str) -> None:
    if on > timezone.localdate(at):
        raise ValidationError({field: _("This day lies in the future. Please check the year.")})

"""Consents: given and withdrawn, never rewritten."""

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.errors import Refused, StaleState
from apps.core.saving import check_fields
from apps.core.transitions import lock
from apps.events.services import publish
from apps.patients.enums import Purpose
from apps.patients.models import Consent, Patient


def give(*, patient: Patient, purpose: Purpose, on: date, proof: str, at: datetime) -> Consent:
    """Record a consent. Raises ValidationError (day, proof), Refused where one is in force already."""
    return give_several(patient=patient, days={purpose: on}, proof=proof, at=at)[0]


def give_several(
    *, patient: Patient, days: Mapping[Purpose, date], proof: str, at: datetime
) -> list[Consent]:
    """Record the consents of one document, each with its day. Raises what `give` raises."""
    if not days:
        return []
    for on in days.values():
        _refuse_future(on, at, field="given_on")
    if not proof.strip():
        raise ValidationError(
            {"proof": _("Please say where the consent can be found, e.g. “contract, page 3”.")}
        )
    with transaction.atomic():
        lock(patient)
        if _in_force(patient, *days):
            raise Refused(_("This consent is in force already. To renew it, withdraw the old one first."))
        rows = [_checked(patient, purpose, on, proof) for purpose, on in days.items()]
        Consent.objects.bulk_create(rows)
        for purpose in days:
            publish(type="patient.consent_given", subject_id=patient.pk, at=at, payload={"to": str(purpose)})
    return rows


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


def _in_force(patient: Patient, *purposes: Purpose) -> Consent | None:
    rows = Consent.objects.filter(patient_id=patient.pk, purpose__in=purposes, withdrawn_on__isnull=True)
    return rows.first()


def _checked(patient: Patient, purpose: Purpose, on: date, proof: str) -> Consent:
    row = Consent(patient=patient, purpose=purpose, given_on=on, proof=proof.strip())
    check_fields(row, exclude=["patient"])
    return row


def _refuse_future(on: date, at: datetime, *, field: str) -> None:
    if on > timezone.localdate(at):
        raise ValidationError({field: _("This day lies in the future. Please check the year.")})

"""Consents of a patient: given and withdrawn, never rewritten."""

from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from ninja import Schema, Status
from pydantic import ConfigDict, Field

from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import Day, In, RowId
from apps.gateway.routing import Endpoints
from apps.patients import selectors
from apps.patients.api.common import held, plain
from apps.patients.api.words import Proof, PurposeWord
from apps.patients.enums import Purpose
from apps.patients.models import Consent
from apps.patients.services import consents

endpoints = Endpoints(tags=["patients"])


class PatientConsentIn(In):
    model_config = ConfigDict(str_strip_whitespace=True)

    purpose: PurposeWord
    given_on: Day
    proof: Proof = Field(description="Where it can be found")


class WithdrawalIn(In):
    withdrawn_on: Day = Field(description="From this day on the consent counts no more")


class ConsentOut(Schema):
    id: int
    purpose: PurposeWord
    given_on: date
    withdrawn_on: date | None
    proof: str
    is_in_force: bool = Field(description="Today")


class ConsentsOut(Schema):
    items: list[ConsentOut]


@endpoints.get(
    "/{patient_id}/consents",
    scope=Scope.PATIENTS_READ,
    answer=ConsentsOut,
    operation_id="list_consents",
    summary="Consents of a patient, withdrawn ones too",
)
def list_consents(request: HttpRequest, patient_id: RowId) -> dict[str, object]:
    patient = plain(patient_id)
    note_access(request, [patient.pk], "list_consents")
    return {"items": [_shown(row) for row in patient.consents.all()]}


@endpoints.post(
    "/{patient_id}/consents",
    scope=Scope.PATIENTS_WRITE,
    answer=ConsentOut,
    status=201,
    operation_id="give_consent",
    summary="Record a consent",
)
def give_consent(
    request: HttpRequest, patient_id: RowId, data: PatientConsentIn
) -> Status[dict[str, object]]:
    patient = held(patient_id)
    row = consents.give(
        patient=patient,
        purpose=Purpose(data.purpose),
        on=data.given_on,
        proof=data.proof,
        at=timezone.now(),
    )
    note_access(request, [patient.pk], "give_consent")
    return Status(201, _shown(row))


@endpoints.post(
    "/{patient_id}/consents/{purpose}/withdraw",
    scope=Scope.PATIENTS_WRITE,
    answer=ConsentOut,
    operation_id="withdraw_consent",
    summary="Withdraw the consent in force for a purpose",
)
def withdraw_consent(
    request: HttpRequest, patient_id: RowId, purpose: PurposeWord, data: WithdrawalIn
) -> dict[str, object]:
    patient = held(patient_id)
    row = consents.withdraw(
        patient=patient, purpose=Purpose(purpose), on=data.withdrawn_on, at=timezone.now()
    )
    note_access(request, [patient.pk], "withdraw_consent")
    return _shown(row)


def _shown(row: Consent) -> dict[str, object]:
    told = {name: getattr(row, name) for name in ("id", "purpose", "given_on", "withdrawn_on", "proof")}
    return {**told, "is_in_force": selectors.consent_holds(consent=row, on=timezone.localdate())}

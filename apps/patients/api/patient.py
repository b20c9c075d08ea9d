"""One patient: reading, replacing, changing."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.patients.api.common import INSURER, held, plain, with_insurer, wrong_fields_as
from apps.patients.api.schemas import PatientIn, PatientOut, PatientPatch
from apps.patients.models import Patient
from apps.patients.services import registration

endpoints = Endpoints(tags=["patients"])


@endpoints.get(
    "/{patient_id}",
    scope=Scope.PATIENTS_READ,
    answer=PatientOut,
    operation_id="read_patient",
    summary="One patient without health data",
)
def read_patient(request: HttpRequest, response: HttpResponse, patient_id: RowId) -> Patient:
    patient = plain(patient_id)
    note_access(request, [patient.pk], "read_patient")
    versions.show(response, patient)
    return patient


@endpoints.put(
    "/{patient_id}",
    scope=Scope.PATIENTS_WRITE,
    answer=PatientOut,
    operation_id="replace_patient",
    summary="Replace everything about a patient but health data",
)
def replace_patient(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: PatientIn
) -> Patient:
    return _save(request, response, patient_id, data.model_dump(), "replace_patient")


@endpoints.patch(
    "/{patient_id}",
    scope=Scope.PATIENTS_WRITE,
    answer=PatientOut,
    operation_id="update_patient",
    summary="Change some of a patient",
)
def update_patient(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: PatientPatch
) -> Patient:
    return _save(request, response, patient_id, data.model_dump(exclude_unset=True), "update_patient")


def _save(
    request: HttpRequest, response: HttpResponse, patient_id: int, values: dict[str, Any], operation_id: str
) -> Patient:
    patient = held(patient_id)
    with wrong_fields_as(INSURER):
        saved = registration.update(
            patient=patient,
            changes=with_insurer(values),
            actor=principal(request).account,
            at=timezone.now(),
            seen_at=versions.seen_at(request, patient),
        )
    note_access(request, [saved.pk], operation_id)
    versions.show(response, saved)
    return saved

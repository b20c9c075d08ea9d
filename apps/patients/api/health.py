"""Health data of a patient. Their version is that of the patient."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.patients.api.common import held, whole
from apps.patients.api.health_schemas import HealthOut, HealthPatch, HealthPut, HealthSaved
from apps.patients.models import Patient
from apps.patients.services import registration

endpoints = Endpoints(tags=["health data"])


@endpoints.get(
    "/{patient_id}/health",
    scope=Scope.HEALTH_READ,
    answer=HealthOut,
    operation_id="read_health",
    summary="Health data of a patient",
)
def read_health(request: HttpRequest, response: HttpResponse, patient_id: RowId) -> Patient:
    patient = whole(patient_id)
    note_access(request, [patient.pk], "read_health")
    versions.show(response, patient)
    return patient


@endpoints.put(
    "/{patient_id}/health",
    scope=Scope.HEALTH_WRITE,
    answer=HealthSaved,
    operation_id="replace_health",
    summary="Replace the health data of a patient",
)
def replace_health(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: HealthPut
) -> Patient:
    return _save(request, response, patient_id, data.model_dump(), "replace_health")


@endpoints.patch(
    "/{patient_id}/health",
    scope=Scope.HEALTH_WRITE,
    answer=HealthSaved,
    operation_id="update_health",
    summary="Change some of the health data of a patient",
)
def update_health(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: HealthPatch
) -> Patient:
    return _save(request, response, patient_id, data.model_dump(exclude_unset=True), "update_health")


def _save(
    request: HttpRequest, response: HttpResponse, patient_id: int, values: dict[str, Any], operation_id: str
) -> Patient:
    patient = held(patient_id)
    saved = registration.update(
        patient=patient,
        changes=values,
        actor=principal(request).account,
        at=timezone.now(),
        seen_at=versions.seen_at(request, patient),
    )
    note_access(request, [saved.pk], operation_id)
    versions.show(response, saved)
    return saved

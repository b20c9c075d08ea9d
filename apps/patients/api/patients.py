"""All patients: the list, and registering one with everything that may come along."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query, Status

from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.paging import Page, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.patients import selectors
from apps.patients.api.availability import intervals_of
from apps.patients.api.common import INSURER, demand, with_insurer, wrong_fields_as
from apps.patients.api.creation_schemas import ConsentDocumentIn, PatientCreate
from apps.patients.api.health_schemas import HealthPut
from apps.patients.api.schemas import PatientIn, PatientOut, PatientPage, PatientQuery
from apps.patients.enums import Purpose
from apps.patients.models import SECRET_FIELDS, Patient
from apps.patients.services import registration

endpoints = Endpoints(tags=["patients"])
SORTS = {
    "id": ("id",),
    "last_name": ("last_name", "first_name", "id"),
    "created_at": ("created_at", "id"),
    "updated_at": ("updated_at", "id"),
}
# Filters that are the value of a column or a look-up on it.
LOOKUPS = {
    "status": "status",
    "insurance_kind": "insurance_kind",
    "plz": "plz__startswith",
    "created_since": "created_at__gte",
    "updated_since": "updated_at__gte",
}
# Where the client has written what the service finds wrong.
PATHS = {
    **INSURER,
    **{name: f"health.{name}" for name in HealthPut.model_fields},
    "proof": "consents.proof",
    "given_on": "consents.given",
}


@endpoints.get(
    "",
    scope=Scope.PATIENTS_READ,
    answer=PatientPage,
    operation_id="list_patients",
    summary="Patients, filtered and in order",
)
def list_patients(request: HttpRequest, query: Query[PatientQuery]) -> Page:
    found = page(_chosen(query), query, SORTS)
    note_access(request, [row.pk for row in found.items], "list_patients")
    return found


@endpoints.post(
    "",
    scope=Scope.PATIENTS_WRITE,
    answer=PatientOut,
    status=201,
    operation_id="create_patient",
    summary="Register a patient",
    description="Whoever may be the same person is suggested to staff; ask `find_duplicates` beforehand.",
)
def create_patient(request: HttpRequest, response: HttpResponse, data: PatientCreate) -> Status[Patient]:
    if data.health is not None:
        demand(request, Scope.HEALTH_WRITE)
    with wrong_fields_as(PATHS):
        patient = _register(request, data)
    note_access(request, [patient.pk], "create_patient")
    versions.show(response, patient)
    response["Location"] = f"{request.path}/{patient.pk}"
    return Status(201, patient)


def _chosen(query: PatientQuery) -> QuerySet[Patient]:
    given = {lookup: value for name, lookup in LOOKUPS.items() if (value := getattr(query, name))}
    patients = Patient.objects.defer(*SECRET_FIELDS).filter(**given)
    return selectors.find(text=query.q, patients=patients)


def _register(request: HttpRequest, data: PatientCreate) -> Patient:
    return registration.register(
        data=_values(data),
        actor=principal(request).account,
        at=timezone.now(),
        availability=intervals_of(data.availability),
        consents=_days(data.consents),
        proof=data.consents.proof if data.consents else "",
        not_same_as=_others(data.not_same_as),
        reason=data.not_same_reason if data.not_same_as else "",
    )


def _values(data: PatientCreate) -> dict[str, Any]:
    values = with_insurer(data.model_dump(include=set(PatientIn.model_fields)))
    return values | (data.health.model_dump() if data.health else {})


def _days(consents: ConsentDocumentIn | None) -> dict[Purpose, date]:
    return {Purpose(one.purpose): one.given_on for one in consents.given} if consents else {}


def _others(ids: list[int]) -> list[Patient]:
    found = list(Patient.objects.filter(pk__in=ids).only("pk"))
    if len(found) < len(set(ids)):
        raise ValidationError({"not_same_as": _("Not all of these patients are on record.")})
    return found

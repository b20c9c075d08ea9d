"""What is missing before a search, the end of a therapy, and the history of states."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Schema
from pydantic import Field

from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.patients import selectors
from apps.patients.api.common import held, plain, whole
from apps.patients.api.schemas import PatientState, TherapyStepIn
from apps.patients.api.words import StatusBefore, StatusWord
from apps.patients.enums import PatientStatus
from apps.patients.models import SECRET_FIELDS, Patient, PatientHistory
from apps.patients.services import status

endpoints = Endpoints(tags=["patients"])
Step = Callable[..., Patient]


class PrerequisiteOut(Schema):
    code: str
    label: str = Field(description="In the language asked for")
    is_blocking: bool = Field(description="A warning does not stand against a search")
    is_met: bool
    field: str = Field(description="Where it is mended, as the patient's field is named")


class PrerequisitesOut(Schema):
    """Warnings that tell of a former therapy are left out without health:read."""

    is_ready: bool = Field(description="Nothing stands against beginning a search")
    items: list[PrerequisiteOut]


class PatientStateChange(Schema):
    id: int
    old: StatusBefore
    new: StatusWord
    at: datetime
    actor: str = Field(description="Name of the account; empty: the system")
    reason: str | None = Field(description="Free text: null without health:read")


PatientHistoryPage = listed("PatientHistoryPage", PatientStateChange)


@endpoints.get(
    "/{patient_id}/prerequisites",
    scope=Scope.PATIENTS_READ,
    answer=PrerequisitesOut,
    operation_id="read_prerequisites",
    summary="What must be there before a search, and what is missing",
)
def read_prerequisites(request: HttpRequest, patient_id: RowId) -> dict[str, object]:
    patient = whole(patient_id)
    note_access(request, [patient.pk], "read_prerequisites")
    rows = selectors.checklist(patient=patient, today=timezone.localdate())
    is_ready = all(row.is_met for row in rows if row.is_blocking)
    if not principal(request).may(Scope.HEALTH_READ):
        rows = [row for row in rows if row.is_blocking or row.field not in SECRET_FIELDS]
    return {"is_ready": is_ready, "items": [{**vars(row), "label": str(row.label)} for row in rows]}


@endpoints.get(
    "/{patient_id}/history",
    scope=Scope.PATIENTS_READ,
    answer=PatientHistoryPage,
    operation_id="list_patient_history",
    summary="Changes of a patient's status, newest first",
    description="Order: id.",
)
def list_patient_history(request: HttpRequest, patient_id: RowId, query: Query[PageQuery]) -> Page:
    patient = plain(patient_id)
    note_access(request, [patient.pk], "list_patient_history")
    rows = PatientHistory.objects.filter(subject=patient).select_related("actor")
    found = page(rows, query, {"id": ("id",)}, usual="-id")
    tells_reasons = principal(request).may(Scope.HEALTH_READ)
    return Page([_change(row, tells_reasons) for row in found.items], found.next)


@endpoints.post(
    "/{patient_id}/complete-therapy",
    scope=Scope.PATIENTS_WRITE,
    answer=PatientState,
    operation_id="complete_therapy",
    summary="The therapy has come to its regular end",
)
def complete_therapy(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: TherapyStepIn
) -> Patient:
    return _step(request, response, patient_id, data, status.complete_therapy, "complete_therapy")


@endpoints.post(
    "/{patient_id}/discontinue-therapy",
    scope=Scope.PATIENTS_WRITE,
    answer=PatientState,
    operation_id="discontinue_therapy",
    summary="The therapy has ended early",
)
def discontinue_therapy(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: TherapyStepIn
) -> Patient:
    return _step(request, response, patient_id, data, status.discontinue_therapy, "discontinue_therapy")


@endpoints.post(
    "/{patient_id}/reopen-therapy",
    scope=Scope.PATIENTS_WRITE,
    answer=PatientState,
    operation_id="reopen_therapy",
    summary="The end of the therapy was entered by mistake",
    description="Back to in_therapy; the history keeps both entries.",
)
def reopen_therapy(
    request: HttpRequest, response: HttpResponse, patient_id: RowId, data: TherapyStepIn
) -> Patient:
    return _step(request, response, patient_id, data, _reopen, "reopen_therapy")


def _reopen(**kwargs: Any) -> Patient:
    return status.undo(to=PatientStatus.IN_THERAPY, **kwargs)


def _step(
    request: HttpRequest,
    response: HttpResponse,
    patient_id: int,
    data: TherapyStepIn,
    act: Step,
    operation_id: str,
) -> Patient:
    patient = held(patient_id)
    moved = act(patient=patient, actor=principal(request).account, at=timezone.now(), reason=str(data.reason))
    note_access(request, [moved.pk], operation_id)
    versions.show(response, moved)
    return moved


def _change(row: PatientHistory, tells_reasons: bool) -> dict[str, object]:
    return {
        **{name: getattr(row, name) for name in ("id", "old", "new", "at")},
        "actor": row.actor.display_name if row.actor else "",
        "reason": row.reason if tells_reasons else None,
    }

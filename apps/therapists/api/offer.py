"""The rows around a therapist, each set replaced as a whole. They share the therapist's ETag."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.therapists import selectors
from apps.therapists.api import records
from apps.therapists.api.inputs import ApprovalsIn, PhoneHoursIn, WorkingHoursIn, WorkplacesIn
from apps.therapists.api.schemas import ApprovalsOut, PhoneHoursOut, WorkingHoursOut, WorkplacesOut
from apps.therapists.enums import HoursKind
from apps.therapists.services import records as services

READ, WRITE = Scope.THERAPISTS_READ, Scope.THERAPISTS_WRITE

offer = Endpoints(tags=["therapists"])


@offer.get(
    "/{therapist_id}/approvals",
    scope=READ,
    answer=ApprovalsOut,
    operation_id="read_therapist_approvals",
    summary="What a therapist may do",
)
def read_therapist_approvals(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    return _approvals(response, therapist_id)


@offer.put(
    "/{therapist_id}/approvals",
    scope=WRITE,
    answer=ApprovalsOut,
    operation_id="replace_therapist_approvals",
    summary="Replace the approvals of a therapist",
)
def replace_therapist_approvals(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: ApprovalsIn
) -> Any:
    therapist = records.therapist_or_404(therapist_id)
    with records.seen(request, therapist) as seen_at:
        services.set_approvals(
            therapist=therapist,
            approvals=[one.key for one in data.approvals],
            at=timezone.now(),
            actor=principal(request).account,
            seen_at=seen_at,
        )
    return _approvals(response, therapist_id)


@offer.get(
    "/{therapist_id}/phone-hours",
    scope=READ,
    answer=PhoneHoursOut,
    operation_id="read_therapist_phone_hours",
    summary="When a therapist answers the phone",
)
def read_therapist_phone_hours(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    return _phone_hours(response, therapist_id)


@offer.put(
    "/{therapist_id}/phone-hours",
    scope=WRITE,
    answer=PhoneHoursOut,
    operation_id="replace_therapist_phone_hours",
    summary="Replace the phone hours of a therapist",
)
def replace_therapist_phone_hours(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: PhoneHoursIn
) -> Any:
    """Touching and overlapping hours become one."""
    _set_hours(request, therapist_id, HoursKind.PHONE, data)
    return _phone_hours(response, therapist_id)


@offer.get(
    "/{therapist_id}/working-hours",
    scope=READ,
    answer=WorkingHoursOut,
    operation_id="read_therapist_working_hours",
    summary="When a therapist works",
)
def read_therapist_working_hours(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    return {"hours": records.shown(response, therapist_id).working_hours}


@offer.put(
    "/{therapist_id}/working-hours",
    scope=WRITE,
    answer=WorkingHoursOut,
    operation_id="replace_therapist_working_hours",
    summary="Replace the working hours of a therapist",
)
def replace_therapist_working_hours(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: WorkingHoursIn
) -> Any:
    """Touching and overlapping hours become one; null means unknown, an empty list none at all."""
    _set_hours(request, therapist_id, HoursKind.WORKING, data)
    return {"hours": records.shown(response, therapist_id).working_hours}


@offer.get(
    "/{therapist_id}/workplaces",
    scope=READ,
    answer=WorkplacesOut,
    operation_id="read_therapist_workplaces",
    summary="Where a therapist works",
)
def read_therapist_workplaces(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    return _workplaces(response, therapist_id)


@offer.put(
    "/{therapist_id}/workplaces",
    scope=WRITE,
    answer=WorkplacesOut,
    operation_id="replace_therapist_workplaces",
    summary="Replace the workplaces of a therapist",
)
def replace_therapist_workplaces(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: WorkplacesIn
) -> Any:
    """The first one is the main practice. A practice is named by its id, or found again or recorded."""
    therapist = records.therapist_or_404(therapist_id)
    with records.seen(request, therapist) as seen_at:
        services.set_workplaces(
            therapist=therapist,
            practices=records.resolved(data.workplaces),
            at=timezone.now(),
            actor=principal(request).account,
            seen_at=seen_at,
        )
    return _workplaces(response, therapist_id)


def _set_hours(request: HttpRequest, pk: int, kind: HoursKind, data: PhoneHoursIn | WorkingHoursIn) -> None:
    therapist = records.therapist_or_404(pk)
    with records.seen(request, therapist) as seen_at:
        services.set_hours(
            therapist=therapist,
            kind=kind,
            intervals=None if data.hours is None else [one.interval for one in data.hours],
            at=timezone.now(),
            actor=principal(request).account,
            seen_at=seen_at,
        )


def _approvals(response: HttpResponse, pk: int) -> dict[str, Any]:
    return {"approvals": list(records.shown(response, pk).approvals.all())}


def _phone_hours(response: HttpResponse, pk: int) -> dict[str, Any]:
    therapist = records.shown(response, pk)
    is_doubtful = selectors.is_phone_time_doubtful(therapist)
    return {"hours": therapist.phone_hours, "is_doubtful": is_doubtful}


def _workplaces(response: HttpResponse, pk: int) -> dict[str, Any]:
    return {"workplaces": list(records.shown(response, pk).workplaces.all())}

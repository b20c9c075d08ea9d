"""Calls: planned ones for a telephone system, in whose hand they are, and what came of them."""

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query
from ninja.responses import Status

from apps.accounts.models import User
from apps.communication.api.call_schemas import (
    CallChangeIn,
    CallIn,
    CallOut,
    CallOutcomeIn,
    CallPage,
    CallQuery,
    NextCallIn,
    NextCallOut,
)
from apps.communication.api.shared import ContactReasonIn, found, note_access_to_row, with_history
from apps.communication.call_outcomes import CallBack
from apps.communication.enums import CallOutcome
from apps.communication.models import PhoneCall
from apps.communication.selectors import call_list
from apps.communication.services import call_claims, call_planning, call_reports, calls
from apps.core import parameters as operating
from apps.core.transitions import lock
from apps.gateway import versions
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import Page, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.therapists.models import Therapist

endpoints = Endpoints(tags=["calls"])

SORTS = {"id": ("id",), "starts_at": ("starts_at", "id")}


@endpoints.get("", scope=Scope.CALLS_READ, answer=CallPage, operation_id="list_calls", summary="List calls")
def list_calls(request: HttpRequest, query: Query[CallQuery]) -> Page:
    return page(_chosen(query), query, SORTS)


@endpoints.post(
    "",
    scope=Scope.CALLS_WRITE,
    answer=CallOut,
    status=201,
    operation_id="plan_call",
    summary="Plan a call to a therapist",
)
def plan_call(request: HttpRequest, response: HttpResponse, data: CallIn) -> Any:
    """Refused (409) without a phone number or a free moment, and where the therapist may not be called."""
    call = _plan(data, principal(request).account, timezone.now())
    response["Location"] = f"{request.path}/{call.pk}"
    return Status(201, _shown(request, response, call.pk, "plan_call"))


@endpoints.post(
    "/take-next",
    scope=Scope.CALLS_WRITE,
    answer=NextCallOut,
    operation_id="take_next_call",
    summary="Take the most urgent call that can be made now",
)
def take_next_call(request: HttpRequest, response: HttpResponse, data: NextCallIn) -> dict[str, Any]:
    """The one in hand if there is one. Nobody else is offered it for twenty minutes."""
    whose = str(data.coordinator_id or "")
    call = call_claims.take_next(user=principal(request).account, at=timezone.now(), whose=whose)
    return {"call": _shown(request, response, call.pk, "take_next_call") if call else None}


@endpoints.get(
    "/{call_id}", scope=Scope.CALLS_READ, answer=CallOut, operation_id="read_call", summary="Read a call"
)
def read_call(request: HttpRequest, response: HttpResponse, call_id: RowId) -> PhoneCall:
    return _shown(request, response, call_id, "read_call")


@endpoints.patch(
    "/{call_id}",
    scope=Scope.CALLS_WRITE,
    answer=CallOut,
    operation_id="reschedule_call",
    summary="Move a planned call to another moment or coordinator",
)
def reschedule_call(
    request: HttpRequest, response: HttpResponse, call_id: RowId, data: CallChangeIn
) -> PhoneCall:
    """Locked before its version is compared: nobody comes in between."""
    call = lock(_call(call_id))
    versions.seen_at(request, call)
    present = int((call.ends_at - call.starts_at).total_seconds()) // 60
    is_given = "coordinator_id" in data.model_fields_set
    calls.reschedule(
        call=call,
        starts_at=data.starts_at or call.starts_at,
        minutes=data.minutes or present,
        coordinator=_coordinator(data.coordinator_id) if is_given else call.coordinator,
        actor=principal(request).account,
        at=timezone.now(),
        is_holiday_agreed=data.is_holiday_agreed,
        reason=data.reason,
    )
    return _shown(request, response, call_id, "reschedule_call")


@endpoints.post(
    "/{call_id}/take",
    scope=Scope.CALLS_WRITE,
    answer=CallOut,
    operation_id="take_call",
    summary="Take a planned call in hand",
)
def take_call(request: HttpRequest, response: HttpResponse, call_id: RowId) -> PhoneCall:
    """One in hand before is given back. Refused (409) where somebody else has it."""
    call_claims.take(call=_call(call_id), user=principal(request).account, at=timezone.now())
    return _shown(request, response, call_id, "take_call")


@endpoints.post(
    "/{call_id}/give-back",
    scope=Scope.CALLS_WRITE,
    answer=CallOut,
    operation_id="give_back_call",
    summary="Give a call back: somebody else may make it",
)
def give_back_call(request: HttpRequest, response: HttpResponse, call_id: RowId) -> PhoneCall:
    call_claims.give_back(call=_call(call_id), user=principal(request).account)
    return _shown(request, response, call_id, "give_back_call")


@endpoints.post(
    "/{call_id}/complete",
    scope=Scope.CALLS_WRITE,
    answer=CallOut,
    operation_id="complete_call",
    summary="Record what came of a call",
)
def complete_call(
    request: HttpRequest, response: HttpResponse, call_id: RowId, data: CallOutcomeIn
) -> PhoneCall:
    """What follows happens at once: the next try is planned, an inquiry counts as asked or is given up."""
    call, at = _call(call_id), timezone.now()
    call_reports.complete(
        call=call,
        outcome=data.outcome,
        note=data.note,
        actor=principal(request).account,
        at=at,
        call_back=_call_back(data),
    )
    return _shown(request, response, call_id, "complete_call")


@endpoints.post(
    "/{call_id}/cancel",
    scope=Scope.CALLS_WRITE,
    answer=CallOut,
    operation_id="cancel_call",
    summary="Cancel a planned call",
)
def cancel_call(
    request: HttpRequest, response: HttpResponse, call_id: RowId, data: ContactReasonIn
) -> PhoneCall:
    calls.cancel(call=_call(call_id), actor=principal(request).account, at=timezone.now(), reason=data.reason)
    return _shown(request, response, call_id, "cancel_call")


def _plan(data: CallIn, actor: User, at: datetime) -> PhoneCall:
    therapist, coordinator = _therapist(data.therapist_id), _coordinator(data.coordinator_id)
    minutes = data.minutes or operating.current(at=at).call_minutes
    if data.starts_at is None:
        return calls.plan(
            therapist=therapist,
            purpose=data.purpose,
            not_before=max(data.not_before or at, at),
            minutes=minutes,
            actor=actor,
            at=at,
            coordinator=coordinator,
        )
    return calls.plan_agreed(
        therapist=therapist,
        purpose=data.purpose,
        starts_at=data.starts_at,
        minutes=minutes,
        actor=actor,
        at=at,
        coordinator=coordinator,
        is_holiday_agreed=data.is_holiday_agreed,
    )


def _chosen(query: CallQuery) -> QuerySet[PhoneCall]:
    asked = {
        "status": query.status,
        "purpose": query.purpose,
        "therapist": query.therapist_id,
        "coordinator": query.coordinator_id,
        "starts_at__lt": query.due_before,
        "starts_at__gte": query.since,
    }
    return call_list().filter(**{name: value for name, value in asked.items() if value is not None})


def _call(pk: int) -> PhoneCall:
    call: PhoneCall = found(PhoneCall.objects.all(), pk)
    return call


def _therapist(pk: int) -> Therapist:
    therapist = Therapist.objects.filter(pk=pk).first()
    if therapist is None:
        raise ValidationError({"therapist_id": _("There is no such therapist.")})
    return therapist


def _coordinator(pk: int | None) -> User | None:
    if pk is None:
        return None
    for user in call_planning.coordinators():
        if user.pk == pk:
            return user
    raise ValidationError({"coordinator_id": _("This is nobody who makes calls.")})


def _call_back(data: CallOutcomeIn) -> CallBack | None:
    if (data.outcome == CallOutcome.CALL_BACK) != (data.call_back_at is not None):
        raise ValidationError({"call_back_at": _("When shall we call back?")})
    return CallBack(data.call_back_at, data.is_holiday_agreed) if data.call_back_at else None


def _shown(request: HttpRequest, response: HttpResponse, pk: int, operation: str) -> PhoneCall:
    call: PhoneCall = found(with_history(call_list().defer(None)), pk)
    if call.note:
        note_access_to_row(request, call, operation)
    versions.show(response, call)
    return call

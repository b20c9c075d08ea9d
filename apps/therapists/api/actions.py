"""What happens to a therapist: review, block, end of work, objection. Each answers with the record."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.therapists.api import records
from apps.therapists.api.inputs import BlockIn, ObjectionIn, WhyIn
from apps.therapists.api.schemas import TherapistOut
from apps.therapists.services import status

actions = Endpoints(tags=["therapists"])


def _act(path: str, operation_id: str, summary: str) -> Any:
    return actions.post(
        f"/{{therapist_id}}/{path}",
        scope=Scope.THERAPISTS_WRITE,
        answer=TherapistOut,
        operation_id=operation_id,
        summary=summary,
    )


@_act("verify", "verify_therapist", "A person has looked at the record")
def verify_therapist(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    """From now on the therapist may be contacted."""
    return _done(request, response, therapist_id, status.verify)


@_act("unverify", "unverify_therapist", "Take the review back")
def unverify_therapist(request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: WhyIn) -> Any:
    return _done(request, response, therapist_id, status.unverify, reason=data.reason)


@_act("block", "block_therapist", "Nobody contacts the therapist until a day or until unblocked")
def block_therapist(request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: BlockIn) -> Any:
    return _done(request, response, therapist_id, status.block, reason=data.reason, until=data.until)


@_act("unblock", "unblock_therapist", "End a block")
def unblock_therapist(request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: WhyIn) -> Any:
    return _done(request, response, therapist_id, status.unblock, reason=data.reason)


@_act("deactivate", "deactivate_therapist", "The therapist has stopped working or moved away for good")
def deactivate_therapist(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: WhyIn
) -> Any:
    return _done(request, response, therapist_id, status.deactivate, reason=data.reason)


@_act("reactivate", "reactivate_therapist", "The therapist works again")
def reactivate_therapist(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: WhyIn
) -> Any:
    return _done(request, response, therapist_id, status.reactivate, reason=data.reason)


@_act("objection", "record_therapist_objection", "The therapist objects to any further contact")
def record_therapist_objection(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: ObjectionIn
) -> Any:
    """Final: it cannot be taken back. A second one changes nothing."""
    return _done(request, response, therapist_id, status.object_to_contact, on=data.on, reason=data.reason)


def _done(
    request: HttpRequest, response: HttpResponse, pk: int, act: Callable[..., object], **what: Any
) -> Any:
    therapist = records.therapist_or_404(pk)
    act(therapist=therapist, actor=principal(request).account, at=timezone.now(), **what)
    return records.shown(response, pk)

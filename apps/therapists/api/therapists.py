"""The records of therapists."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Status

from apps.core import parameters
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import Page, PageQuery, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.therapists import selectors
from apps.therapists.api import queries, records
from apps.therapists.api.inputs import TherapistIn, TherapistPatch, TherapistPut
from apps.therapists.api.schemas import ChangesOut, ContactOut, HistoryPage, TherapistOut, TherapistPage
from apps.therapists.models import Therapist, TherapistHistory
from apps.therapists.services import records as services

AROUND = {"workplaces", "approvals", "phone_hours", "working_hours"}
READ, WRITE = Scope.THERAPISTS_READ, Scope.THERAPISTS_WRITE

therapists = Endpoints(tags=["therapists"])


@therapists.get(
    "", scope=READ, answer=TherapistPage, operation_id="list_therapists", summary="Therapists, page by page"
)
def list_therapists(request: HttpRequest, query: Query[queries.TherapistQuery]) -> Page:
    """Orders: `id`, `last_name`, `created_at`, `updated_at`, `last_contact_at`; with a minus descending."""
    found = page(queries.therapists(query, timezone.localdate()), query, queries.THERAPIST_SORTS)
    for row in found.items:
        records.with_answers(row)
    return found


@therapists.post(
    "",
    scope=WRITE,
    answer=TherapistOut,
    status=201,
    operation_id="create_therapist",
    summary="Record a therapist",
)
def create_therapist(request: HttpRequest, response: HttpResponse, data: TherapistIn) -> Status[Any]:
    """Unreviewed at first. Practices are named by their id or found again by name, street and PLZ."""
    hours = data.working_hours
    therapist = services.create(
        data=data.dict(exclude=AROUND),
        practices=records.resolved(data.workplaces),
        approvals=[one.key for one in data.approvals],
        phone_hours=[one.interval for one in data.phone_hours],
        working_hours=None if hours is None else [one.interval for one in hours],
        actor=principal(request).account,
        at=timezone.now(),
    )
    response["Location"] = f"{request.path.rstrip('/')}/{therapist.pk}"
    return Status(201, records.shown(response, therapist.pk))


@therapists.get(
    "/{therapist_id}", scope=READ, answer=TherapistOut, operation_id="read_therapist", summary="One therapist"
)
def read_therapist(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    return records.shown(response, therapist_id)


@therapists.put(
    "/{therapist_id}",
    scope=WRITE,
    answer=TherapistOut,
    operation_id="replace_therapist",
    summary="Replace the record of a therapist",
)
def replace_therapist(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: TherapistPut
) -> Any:
    """What is not sent gets its default. Approvals, hours and workplaces stay."""
    return _changed(request, response, therapist_id, data.dict())


@therapists.patch(
    "/{therapist_id}",
    scope=WRITE,
    answer=TherapistOut,
    operation_id="update_therapist",
    summary="Change fields of a therapist's record",
)
def update_therapist(
    request: HttpRequest, response: HttpResponse, therapist_id: RowId, data: TherapistPatch
) -> Any:
    return _changed(request, response, therapist_id, data.dict(exclude_unset=True))


@therapists.get(
    "/{therapist_id}/contact",
    scope=READ,
    answer=ContactOut,
    operation_id="read_therapist_contact",
    summary="Whether and how a therapist may be contacted today",
)
def read_therapist_contact(request: HttpRequest, response: HttpResponse, therapist_id: RowId) -> Any:
    therapist = records.shown(response, therapist_id)
    policy = parameters.current(at=timezone.now()).email_policy
    return {
        "code": therapist.contact.code,
        "until": therapist.contact.until,
        "may_be_contacted": therapist.contact.code == selectors.CONTACTABLE,
        "reason": str(therapist.contact.label),
        "email": selectors.may_be_emailed(therapist=therapist, policy=policy),
        "phone": selectors.phone_of(therapist),
        "salutation_line": selectors.salutation_line(therapist),
        "colleague_ids": [one.pk for one in selectors.colleagues(therapist)],
    }


@therapists.get(
    "/{therapist_id}/history",
    scope=READ,
    answer=HistoryPage,
    operation_id="list_therapist_history",
    summary="Changes of status, review and objection",
)
def list_therapist_history(request: HttpRequest, therapist_id: RowId, query: Query[PageQuery]) -> Page:
    """Orders: `at`, `id`; with a minus descending."""
    rows = TherapistHistory.objects.filter(subject=records.therapist_or_404(therapist_id))
    return page(rows.select_related("actor"), query, queries.HISTORY_SORTS)


@therapists.get(
    "/{therapist_id}/changes",
    scope=READ,
    answer=ChangesOut,
    operation_id="list_therapist_changes",
    summary="Which fields of the record changed when",
)
def list_therapist_changes(request: HttpRequest, therapist_id: RowId) -> Any:
    return {"changes": selectors.record_changes(records.therapist_or_404(therapist_id))}


def _changed(request: HttpRequest, response: HttpResponse, pk: int, changes: dict[str, Any]) -> Any:
    therapist: Therapist = records.therapist_or_404(pk)
    with records.seen(request, therapist) as seen_at:
        services.update(
            therapist=therapist,
            changes=changes,
            actor=principal(request).account,
            at=timezone.now(),
            seen_at=seen_at,
        )
    return records.shown(response, pk)

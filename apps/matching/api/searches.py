"""Searches: list, open, read, change, history."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query, Status

from apps.core.errors import StaleState
from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import page
from apps.gateway.problems import Precondition
from apps.gateway.routing import Endpoints
from apps.matching.api.common import (
    Told,
    acting_today,
    at_its_place,
    found,
    may_see_health,
    named,
    narrowed,
    require_health_for,
)
from apps.matching.api.schemas.searches import (
    SearchHistoryOut,
    SearchIn,
    SearchOut,
    SearchPage,
    SearchPatch,
    SearchQuery,
)
from apps.matching.enums import OPEN_SEARCHES
from apps.matching.models import PlacementSearch
from apps.matching.selectors import rows
from apps.matching.services import searches
from apps.patients.models import Patient

endpoints = Endpoints(tags=["searches"])

SORTS = {"id": ("id",), "started_on": ("started_on", "id"), "updated_at": ("updated_at", "id")}
ITEM = (
    *("id", "patient_id", "status", "is_kostenerstattung", "started_on", "ended_on"),
    *("paused_from", "paused_until", "created_at", "updated_at"),
)


@endpoints.get(
    "",
    scope=Scope.SEARCHES_READ,
    answer=SearchPage,
    summary="Searches",
    operation_id="list_searches",
    description="Sorts: id, started_on, updated_at.",
)
def list_searches(request: HttpRequest, query: Query[SearchQuery]) -> Told:
    chosen = page(_chosen(query), query, SORTS)
    note_access(request, [search.patient_id for search in chosen.items], "list_searches")
    return {"items": [item(search) for search in chosen.items], "next": chosen.next}


@endpoints.post(
    "",
    scope=Scope.SEARCHES_WRITE,
    answer=SearchOut,
    status=201,
    summary="Open a search",
    operation_id="open_search",
    description="Refused (409) where a prerequisite is missing or a search of this patient is open.",
)
def open_search(request: HttpRequest, data: SearchIn, response: HttpResponse) -> Status[Told]:
    patient = named(Patient.objects.all(), data.patient_id, "patient_id")
    opened = searches.open_search(
        patient=patient, is_kostenerstattung=data.is_kostenerstattung, **acting_today(request)
    )
    at_its_place(request, response, opened.pk)
    return Status(201, told(request, response, opened.pk, "open_search"))


@endpoints.get(
    "/{search_id}",
    scope=Scope.SEARCHES_READ,
    answer=SearchOut,
    summary="One search",
    operation_id="read_search",
)
def read_search(request: HttpRequest, search_id: RowId, response: HttpResponse) -> Told:
    return told(request, response, search_id, "read_search")


@endpoints.patch(
    "/{search_id}",
    scope=Scope.SEARCHES_WRITE,
    answer=SearchOut,
    summary="Change note or Kostenerstattung of a search",
    operation_id="update_search",
)
def update_search(request: HttpRequest, search_id: RowId, data: SearchPatch, response: HttpResponse) -> Told:
    search = found(PlacementSearch.objects.all(), search_id)
    seen_at = versions.seen_at(request, search)
    if "note" in data.model_fields_set and data.note != search.note:
        require_health_for(request, data.note or search.note)
    try:
        searches.update(search=search, changes=data.dict(exclude_unset=True), seen_at=seen_at)
    except StaleState:
        raise Precondition(412) from None
    return told(request, response, search_id, "update_search")


@endpoints.get(
    "/{search_id}/history",
    scope=Scope.SEARCHES_READ,
    answer=SearchHistoryOut,
    summary="What happened to a search and its requests",
    operation_id="read_search_history",
)
def read_search_history(request: HttpRequest, search_id: RowId) -> Told:
    search = found(rows.searches(), search_id)
    note_access(request, [search.patient_id], "read_search_history")
    is_told = may_see_health(request)
    return {
        "steps": [{**vars(step), "reason": step.reason if is_told else ""} for step in rows.steps(search)]
    }


def told(request: HttpRequest, response: HttpResponse, search_id: int, operation: str) -> Told:
    """The search as it is now, with its ETag."""
    search = found(rows.searches(), search_id)
    versions.show(response, search)
    note_access(request, [search.patient_id], operation)
    is_told = may_see_health(request)
    return {
        **item(search),
        "open_request_count": rows.open_request_count(search),
        "pause_reason": search.pause_reason if is_told else "",
        "note": search.note if is_told else "",
    }


def item(search: PlacementSearch) -> Told:
    return {name: getattr(search, name) for name in ITEM} | {"case_code": search.patient.case_code}


def _chosen(query: SearchQuery) -> QuerySet[PlacementSearch]:
    found_rows = rows.searches()
    if query.is_open is not None:
        is_open = {"status__in": OPEN_SEARCHES}
        found_rows = found_rows.filter(**is_open) if query.is_open else found_rows.exclude(**is_open)
    return narrowed(
        found_rows,
        status=query.status,
        patient=query.patient_id,
        started_on__gte=query.started_from,
        started_on__lte=query.started_until,
        updated_at__gte=query.updated_since,
    )

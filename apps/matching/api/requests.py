"""Placement requests: list, read, add to a draft, drop from it."""

from django.http import HttpRequest, HttpResponse
from ninja import Query, Status

from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import page
from apps.gateway.routing import Endpoints
from apps.matching.api.common import (
    Told,
    acting,
    acting_today,
    at_its_place,
    found,
    named,
    narrowed,
)
from apps.matching.api.request_told import item, told
from apps.matching.api.schemas.requests import RequestIn, RequestOut, RequestPage, RequestQuery
from apps.matching.models import PlacementSearch
from apps.matching.selectors import rows
from apps.matching.selectors.lists import request_page
from apps.matching.services import lines, rounds
from apps.therapists.models import Therapist

endpoints = Endpoints(tags=["requests"])

SORTS = {"id": ("id",), "updated_at": ("updated_at", "id")}


@endpoints.get(
    "",
    scope=Scope.INQUIRIES_READ,
    answer=RequestPage,
    summary="Placement requests",
    operation_id="list_requests",
    description="Sorts: id, updated_at.",
)
def list_requests(request: HttpRequest, query: Query[RequestQuery]) -> Told:
    chosen = narrowed(
        rows.requests(),
        status=query.status,
        search=query.search_id,
        search__patient=query.patient_id,
        therapist=query.therapist_id,
        inquiry=query.inquiry_id,
        updated_at__gte=query.updated_since,
    )
    found_page = page(chosen, query, SORTS)
    note_access(request, [row.search.patient_id for row in found_page.items], "list_requests")
    return {"items": [item(row) for row in found_page.items], "next": found_page.next}


@endpoints.post(
    "",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    status=201,
    summary="Add a line to the therapist's draft inquiry",
    operation_id="add_request",
    description="Or to a new draft. Nothing is sent before it is released. Refused (409) with every reason.",
)
def add_request(request: HttpRequest, data: RequestIn, response: HttpResponse) -> Status[Told]:
    added = rounds.add_request(
        search=named(PlacementSearch.objects.all(), data.search_id, "search_id"),
        therapist=named(Therapist.objects.all(), data.therapist_id, "therapist_id"),
        **acting_today(request),
    )
    at_its_place(request, response, added.pk)
    return Status(201, told(request, response, added.pk, "add_request"))


@endpoints.get(
    "/{request_id}",
    scope=Scope.INQUIRIES_READ,
    answer=RequestOut,
    summary="One placement request",
    operation_id="read_request",
)
def read_request(request: HttpRequest, request_id: RowId, response: HttpResponse) -> Told:
    return told(request, response, request_id, "read_request")


@endpoints.post(
    "/{request_id}/drop",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Drop a line from a draft",
    operation_id="drop_request",
)
def drop_request(request: HttpRequest, request_id: RowId, response: HttpResponse) -> Told:
    lines.drop_line(request=found(request_page(), request_id), **acting(request))
    return told(request, response, request_id, "drop_request")

"""Practices: addresses at which therapists work."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Status

from apps.gateway import versions
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import Page, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.therapists.api import queries, records
from apps.therapists.api.inputs import PracticePatch, PracticePut
from apps.therapists.api.queries import PracticeQuery, TherapistQuery
from apps.therapists.api.schemas import PracticeOut, PracticePage, TherapistPage
from apps.therapists.models import Practice
from apps.therapists.services import practices as services

READ, WRITE = Scope.THERAPISTS_READ, Scope.THERAPISTS_WRITE

practices = Endpoints(tags=["practices"])


@practices.get(
    "", scope=READ, answer=PracticePage, operation_id="list_practices", summary="Practices, page by page"
)
def list_practices(request: HttpRequest, query: Query[PracticeQuery]) -> Page:
    """Orders: `id`, `name`, `plz`, `updated_at`; with a minus descending."""
    return page(queries.practices(query), query, queries.PRACTICE_SORTS)


@practices.post(
    "",
    scope=WRITE,
    answer=PracticeOut,
    status=frozenset({200, 201}),
    operation_id="create_practice",
    summary="Record a practice, or find it again",
)
def create_practice(request: HttpRequest, response: HttpResponse, data: PracticePut) -> Status[Any]:
    """201 for a new one. 200 for one known by name, street and PLZ: what it did not have yet is filled in."""
    practice, is_new = services.record(data=data.dict(), actor=principal(request).account)
    response["Location"] = f"{request.path.rstrip('/')}/{practice.pk}"
    return Status(201 if is_new else 200, _shown(response, practice.pk))


@practices.get(
    "/{practice_id}", scope=READ, answer=PracticeOut, operation_id="read_practice", summary="One practice"
)
def read_practice(request: HttpRequest, response: HttpResponse, practice_id: RowId) -> Any:
    return _shown(response, practice_id)


@practices.put(
    "/{practice_id}",
    scope=WRITE,
    answer=PracticeOut,
    operation_id="replace_practice",
    summary="Replace the record of a practice",
)
def replace_practice(
    request: HttpRequest, response: HttpResponse, practice_id: RowId, data: PracticePut
) -> Any:
    """What is not sent becomes empty. A new address is located again unless the place was set by hand."""
    return _changed(request, response, practice_id, data.dict())


@practices.patch(
    "/{practice_id}",
    scope=WRITE,
    answer=PracticeOut,
    operation_id="update_practice",
    summary="Change fields of a practice",
)
def update_practice(
    request: HttpRequest, response: HttpResponse, practice_id: RowId, data: PracticePatch
) -> Any:
    return _changed(request, response, practice_id, data.dict(exclude_unset=True))


@practices.get(
    "/{practice_id}/therapists",
    scope=READ,
    answer=TherapistPage,
    operation_id="list_practice_therapists",
    summary="Who works at a practice",
)
def list_practice_therapists(request: HttpRequest, practice_id: RowId, query: Query[TherapistQuery]) -> Page:
    """As the list of therapists, with its orders and filters."""
    practice = get_object_or_404(Practice, pk=practice_id)
    rows = queries.therapists(query, timezone.localdate()).filter(workplaces__practice=practice)
    found = page(rows, query, queries.THERAPIST_SORTS)
    for row in found.items:
        records.with_answers(row)
    return found


def _shown(response: HttpResponse, pk: int) -> Practice:
    found = get_object_or_404(queries.with_count(Practice.objects.all()), pk=pk)
    versions.show(response, found)
    return found


def _changed(request: HttpRequest, response: HttpResponse, pk: int, changes: dict[str, Any]) -> Practice:
    practice = get_object_or_404(Practice, pk=pk)
    with records.seen(request, practice) as seen_at:
        services.update_practice(
            practice=practice,
            changes=changes,
            actor=principal(request).account,
            at=timezone.now(),
            seen_at=seen_at,
        )
    return _shown(response, pk)

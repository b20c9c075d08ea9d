"""Contact pauses: they hold for everybody behind the same mailbox or number."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Status

from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import Page, PageQuery, page
from apps.gateway.routing import Endpoints
from apps.therapists import selectors
from apps.therapists.api import queries, records
from apps.therapists.api.inputs import ContactPauseIn
from apps.therapists.api.schemas import PauseOut, PausePage
from apps.therapists.models import ContactPause
from apps.therapists.services import contact

pauses = Endpoints(tags=["therapists"])


@pauses.get(
    "/{therapist_id}/pauses",
    scope=Scope.THERAPISTS_READ,
    answer=PausePage,
    operation_id="list_contact_pauses",
    summary="Contact pauses that hold or held for a therapist",
)
def list_contact_pauses(request: HttpRequest, therapist_id: RowId, query: Query[PageQuery]) -> Page:
    """Those of colleagues behind the same mailbox or number too. Orders: `id`, `until`."""
    rows = selectors.pauses_of_group(records.therapist_or_404(therapist_id))
    return page(rows, query, queries.PAUSE_SORTS)


@pauses.post(
    "/{therapist_id}/pauses",
    scope=Scope.THERAPISTS_WRITE,
    answer=PauseOut,
    status=201,
    operation_id="create_contact_pause",
    summary="Begin a contact pause",
)
def create_contact_pause(request: HttpRequest, therapist_id: RowId, data: ContactPauseIn) -> Status[Any]:
    therapist = records.therapist_or_404(therapist_id)
    return Status(201, contact.pause(therapist=therapist, at=timezone.now(), **data.dict()))


@pauses.post(
    "/{therapist_id}/pauses/{pause_id}/lift",
    scope=Scope.THERAPISTS_WRITE,
    answer=PauseOut,
    operation_id="lift_contact_pause",
    summary="End a contact pause early",
)
def lift_contact_pause(request: HttpRequest, therapist_id: RowId, pause_id: RowId) -> Any:
    """A pause of this therapist; one of a colleague is lifted there."""
    row = get_object_or_404(ContactPause, pk=pause_id, therapist=therapist_id)
    return contact.lift_pause(pause=row, at=timezone.now())

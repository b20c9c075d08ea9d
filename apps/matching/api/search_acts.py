"""What is done with a search: pause, resume, cancel; therapists excluded for its patient."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.matching.api.common import Told, acting, acting_today, found, may_see_health, named
from apps.matching.api.schemas.searches import ExclusionIn, ExclusionsOut, PauseIn, SearchOut
from apps.matching.api.schemas.shared import ReasonIn
from apps.matching.api.searches import endpoints, told
from apps.matching.enums import ExclusionSource
from apps.matching.models import PlacementSearch
from apps.matching.selectors import rows
from apps.matching.services import searches
from apps.therapists.models import Therapist


@endpoints.post(
    "/{search_id}/pause",
    scope=Scope.SEARCHES_WRITE,
    answer=SearchOut,
    summary="Pause a search",
    operation_id="pause_search",
    description="Requests that have not been sent are taken out of their inquiries.",
)
def pause_search(request: HttpRequest, search_id: RowId, data: PauseIn, response: HttpResponse) -> Told:
    begins = data.paused_from or timezone.localdate()
    searches.pause(
        search=_search(search_id),
        paused_from=begins,
        until=data.until,
        reason=data.reason,
        **acting_today(request),
    )
    return told(request, response, search_id, "pause_search")


@endpoints.post(
    "/{search_id}/resume",
    scope=Scope.SEARCHES_WRITE,
    answer=SearchOut,
    summary="End the pause of a search",
    operation_id="resume_search",
)
def resume_search(request: HttpRequest, search_id: RowId, response: HttpResponse) -> Told:
    searches.resume(search=_search(search_id), **acting(request))
    return told(request, response, search_id, "resume_search")


@endpoints.post(
    "/{search_id}/cancel",
    scope=Scope.SEARCHES_WRITE,
    answer=SearchOut,
    summary="End a search without a place",
    operation_id="cancel_search",
    description="Open requests are withdrawn; therapists who were asked are told.",
)
def cancel_search(request: HttpRequest, search_id: RowId, data: ReasonIn, response: HttpResponse) -> Told:
    searches.cancel(search=_search(search_id), reason=data.reason, **acting_today(request))
    return told(request, response, search_id, "cancel_search")


@endpoints.post(
    "/{search_id}/undo-cancel",
    scope=Scope.SEARCHES_WRITE,
    answer=SearchOut,
    summary="Undo a cancellation",
    operation_id="undo_cancel_search",
    description="The search goes on; requests withdrawn by the cancellation are not asked again.",
)
def undo_cancel_search(request: HttpRequest, search_id: RowId, response: HttpResponse) -> Told:
    searches.undo_cancel(search=_search(search_id), **acting(request))
    return told(request, response, search_id, "undo_cancel_search")


@endpoints.get(
    "/{search_id}/exclusions",
    scope=Scope.SEARCHES_READ,
    answer=ExclusionsOut,
    summary="Therapists excluded for the patient of a search",
    operation_id="list_exclusions",
)
def list_exclusions(request: HttpRequest, search_id: RowId) -> Told:
    return _exclusions(request, found(rows.searches(), search_id), "list_exclusions")


@endpoints.post(
    "/{search_id}/exclusions",
    scope=Scope.SEARCHES_WRITE,
    answer=ExclusionsOut,
    summary="Exclude a therapist",
    operation_id="exclude_therapist",
    description="A request that has not been sent is taken out of its inquiry. Twice is once.",
)
def exclude_therapist(request: HttpRequest, search_id: RowId, data: ExclusionIn) -> Told:
    search = _search(search_id)
    searches.exclude_therapist(
        patient=search.patient,
        therapist=named(Therapist.objects.all(), data.therapist_id, "therapist_id"),
        source=ExclusionSource(data.source),
        reason=data.reason,
        **acting(request),
    )
    return _exclusions(request, search, "exclude_therapist")


@endpoints.delete(
    "/{search_id}/exclusions/{therapist_id}",
    scope=Scope.SEARCHES_WRITE,
    answer=ExclusionsOut,
    summary="Include an excluded therapist again",
    operation_id="include_therapist",
    description="Only where patient or staff wished the exclusion; others are undone with their cause.",
)
def include_therapist(request: HttpRequest, search_id: RowId, therapist_id: RowId) -> Told:
    search = _search(search_id)
    searches.include_therapist(patient=search.patient, therapist=found(Therapist.objects.all(), therapist_id))
    return _exclusions(request, search, "include_therapist")


def _search(search_id: int) -> PlacementSearch:
    return found(PlacementSearch.objects.select_related("patient"), search_id)


def _exclusions(request: HttpRequest, search: PlacementSearch, operation: str) -> Told:
    note_access(request, [search.patient_id], operation)
    is_told = may_see_health(request)
    return {
        "exclusions": [
            {
                "therapist_id": row.therapist_id,
                "name": row.therapist.full_name,
                "source": row.source,
                "reason": row.reason if is_told else "",
                "created_at": row.created_at,
            }
            for row in rows.exclusions(search.patient_id)
        ]
    }

"""Rounds: plan, look at every line with its reasons, release, discard."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Status

from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.paging import PageQuery, page
from apps.gateway.routing import Endpoints
from apps.matching import phrases
from apps.matching.api.common import (
    Told,
    acting,
    acting_today,
    at_its_place,
    blocking_told,
    coded,
    found,
    narrowed,
    parameters_of,
)
from apps.matching.api.inquiries import released
from apps.matching.api.request_told import with_figures
from apps.matching.api.schemas.inquiries import (
    ReleasedOut,
    ReleaseIn,
    RoundLinePage,
    RoundOut,
    RoundPage,
    RoundQuery,
    UnplannedOut,
    UnplannedQuery,
)
from apps.matching.models import PlacementRequest, Round
from apps.matching.selectors import rows
from apps.matching.selectors.waiting import Unplanned, unplanned_in
from apps.matching.services import release_together, rounds

endpoints = Endpoints(tags=["rounds"])

ITEM = (
    *("id", "status", "planned_for", "searches_count", "therapists_count", "candidates_count"),
    *("created_at", "updated_at"),
)


@endpoints.get(
    "",
    scope=Scope.INQUIRIES_READ,
    answer=RoundPage,
    summary="Rounds",
    operation_id="list_rounds",
    description="Sorts: id.",
)
def list_rounds(request: HttpRequest, query: Query[RoundQuery]) -> Told:
    found_page = page(narrowed(Round.objects.all(), status=query.status), query, {"id": ("id",)})
    return {"items": [item(round_) for round_ in found_page.items], "next": found_page.next}


@endpoints.post(
    "",
    scope=Scope.INQUIRIES_WRITE,
    answer=RoundOut,
    status=201,
    summary="Plan a round",
    operation_id="plan_round",
    description="A draft: nothing is sent before its release. Refused (409) while another draft waits.",
)
def plan_round(request: HttpRequest, response: HttpResponse) -> Status[Told]:
    planned = rounds.plan_round(**acting_today(request))
    at_its_place(request, response, planned.pk)
    return Status(201, told(response, planned.pk))


@endpoints.get(
    "/{round_id}",
    scope=Scope.INQUIRIES_READ,
    answer=RoundOut,
    summary="One round",
    operation_id="read_round",
)
def read_round(request: HttpRequest, round_id: RowId, response: HttpResponse) -> Told:
    return told(response, round_id)


@endpoints.get(
    "/{round_id}/lines",
    scope=Scope.INQUIRIES_READ,
    answer=RoundLinePage,
    summary="Lines of a round, each with why it was planned",
    operation_id="list_round_lines",
    description="Sorts: id, inquiry.",
)
def list_round_lines(request: HttpRequest, round_id: RowId, query: Query[PageQuery]) -> Told:
    round_ = found(Round.objects.all(), round_id)
    sorts = {"id": ("id",), "inquiry": ("inquiry_id", "id")}
    found_page = page(rows.lines_of_round(round_), query, sorts)
    note_access(request, [row.search.patient_id for row in found_page.items], "list_round_lines")
    parameters = parameters_of(timezone.now())
    lines = [_line(row, with_figures(row, parameters)) for row in found_page.items]
    return {"items": lines, "next": found_page.next}


@endpoints.get(
    "/{round_id}/unplanned",
    scope=Scope.INQUIRIES_READ,
    answer=UnplannedOut,
    summary="Searches without a line in a round, and why",
    operation_id="list_unplanned",
    description="Worked out when asked for: it looks at every therapist again.",
)
def list_unplanned(request: HttpRequest, round_id: RowId, query: Query[UnplannedQuery]) -> Told:
    parameters, today = parameters_of(timezone.now()), timezone.localdate()
    unplanned = unplanned_in(round_=found(Round.objects.all(), round_id), parameters=parameters, today=today)
    shown = unplanned[: query.limit]
    note_access(request, [row.search.patient_id for row in shown], "list_unplanned")
    return {"count": len(unplanned), "searches": [_unplanned(request, row) for row in shown]}


@endpoints.post(
    "/{round_id}/release",
    scope=Scope.INQUIRIES_WRITE,
    answer=ReleasedOut,
    summary="Release a round or parts of it",
    operation_id="release_round",
    description="Each request is looked at once more. What is refused stays behind with its reason.",
)
def release_round(request: HttpRequest, round_id: RowId, data: ReleaseIn) -> Told:
    result = release_together.release_lines(
        round_=found(Round.objects.all(), round_id), inquiry_ids=data.inquiry_ids, **acting_today(request)
    )
    return released(result)


@endpoints.post(
    "/{round_id}/discard",
    scope=Scope.INQUIRIES_WRITE,
    answer=RoundOut,
    summary="Discard what has not been released of a round",
    operation_id="discard_round",
)
def discard_round(request: HttpRequest, round_id: RowId, response: HttpResponse) -> Told:
    rounds.discard(round_=found(Round.objects.all(), round_id), **acting(request))
    return told(response, round_id)


def told(response: HttpResponse, round_id: int) -> Told:
    """The round as it is now, with its ETag."""
    round_ = found(Round.objects.all(), round_id)
    versions.show(response, round_)
    return item(round_) | rows.round_counts(round_)


def item(round_: Round) -> Told:
    return {name: getattr(round_, name) for name in ITEM}


def _line(row: PlacementRequest, told_: Told) -> Told:
    return {**told_, "inquiry_status": row.inquiry.status, "channel": row.inquiry.channel}


def _unplanned(request: HttpRequest, row: Unplanned) -> Told:
    search = row.search
    return {
        "search_id": search.pk,
        "patient_id": search.patient_id,
        "case_code": search.patient.case_code,
        "started_on": search.started_on,
        "reason": coded(row.reason, phrases.UNPLANNED_REASONS[row.reason]),
        "blocked_by": blocking_told(request, row.blocking),
    }

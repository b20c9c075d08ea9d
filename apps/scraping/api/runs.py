"""Runs: one reading of a source each, its problems, and cancelling one."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from pydantic import Field

from apps.gateway import versions
from apps.gateway.enums import Scope
from apps.gateway.fields import Id, Moment, RowId
from apps.gateway.paging import Page, PageQuery, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.scraping.api.run_schemas import RunOut, RunPage, RunProblemPage
from apps.scraping.enums import RunKind, RunStatus
from apps.scraping.models import ImportRun
from apps.scraping.services import runs, upkeep

endpoints = Endpoints(tags=["imports"])

SORTS = {"id": ("id",)}


class RunQuery(PageQuery):
    """`sort`: id."""

    source_id: Id | None = None
    kind: RunKind | None = None
    status: RunStatus | None = None
    since: Moment | None = Field(None, description="Begun then or later")


class ProblemQuery(PageQuery):
    """`sort`: id."""


@endpoints.get("", scope=Scope.IMPORTS_READ, answer=RunPage, operation_id="list_runs", summary="List runs")
def list_runs(request: HttpRequest, query: Query[RunQuery]) -> Page:
    return page(_chosen(query), query, SORTS)


@endpoints.get(
    "/{run_id}", scope=Scope.IMPORTS_READ, answer=RunOut, operation_id="read_run", summary="Read a run"
)
def read_run(request: HttpRequest, response: HttpResponse, run_id: RowId) -> ImportRun:
    return _shown(response, run_id)


@endpoints.get(
    "/{run_id}/problems",
    scope=Scope.IMPORTS_READ,
    answer=RunProblemPage,
    operation_id="list_run_problems",
    summary="List what of a run did not become a record",
)
def list_run_problems(request: HttpRequest, run_id: RowId, query: Query[ProblemQuery]) -> Page:
    return page(_run(run_id).problems.all(), query, SORTS)


@endpoints.post(
    "/{run_id}/cancel",
    scope=Scope.IMPORTS_WRITE,
    answer=RunOut,
    operation_id="cancel_run",
    summary="Cancel a run",
)
def cancel_run(request: HttpRequest, response: HttpResponse, run_id: RowId) -> ImportRun:
    """A waiting one ends at once, a running one after its present step; what had come in is kept."""
    runs.cancel(run=_run(run_id), actor=principal(request).account, at=timezone.now())
    return _shown(response, run_id)


@endpoints.post(
    "/{run_id}/take-note",
    scope=Scope.IMPORTS_WRITE,
    answer=RunOut,
    operation_id="take_note_of_run",
    summary="Take note that a run failed or was unusual",
)
def take_note_of_run(request: HttpRequest, response: HttpResponse, run_id: RowId) -> ImportRun:
    """It leaves the work list of the staff."""
    upkeep.take_note(run=_run(run_id), actor=principal(request).account)
    return _shown(response, run_id)


def _chosen(query: RunQuery) -> QuerySet[ImportRun]:
    asked = {
        "source": query.source_id,
        "kind": query.kind,
        "status": query.status,
        "created_at__gte": query.since,
    }
    return ImportRun.objects.filter(**{name: value for name, value in asked.items() if value is not None})


def _run(pk: int) -> ImportRun:
    return get_object_or_404(ImportRun, pk=pk)


def _shown(response: HttpResponse, pk: int) -> ImportRun:
    run = _run(pk)
    versions.show(response, run)
    return run

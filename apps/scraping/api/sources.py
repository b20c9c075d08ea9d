"""Sources: how they are doing, and having one read by network or from a file. Permissions are for people."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import File, Form, Query, Schema
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import AwareDatetime, Field

from apps.gateway import versions
from apps.gateway.enums import Scope
from apps.gateway.fields import Day, In, RowId
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints
from apps.scraping.api.run_schemas import RunOut
from apps.scraping.forms import UploadForm
from apps.scraping.models import ImportRun, Source
from apps.scraping.selectors import sources
from apps.scraping.services import runs

endpoints = Endpoints(tags=["imports"])

SORTS = {"id": ("id",), "name": ("name", "id")}


class SourceQuery(PageQuery):
    """`sort`: id, name."""


class SourceItem(Schema):
    """A register or list. Files can always be read; fetching needs a permission that a person recorded."""

    id: int
    key: str
    name: str
    adapter: str = Field(description="Kind of records")
    url: str
    delay_seconds: float
    every_days: int = Field(description="Fetched every so many days; 0 only by hand")
    stale_after_days: int
    resting_until: AwareDatetime | None = Field(description="After a refusal it is left alone until then")
    resting_reason: str
    updated_at: AwareDatetime


class SourceOut(SourceItem):
    why_not_fetch: str = Field(description="Why it may not be fetched now, for people; empty where it may")
    next_fetch_on: date | None
    is_stale: bool = Field(description="Its data count as old")
    last_run_id: int | None
    records: int
    waiting: int = Field(description="Records that wait for review")
    proposals: int = Field(description="Open proposals")


class UploadIn(In):
    fetched_on: Day = Field(description="The day the file was saved; not in the future")
    is_whole: bool = Field(False, description="The file covers the whole source")


SourcePage = listed("SourcePage", SourceItem)


@endpoints.get(
    "", scope=Scope.IMPORTS_READ, answer=SourcePage, operation_id="list_sources", summary="List sources"
)
def list_sources(request: HttpRequest, query: Query[SourceQuery]) -> Page:
    return page(Source.objects.all(), query, SORTS)


@endpoints.get(
    "/{source_id}",
    scope=Scope.IMPORTS_READ,
    answer=SourceOut,
    operation_id="read_source",
    summary="Read a source and how it is doing",
)
def read_source(request: HttpRequest, response: HttpResponse, source_id: RowId) -> dict[str, Any]:
    source = _source(source_id)
    health = next(one for one in sources.health(at=timezone.now()) if one.source == source)
    versions.show(response, source)
    told = ("why_not_fetch", "next_fetch_on", "is_stale", "records", "waiting", "proposals")
    last = health.last_run.pk if health.last_run else None
    plain = SourceItem.from_orm(source).dict()
    return {**plain, **{name: getattr(health, name) for name in told}, "last_run_id": last}


@endpoints.post(
    "/{source_id}/runs",
    scope=Scope.IMPORTS_WRITE,
    answer=RunOut,
    status=201,
    operation_id="start_run",
    summary="Have a source fetched",
)
def start_run(request: HttpRequest, response: HttpResponse, source_id: RowId) -> Any:
    """In the background. Refused (409) without a permission in force, while a run is under way, and while
    the source rests."""
    now = timezone.now()
    run = runs.queue_fetch(
        source=_source(source_id), actor=principal(request).account, at=now, today=timezone.localdate(now)
    )
    return _begun(request, response, run)


@endpoints.post(
    "/{source_id}/files",
    scope=Scope.IMPORTS_WRITE,
    answer=RunOut,
    status=201,
    operation_id="upload_source_file",
    summary="Have a file of a source read",
)
def upload_source_file(
    request: HttpRequest,
    response: HttpResponse,
    source_id: RowId,
    data: Form[UploadIn],
    file: File[UploadedFile],
) -> Any:
    """In the background. Refused (409) while a run of this source is under way."""
    source = _source(source_id)
    form = UploadForm(data.dict(), {"file": file}, source=source)
    if not form.is_valid():
        raise ValidationError(form.errors.as_data())
    run = runs.queue_file(
        source=source,
        name=file.name or "",
        content=file.read(),
        fetched_on=data.fetched_on,
        is_whole=data.is_whole,
        actor=principal(request).account,
    )
    return _begun(request, response, run)


def _source(pk: int) -> Source:
    return get_object_or_404(Source, pk=pk)


def _begun(request: HttpRequest, response: HttpResponse, run: ImportRun) -> Any:
    response["Location"] = f"/api/v1/runs/{run.pk}"
    versions.show(response, run)
    return Status(201, run)

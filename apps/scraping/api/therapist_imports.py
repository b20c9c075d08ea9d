"""Files that bring therapists in: upload, match columns, try out, import. In the background, row by row."""

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Schema
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import AwareDatetime, Field

from apps.core.imports import selectors
from apps.core.imports.enums import FileStatus, RowResult
from apps.core.imports.kinds import kind_of
from apps.core.imports.models import FileImport, FileRow
from apps.core.imports.services import queue
from apps.gateway import versions
from apps.gateway.enums import Scope
from apps.gateway.fields import Day, In, RowId, Text
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints

endpoints = Endpoints(tags=["imports"])

KIND = "therapists"
SORTS = {"id": ("id",)}


class ImportQuery(PageQuery):
    """`sort`: id."""

    status: FileStatus | None = None


class RowQuery(PageQuery):
    """`sort`: id."""

    result: RowResult | None = None


class ImportItem(Schema):
    """An uploaded file. `done` = new + changed + unchanged + rejected, at every moment."""

    id: int
    status: FileStatus
    file_name: str
    as_of: date
    is_trial: bool = Field(description="What the counts say has only been tried")
    total: int = Field(description="Rows of the file, once it was tried out")
    done: int
    new: int
    changed: int
    unchanged: int
    rejected: int
    error: str = Field(description="Why it failed, for people")
    created_by_id: int | None
    started_by_id: int | None
    created_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    updated_at: AwareDatetime


class ImportColumnOut(Schema):
    key: str
    german: str
    english: str
    is_required: bool


class ImportOut(ImportItem):
    header: list[str] = Field(description="The headings of the file")
    samples: list[list[str]] = Field(description="Its first rows")
    remarks: list[str] = Field(description="What to know about the file, for people")
    chosen: list[str] = Field(description="The key of our column for every heading, empty for none")
    columns: list[ImportColumnOut] = Field(description="The columns there are")

    @staticmethod
    def resolve_columns(_row: Any) -> list[Any]:
        return list(kind_of(KIND).columns(timezone.localdate()))


class ImportRowOut(Schema):
    """A row that was rejected, or about which a person should know something."""

    id: int
    line: int
    result: RowResult
    cells: list[str] = Field(description="Of rejected rows")
    texts: list[tuple[str, str]] = Field(description="Heading (empty: the whole row) and sentence")


class ImportFileIn(In):
    as_of: Day | None = Field(None, description="The day a saved answer of the register was given")


class ImportColumnsIn(In):
    columns: list[Text] = Field(max_length=1000, description="One key for every heading, empty for none")


ImportPage = listed("TherapistImportPage", ImportItem)
RowPage = listed("TherapistImportRowPage", ImportRowOut)


@endpoints.get(
    "",
    scope=Scope.IMPORTS_READ,
    answer=ImportPage,
    operation_id="list_therapist_imports",
    summary="List files of therapists",
)
def list_therapist_imports(request: HttpRequest, query: Query[ImportQuery]) -> Page:
    rows = _rows(selectors.import_list())
    return page(rows.filter(status=query.status) if query.status else rows, query, SORTS)


@endpoints.post(
    "",
    scope=Scope.IMPORTS_WRITE,
    answer=ImportOut,
    status=201,
    operation_id="upload_therapist_import",
    summary="Upload a file of therapists",
)
def upload_therapist_import(
    request: HttpRequest, response: HttpResponse, data: Form[ImportFileIn], file: File[UploadedFile]
) -> Any:
    """CSV, Excel or JSON, at most 20 MB. The same file, still open, is the same import."""
    file_import = queue.upload(
        kind=kind_of(KIND),
        name=file.name or "",
        content=file.read(queue.MOST_BYTES + 1),
        as_of=data.as_of,
        actor=principal(request).account,
        at=timezone.now(),
    )
    response["Location"] = f"{request.path}/{file_import.pk}"
    return Status(201, _shown(response, file_import.pk))


@endpoints.get(
    "/{import_id}",
    scope=Scope.IMPORTS_READ,
    answer=ImportOut,
    operation_id="read_therapist_import",
    summary="Read the state of a file of therapists",
)
def read_therapist_import(request: HttpRequest, response: HttpResponse, import_id: RowId) -> FileImport:
    return _shown(response, import_id)


@endpoints.get(
    "/{import_id}/rows",
    scope=Scope.IMPORTS_READ,
    answer=RowPage,
    operation_id="list_therapist_import_rows",
    summary="List rejected rows and those with something to know",
)
def list_therapist_import_rows(request: HttpRequest, import_id: RowId, query: Query[RowQuery]) -> Page:
    rows = FileRow.objects.filter(file_import=_import(import_id))
    return page(rows.filter(result=query.result) if query.result else rows, query, SORTS)


@endpoints.post(
    "/{import_id}/try",
    scope=Scope.IMPORTS_WRITE,
    answer=ImportOut,
    operation_id="try_therapist_import",
    summary="Match the columns and have the file tried out",
)
def try_therapist_import(
    request: HttpRequest, response: HttpResponse, import_id: RowId, data: ImportColumnsIn
) -> FileImport:
    """Everything is done as in the import and taken back at once."""
    file_import = _import(import_id)
    _check_columns(file_import, data.columns)
    actor, at = principal(request).account, timezone.now()
    queue.choose(file_import=file_import, chosen=data.columns, actor=actor, at=at)
    return _shown(response, import_id)


@endpoints.post(
    "/{import_id}/start",
    scope=Scope.IMPORTS_WRITE,
    answer=ImportOut,
    operation_id="start_therapist_import",
    summary="Import a file that was tried out",
)
def start_therapist_import(request: HttpRequest, response: HttpResponse, import_id: RowId) -> FileImport:
    queue.start(file_import=_import(import_id), actor=principal(request).account, at=timezone.now())
    return _shown(response, import_id)


@endpoints.post(
    "/{import_id}/cancel",
    scope=Scope.IMPORTS_WRITE,
    answer=ImportOut,
    operation_id="cancel_therapist_import",
    summary="Cancel an import",
)
def cancel_therapist_import(request: HttpRequest, response: HttpResponse, import_id: RowId) -> FileImport:
    """What has come in stays; the file itself is deleted."""
    queue.cancel(file_import=_import(import_id), actor=principal(request).account, at=timezone.now())
    return _shown(response, import_id)


def _rows(rows: QuerySet[FileImport]) -> QuerySet[FileImport]:
    """Files of therapists alone: those of patients are none of this part's business."""
    return rows.filter(kind=KIND)


def _import(pk: int) -> FileImport:
    return get_object_or_404(_rows(FileImport.objects.all()), pk=pk)


def _check_columns(file_import: FileImport, chosen: list[str]) -> None:
    keys = {"", *(column.key for column in kind_of(KIND).columns(timezone.localdate()))}
    if len(chosen) != len(file_import.header) or not set(chosen) <= keys:
        text = _("One key for every heading of the file, please, or an empty one to leave it out.")
        raise ValidationError({"columns": text})


def _shown(response: HttpResponse, pk: int) -> FileImport:
    file_import = _import(pk)
    versions.show(response, file_import)
    return file_import

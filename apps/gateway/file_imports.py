"""Files that bring people in: upload, match columns, try out, import. In the background, row by row.

An app mounts them for its own kind of file; of files of other kinds it knows nothing.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import File, Form, Query, Schema
from ninja.files import UploadedFile
from ninja.responses import Status
from pydantic import AwareDatetime, Field

from apps.accounts.models import User
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
    def resolve_columns(row: FileImport) -> list[Any]:
        return list(kind_of(row.kind).columns(timezone.localdate()))


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


ImportPage = listed("FileImportPage", ImportItem)
RowPage = listed("FileImportRowPage", ImportRowOut)


@dataclass(frozen=True)
class Files:
    """Files of one kind (`apps.core.imports.kinds`). `noun` is in the names of operations: `therapist`."""

    kind: str
    noun: str
    reading: Scope
    writing: Scope

    def endpoints(self) -> Endpoints:
        endpoints = Endpoints(tags=["imports"])
        _add_lists(endpoints, self)
        _add_upload(endpoints, self)
        _add_acts(endpoints, self)
        return endpoints

    def one(self, pk: int) -> FileImport:
        return get_object_or_404(FileImport, kind=self.kind, pk=pk)

    def shown(self, response: HttpResponse, pk: int) -> FileImport:
        file_import = self.one(pk)
        versions.show(response, file_import)
        return file_import


def _add_lists(endpoints: Endpoints, files: Files) -> None:
    @endpoints.get(
        "",
        scope=files.reading,
        answer=ImportPage,
        operation_id=f"list_{files.noun}_imports",
        summary=f"List files of {files.noun}s",
    )
    def list_imports(request: HttpRequest, query: Query[ImportQuery]) -> Page:
        rows = selectors.import_list().filter(kind=files.kind)
        return page(rows.filter(status=query.status) if query.status else rows, query, SORTS)

    @endpoints.get(
        "/{import_id}",
        scope=files.reading,
        answer=ImportOut,
        operation_id=f"read_{files.noun}_import",
        summary=f"Read the state of a file of {files.noun}s",
    )
    def read_import(request: HttpRequest, response: HttpResponse, import_id: RowId) -> FileImport:
        return files.shown(response, import_id)

    @endpoints.get(
        "/{import_id}/rows",
        scope=files.reading,
        answer=RowPage,
        operation_id=f"list_{files.noun}_import_rows",
        summary="List rejected rows and those with something to know",
    )
    def list_rows(request: HttpRequest, import_id: RowId, query: Query[RowQuery]) -> Page:
        rows = FileRow.objects.filter(file_import=files.one(import_id))
        return page(rows.filter(result=query.result) if query.result else rows, query, SORTS)


def _add_upload(endpoints: Endpoints, files: Files) -> None:
    @endpoints.post(
        "",
        scope=files.writing,
        answer=ImportOut,
        status=201,
        operation_id=f"upload_{files.noun}_import",
        summary=f"Upload a file of {files.noun}s",
        description="CSV, Excel or JSON, at most 20 MB. The same file, still open, is the same import.",
    )
    def upload(
        request: HttpRequest, response: HttpResponse, data: Form[ImportFileIn], file: File[UploadedFile]
    ) -> Any:
        actor, at = _acting(request)
        file_import = queue.upload(
            kind=kind_of(files.kind),
            name=file.name or "",
            content=file.read(queue.MOST_BYTES + 1),
            as_of=data.as_of,
            actor=actor,
            at=at,
        )
        response["Location"] = f"{request.path}/{file_import.pk}"
        return Status(201, files.shown(response, file_import.pk))

    @endpoints.post(
        "/{import_id}/try",
        scope=files.writing,
        answer=ImportOut,
        operation_id=f"try_{files.noun}_import",
        summary="Match the columns and have the file tried out",
        description="Everything is done as in the import and taken back at once.",
    )
    def try_out(
        request: HttpRequest, response: HttpResponse, import_id: RowId, data: ImportColumnsIn
    ) -> FileImport:
        file_import, (actor, at) = files.one(import_id), _acting(request)
        _check_columns(file_import, data.columns)
        queue.choose(file_import=file_import, chosen=data.columns, actor=actor, at=at)
        return files.shown(response, import_id)


def _add_acts(endpoints: Endpoints, files: Files) -> None:
    @endpoints.post(
        "/{import_id}/start",
        scope=files.writing,
        answer=ImportOut,
        operation_id=f"start_{files.noun}_import",
        summary="Import a file that was tried out",
    )
    def start(request: HttpRequest, response: HttpResponse, import_id: RowId) -> FileImport:
        actor, at = _acting(request)
        queue.start(file_import=files.one(import_id), actor=actor, at=at)
        return files.shown(response, import_id)

    @endpoints.post(
        "/{import_id}/cancel",
        scope=files.writing,
        answer=ImportOut,
        operation_id=f"cancel_{files.noun}_import",
        summary="Cancel an import",
        description="What has come in stays; the file itself is deleted.",
    )
    def cancel(request: HttpRequest, response: HttpResponse, import_id: RowId) -> FileImport:
        actor, at = _acting(request)
        queue.cancel(file_import=files.one(import_id), actor=actor, at=at)
        return files.shown(response, import_id)


def _acting(request: HttpRequest) -> tuple[User, datetime]:
    return principal(request).account, timezone.now()


def _check_columns(file_import: FileImport, chosen: list[str]) -> None:
    keys = {"", *(column.key for column in kind_of(file_import.kind).columns(timezone.localdate()))}
    if len(chosen) != len(file_import.header) or not set(chosen) <= keys:
        text = _("One key for every heading of the file, please, or an empty one to leave it out.")
        raise ValidationError({"columns": text})

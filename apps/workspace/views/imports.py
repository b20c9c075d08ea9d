"""Files that bring patients and therapists in: the overview, and one file from upload to result."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.errors import NotAllowed
from apps.core.exports import list_response, records
from apps.core.forms import posted
from apps.core.imports import selectors
from apps.core.imports.enums import ENDED, FileStatus
from apps.core.imports.errors import UnusableFile
from apps.core.imports.kinds import FileKind, every_kind, kinds_for
from apps.core.imports.models import FileImport
from apps.core.imports.report import rejected_lines
from apps.core.imports.sections import sections
from apps.core.imports.services import queue
from apps.core.imports.services.keeping import KEEP_FOR
from apps.workspace.import_forms import ColumnsForm, FileImportFilter, UploadForm
from apps.workspace.import_tables import FileImportTable

ROWS_A_PAGE = 25
ROWS_SHOWN = 50
MATCHABLE = (FileStatus.UPLOADED, FileStatus.TRIED)

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@viewing
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {
        "filter": chosen,
        "table": table,
        "open_imports": selectors.open_imports().order_by("-pk"),
        "sections": sections(user=request.user, at=timezone.now()),
        "kinds": kinds_for(request.user),
    }
    return render(request, "imports/overview.html", context)


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    _filter, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    lines, count = _lines(table), len(table.rows)
    return list_response(request, name="imports", file_format=file_format, lines=lines, count=count)


@working
@reads_and_writes
def create(request: HttpRequest) -> HttpResponse:
    kinds = kinds_for(request.user)
    initial = {"kind": request.GET.get("kind", "")}
    form = UploadForm(posted(request), request.FILES or None, kinds=kinds, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("imports:columns", _uploaded(request, form).pk)
        except UnusableFile as error:
            form.add_error("file", str(error.message))
    return render(request, "imports/create.html", {"form": form, "kinds": kinds})


@working
@reads_and_writes
def columns(request: HttpRequest, pk: int) -> HttpResponse:
    file_import, kind = _ours(request, pk)
    if file_import.status not in MATCHABLE:
        return redirect(file_import)
    known = kind.columns(timezone.localdate())
    form = ColumnsForm(posted(request), file_import=file_import, columns=known)
    if request.method == "POST" and form.is_valid():
        try:
            queue.choose(file_import=file_import, chosen=form.chosen, actor=request.user, at=timezone.now())
            return redirect(file_import)
        except UnusableFile as error:
            form.add_error(None, str(error.message))
    context = {"form": form, "file_import": file_import, "kind": kind}
    return render(request, "imports/columns.html", context)


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    file_import = get_object_or_404(selectors.import_list().defer(None), pk=pk)
    kind = _kind(file_import)
    rejected_rows, noted_rows = selectors.rejected_rows(file_import), selectors.noted_rows(file_import)
    context = {
        "file_import": file_import,
        "kind": kind,
        "may_act": kind is not None and getattr(request.user, kind.right, False),
        "ready": file_import.total - file_import.rejected,
        "rejected_rows": rejected_rows[:ROWS_SHOWN],
        "noted_rows": noted_rows[:ROWS_SHOWN],
        "noted_count": noted_rows.count(),
        "rows_shown": ROWS_SHOWN,
        "keep_until": _keep_until(file_import),
        "waits_behind": selectors.waits_behind(file_import),
        "left_out": _left_out(file_import),
    }
    return render(request, "imports/detail.html", context)


@viewing
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks again every two seconds; when a person is needed or all is done the page is loaded anew."""
    if not getattr(request, "htmx", False):
        return detail(request, pk=pk)
    file_import = get_object_or_404(selectors.import_list(), pk=pk)
    context = {"file_import": file_import, "waits_behind": selectors.waits_behind(file_import)}
    response = render(request, "imports/progress.html", context)
    if not file_import.is_at_work:
        response["HX-Refresh"] = "true"
    return response


@working
@require_POST
def start(request: HttpRequest, pk: int) -> HttpResponse:
    file_import, _kind_of_it = _ours(request, pk)
    queue.start(file_import=file_import, actor=request.user, at=timezone.now())
    return redirect(file_import)


@working
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    file_import, _kind_of_it = _ours(request, pk)
    queue.cancel(file_import=file_import, actor=request.user, at=timezone.now())
    messages.success(request, _("The import is cancelled. What had come in stays."))
    return redirect(file_import)


@working
@require_GET
def rejected(request: HttpRequest, pk: int, file_format: str) -> HttpResponse:
    """The rejected rows as they were, with line and reason, to be corrected and uploaded again."""
    file_import, kind = _ours(request, pk)
    return list_response(
        request,
        name=f"rejected-{kind.key}",
        file_format=file_format,
        lines=rejected_lines(file_import.header, selectors.rejected(file_import)),
        count=selectors.rejected_rows(file_import).count(),
    )


def _ours(request: HttpRequest, pk: int) -> tuple[FileImport, FileKind]:
    """The import and its kind, where this person may upload such files."""
    file_import = get_object_or_404(FileImport, pk=pk)
    kind = _kind(file_import)
    if kind is None or not getattr(request.user, kind.right, False):
        raise NotAllowed(_("Your role does not allow this. Please ask the management."))
    return file_import, kind


def _kind(file_import: FileImport) -> FileKind | None:
    return {kind.key: kind for kind in every_kind()}.get(file_import.kind)


def _uploaded(request: HttpRequest, form: UploadForm) -> FileImport:
    file = form.cleaned_data["file"]
    return queue.upload(
        kind=form.file_kind,
        name=file.name,
        content=file.read(),
        as_of=form.cleaned_data["as_of"],
        actor=request.user,
        at=timezone.now(),
    )


def _keep_until(file_import: FileImport) -> Any:
    if file_import.status not in ENDED or file_import.forgotten_at:
        return None
    assert file_import.finished_at is not None  # the database keeps it so
    return timezone.localdate(file_import.finished_at + KEEP_FOR + timedelta(days=1))


def _left_out(file_import: FileImport) -> list[str]:
    """Headings nobody matched with a column."""
    pairs = zip(file_import.header, file_import.chosen, strict=False)
    return [heading.strip() for heading, key in pairs if not key and heading.strip()]


def _chosen(request: HttpRequest) -> tuple[FileImportFilter, FileImportTable]:
    chosen = FileImportFilter(request.GET, queryset=selectors.import_list(), request=request)
    return chosen, FileImportTable(chosen.qs)


def _lines(table: FileImportTable) -> Iterator[list[Any]]:
    yield [
        *(_("Uploaded"), _("What"), _("File"), _("Status"), _("Rows"), _("New"), _("Changed")),
        *(_("Unchanged"), _("Rejected"), _("By"), _("Finished")),
    ]
    for row in records(table):
        yield [
            *(row.created_at, table.kinds.get(row.kind, row.kind), row.file_name, row.get_status_display()),
            *(row.total, row.new, row.changed, row.unchanged, row.rejected),
            *(row.created_by.display_name if row.created_by else "", row.finished_at),
        ]

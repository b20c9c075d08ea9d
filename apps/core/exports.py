"""A list taken out as a file: the same rows the page shows, and a note of who took what."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.csv_export import streamed_csv
from apps.core.imports.models import ExportEntry
from apps.core.xlsx_export import xlsx_response

CSV, XLSX = "csv", "xlsx"
RESPONSES: dict[str, Any] = {CSV: streamed_csv, XLSX: xlsx_response}
RECORDS_A_PIECE = 500


def list_response(
    request: HttpRequest, *, name: str, file_format: str, lines: Iterable[Iterable[Any]], count: int
) -> HttpResponse:
    """`name`: of the list and of the file; the first of `lines` is the heading, `count` rows follow."""
    at = timezone.now()
    record_export(
        actor=request.user,
        list_name=name,
        file_format=file_format,
        query={key: values for key, values in request.GET.lists() if any(values)},
        row_count=count,
        at=at,
    )
    filename = f"{name}-{timezone.localdate(at):%Y-%m-%d}.{file_format}"
    return cast("HttpResponse", RESPONSES[file_format](filename, lines))  # streamed, sent like any other


def record_export(
    *, actor: Any, list_name: str, file_format: str, query: dict[str, Any], row_count: int, at: datetime
) -> None:
    ExportEntry.objects.create(
        actor=actor, list_name=list_name, file_format=file_format, query=query, row_count=row_count, at=at
    )


def records(table: Any) -> Iterator[Any]:
    """Every row of a table over a queryset, filtered and sorted as the page has it, a piece at a time."""
    return iter(table.data.data.iterator(chunk_size=RECORDS_A_PIECE))


def record_ids(table: Any) -> list[int]:
    return list(table.data.data.values_list("pk", flat=True))

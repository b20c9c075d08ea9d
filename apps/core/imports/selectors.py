"""Imports as the pages show them."""

from collections.abc import Iterator

from django.db.models import QuerySet

from apps.core.imports.enums import ENDED, FileStatus, RowResult
from apps.core.imports.models import FileImport, FileRow
from apps.core.imports.report import Rejected

FROM_THE_FILE = ("header", "samples", "remarks", "chosen")


def import_list() -> QuerySet[FileImport]:
    """Newest first, without what stood in the files."""
    return FileImport.objects.select_related("created_by", "started_by").defer(*FROM_THE_FILE)


def open_imports() -> QuerySet[FileImport]:
    """What waits for a person or a worker."""
    return import_list().exclude(status__in=ENDED)


def waits_behind(file_import: FileImport) -> bool:
    """A file of this kind is worked on: this one has its turn afterwards."""
    working = FileImport.objects.filter(kind=file_import.kind).exclude(pk=file_import.pk)
    return working.filter(status__in=[FileStatus.TRIAL, FileStatus.RUNNING]).exists()


def rejected_rows(file_import: FileImport) -> QuerySet[FileRow]:
    return FileRow.objects.filter(file_import=file_import, result=RowResult.REJECTED)


def noted_rows(file_import: FileImport) -> QuerySet[FileRow]:
    return FileRow.objects.filter(file_import=file_import).exclude(result=RowResult.REJECTED)


def rejected(file_import: FileImport) -> Iterator[Rejected]:
    """For the file of rejected rows."""
    for row in rejected_rows(file_import).iterator(chunk_size=500):
        yield row.line, row.cells, " ".join(sentences(row))


def sentences(row: FileRow) -> list[str]:
    return [f"{heading}: {text}" if heading else text for heading, text in row.texts]

"""Workbooks made by hand, and a kind of file that needs no app."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from django.contrib.auth.models import Group
from openpyxl import Workbook

from apps.core.errors import Refused
from apps.core.imports import kinds
from apps.core.imports.cells import text, whole_number
from apps.core.imports.columns import Column, Entry
from apps.core.imports.kinds import FileKind
from apps.core.imports.report import Outcome, Result

COLUMNS = [
    Column("name", "Bezeichnung", "Label", text(40), aliases="Gruppenname", is_required=True),
    Column("size", "Größe", "Size", whole_number),
]


def workbook(*rows: Iterable[Any], change: Callable[[Workbook], None] | None = None) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(list(row))
    if change:
        change(book)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_part(content: bytes, name: str, change: Callable[[bytes], bytes]) -> bytes:
    """The same archive with one part changed (or added)."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new:
        parts = {part: old.read(part) for part in old.namelist()}
        parts[name] = change(parts.get(name, b""))
        for part, data in parts.items():
            new.writestr(part, data)
    return file.getvalue()


class GroupImport:
    """Groups of staff, standing for any model. `hooks` run before the row of that name is saved."""

    hooks: dict[str, Callable[[], None]] = {}

    def __init__(self) -> None:
        self.taken: list[str] = []

    def prepare(self, entries: Sequence[Entry]) -> None:
        self.prepared = len(entries)

    def take(self, entry: Entry) -> Outcome:
        name = entry.values["name"]
        if name in self.taken:
            raise Refused("This name was there already.")
        self.taken.append(name)
        _group, is_new = Group.objects.get_or_create(name=name)
        self.hooks.get(name, lambda: None)()
        notes = ("Look here.",) if name == "noted" else ()
        return Outcome(Result.NEW if is_new else Result.UNCHANGED, notes)


def _importer(*, actor: Any, at: datetime, is_trial: bool) -> GroupImport:
    return GroupImport()


def _columns(today: date) -> list[Column]:
    return COLUMNS


GROUPS = FileKind(
    key="groups",
    label="Groups",
    hint="Only for tests.",
    icon="patients",
    list_page="patients:list",
    columns=_columns,
    importer=_importer,
)


@contextmanager
def groups_registered(**hooks: Callable[[], None]) -> Iterator[FileKind]:
    kinds.register(GROUPS)
    GroupImport.hooks = hooks
    yield GROUPS
    GroupImport.hooks = {}
    kinds._kinds.pop("groups")

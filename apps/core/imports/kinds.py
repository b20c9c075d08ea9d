"""What files can be uploaded: every app that takes rows registers its kind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from django.utils.functional import Promise

from apps.core.imports.columns import Column, fold, headings
from apps.core.imports.reading import Shape, read_table
from apps.core.imports.running import Importer
from apps.core.imports.tables import Table


class MakeImporter(Protocol):
    def __call__(self, *, actor: Any, at: datetime, is_trial: bool) -> Importer:
        """In a trial every row is taken back at once: the importer itself remembers what the file brings."""


def no_shapes(as_of: date) -> Sequence[Shape]:
    """Only tables and plain JSON lists."""
    return ()


@dataclass(frozen=True)
class FileKind:
    """`right`: what of `accounts.User` allows uploading. `list_page`: where the result is seen."""

    key: str
    label: str | Promise
    hint: str | Promise
    icon: str
    list_page: str
    columns: Callable[[date], list[Column]]
    importer: MakeImporter
    shapes: Callable[[date], Sequence[Shape]] = no_shapes
    right: str = "can_work"

    def table(self, content: bytes, *, as_of: date, today: date, most_rows: int | None = None) -> Table:
        """Raises UnusableFile."""
        known = headings(self.columns(today))
        return read_table(
            content,
            is_known=lambda text: fold(text) in known,
            shapes=self.shapes(as_of),
            most_rows=most_rows,
        )


_kinds: dict[str, FileKind] = {}


def register(kind: FileKind) -> None:
    _kinds[kind.key] = kind


def every_kind() -> list[FileKind]:
    return sorted(_kinds.values(), key=lambda kind: kind.key)


def kinds_for(user: Any) -> list[FileKind]:
    """What this person may upload."""
    return [kind for kind in every_kind() if getattr(user, kind.right, False)]


def kind_of(key: str) -> FileKind:
    """Raises KeyError."""
    return _kinds[key]

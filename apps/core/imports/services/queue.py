"""What people do with an uploaded file: match its columns, have it tried out, import it, cancel it."""

import base64
import hashlib
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.core.encryption import blind_index
from apps.core.errors import Refused
from apps.core.imports import matching
from apps.core.imports.columns import lay_out
from apps.core.imports.enums import COUNTS, ENDED, FileStatus
from apps.core.imports.errors import UnusableFile
from apps.core.imports.kinds import FileKind, kind_of
from apps.core.imports.models import ColumnChoice, FileContent, FileImport, FileRow
from apps.core.imports.tables import Table
from apps.core.transitions import move, record_start
from apps.events import bell

TASK = "imports.work_off"
MOST_BYTES = 20 * 1024 * 1024
SAMPLE_ROWS = 3
LONGEST_SAMPLE = 80
NO_COUNTS = dict.fromkeys(("done", *COUNTS), 0)


def upload(
    *, kind: FileKind, name: str, content: bytes, as_of: date | None, actor: Any, at: datetime
) -> FileImport:
    """Keep the file and suggest its columns. The same file of the same kind, still open, is the same import.

    `as_of`: the day a register answered, else today. Raises UnusableFile, and then nothing is kept.
    """
    if len(content) > MOST_BYTES:
        raise UnusableFile(_("The file is larger than 20 MB. Please split it."))
    today = timezone.localdate(at)
    table = kind.table(content, as_of=as_of or today, today=today, most_rows=SAMPLE_ROWS)
    if not table.rows:
        raise UnusableFile(_("There are headings in the file, but no rows."))
    fingerprint = blind_index(hashlib.sha256(content).hexdigest())
    same = FileImport.objects.filter(kind=kind.key, fingerprint=fingerprint).exclude(status__in=ENDED)
    fields = {"file_name": name[:200], "as_of": as_of or today, "language": get_language() or "de"}
    try:
        return same.first() or _kept(kind, fingerprint, table, content, fields, actor=actor, at=at)
    except IntegrityError:  # sent twice in the same moment
        return same.get()


@transaction.atomic
def _kept(
    kind: FileKind,
    fingerprint: str,
    table: Table,
    content: bytes,
    fields: dict[str, Any],
    *,
    actor: Any,
    at: datetime,
) -> FileImport:
    columns = kind.columns(timezone.localdate(at))
    file_import = FileImport.objects.create(
        **fields,
        kind=kind.key,
        fingerprint=fingerprint,
        header=list(table.header),
        samples=[[cell[:LONGEST_SAMPLE] for cell in row.cells] for row in table.rows],
        remarks=list(table.remarks),
        chosen=_remembered(kind, table.header) or matching.suggestion(table.header, columns),
        created_by=actor,
    )
    packed = base64.b64encode(zlib.compress(content, 6)).decode()
    FileContent.objects.create(file_import=file_import, packed=packed)
    record_start(file_import, actor=actor, at=at)
    return file_import


def content_of(file_import: FileImport) -> bytes:
    """Raises Refused where the file has been deleted already."""
    kept = FileContent.objects.filter(file_import=file_import).first()
    if kept is None:
        raise Refused(_("The file has been deleted. Please upload it again."))
    return zlib.decompress(base64.b64decode(kept.packed))


def _remembered(kind: FileKind, header: Sequence[str]) -> list[str] | None:
    choice = ColumnChoice.objects.filter(kind=kind.key, headings=matching.headings_key(header)).first()
    return choice.chosen if choice else None


@transaction.atomic
def choose(*, file_import: FileImport, chosen: Sequence[str], actor: Any, at: datetime) -> FileImport:
    """Take these columns, remember them for files with the same headings, have the file tried out.

    Raises UnusableFile where a column is chosen twice or a required one is missing.
    """
    kind = kind_of(file_import.kind)
    lay_out(file_import.header, kind.columns(timezone.localdate(at)), chosen)
    ColumnChoice.objects.update_or_create(
        kind=kind.key,
        headings=matching.headings_key(file_import.header),
        defaults={"chosen": list(chosen), "chosen_at": at},
    )
    fields = {"chosen": list(chosen), "losses": 0, "total": 0, **NO_COUNTS}
    fresh = move(file_import, to=FileStatus.TRIAL_QUEUED, actor=actor, at=at, fields=fields)
    FileRow.objects.filter(file_import=fresh).delete()
    bell.ring(TASK)
    return fresh


@transaction.atomic
def start(*, file_import: FileImport, actor: Any, at: datetime) -> FileImport:
    """Import what has been tried out. A second click raises StaleState."""
    if file_import.status == FileStatus.TRIED and file_import.rejected == file_import.total:
        raise Refused(_("No row of this file could come in. Please match the columns or correct the file."))
    fields = {"started_by": actor, "losses": 0}
    fresh = move(file_import, to=FileStatus.QUEUED, actor=actor, at=at, fields=fields)
    bell.ring(TASK)
    return fresh


@transaction.atomic
def cancel(*, file_import: FileImport, actor: Any, at: datetime) -> FileImport:
    """What has come in stays; a worker notices before its next row. The file itself is deleted at once."""
    fields = {"finished_at": at}
    fresh = move(file_import, to=FileStatus.CANCELLED, actor=actor, at=at, fields=fields)
    FileContent.objects.filter(file_import=fresh).delete()
    return fresh

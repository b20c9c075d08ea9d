"""Merges in a person's story: that there was one, what the other record was called, and its undoing."""

from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from apps.core.models import MergeRecord
from apps.core.timeline import Entry, tells_of


def tell(person: str, kind: str) -> None:
    """Register the merges of a kind for the stories of these persons."""

    @tells_of(person)
    def of_merges(pk: int) -> Iterable[Entry]:
        rows = MergeRecord.objects.filter(kind=kind, kept_id=pk).select_related("merged_by", "undone_by")
        return [entry for row in rows.defer("log") for entry in _entries(row)]


def _entries(row: MergeRecord) -> Iterator[Entry]:
    name = {"name": row.names.get("dropped", f"#{row.dropped_id}")}
    actor = row.merged_by.display_name if row.merged_by else ""
    text = _("Merged with %(name)s") % name
    yield {"at": row.merged_at, "actor": actor, "icon": "sort", "text": text, "reason": row.reason}
    if row.undone_at is not None:
        actor = row.undone_by.display_name if row.undone_by else ""
        text = _("Merge with %(name)s undone") % name
        yield {"at": row.undone_at, "actor": actor, "icon": "undo", "text": text, "reason": row.undo_reason}

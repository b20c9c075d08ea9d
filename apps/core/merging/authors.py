"""Which fields of a record a person has typed: read from the audit trail."""

from itertools import pairwise
from typing import Any


def hand_edited(record: Any, pages: tuple[str, ...]) -> frozenset[str]:
    """Fields last changed on one of these pages (beginnings of paths), where the trail knows it.

    What came by a file or was accepted from a source does not count, and neither do encrypted fields: the
    trail leaves them out.
    """
    events = list(record.events.select_related("pgh_context").order_by("pgh_id"))
    told = {field.name for field in events[0]._meta.concrete_fields} if events else set()
    columns = {one.attname: one.name for one in record._meta.concrete_fields if one.name in told}
    found: set[str] = set()
    if events and _is_by_hand(events[0], pages):
        found = {column for column in columns if getattr(events[0], column) not in ("", None, [], False)}
    for before, after in pairwise(events):
        changed = {column for column in columns if getattr(before, column) != getattr(after, column)}
        found = found | changed if _is_by_hand(after, pages) else found - changed
    return frozenset(columns[column] for column in found)


def _is_by_hand(event: Any, pages: tuple[str, ...]) -> bool:
    context = event.pgh_context.metadata if event.pgh_context else {}
    return bool(context.get("user")) and str(context.get("path", "")).startswith(pages)

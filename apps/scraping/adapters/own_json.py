"""Our own JSON form: a list of objects with the fields of DirectoryEntry. docs/adapters.md has an example."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.scraping.adapters.base import (
    Adapter,
    Record,
    UnknownShape,
    json_of,
    named_records,
    storable,
    text,
    texts,
)
from apps.scraping.adapters.chamber_csv import draft_of
from apps.scraping.adapters.drafts import finished
from apps.scraping.adapters.fields import FIELDS
from apps.scraping.records import DirectoryEntry, Rejected

LISTS = frozenset({"approvals", "languages", "foreign_languages", "phone_hours", "further_qualifications"})
NOT_READ = frozenset({"doubts", "payload"})


class OwnJson(Adapter):
    key = "own_json"
    label = gettext_lazy("Our own form (JSON)")
    suffixes = (".json",)

    def records(self, content: bytes, mapping: Mapping[str, str]) -> Sequence[Record]:
        root = json_of(content)
        if not isinstance(root, list):
            raise UnknownShape(_("A JSON file must be a list of objects, one per person."))
        return named_records(root, "last_name")

    def entry(
        self, payload: Any, *, fetched_on: date, mapping: Mapping[str, str], where: str
    ) -> DirectoryEntry | Rejected:
        if not isinstance(payload, dict):
            return Rejected(where, _("This is no object with headings and values."), storable(payload))
        draft = draft_of({field: _cell(payload, field) for field in FIELDS if field in payload})
        unknown = [storable(key) for key in payload if key not in FIELDS and key not in NOT_READ]
        unread = [key for key in FIELDS if payload.get(key) and not _cell(payload, key)]
        if unknown or unread:
            draft.doubts.append(_("Not read: %(names)s.") % {"names": ", ".join([*unknown, *unread])})
        return finished(draft, payload=payload, where=where)


def _cell(entry: Mapping[str, Any], field: str) -> str:
    """The value as the cell of a table would hold it; a list joined by semicolons."""
    value = entry.get(field)
    if field in LISTS and isinstance(value, list):
        return "; ".join(texts([_phrase(one) for one in value]))
    return text(entry, field)


def _phrase(value: Any) -> Any:
    """["VT", "adults", "individual"] → "VT adults individual"."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " ".join(value)
    return value

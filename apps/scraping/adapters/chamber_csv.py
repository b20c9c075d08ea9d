"""Tables of chambers and associations: any headings, filed by a mapping that a source keeps.

The mapping says under which heading a field of the entry stands: {"last_name": "Name", "plz": "PLZ"}. Without
one the headings decide, as far as they are known (`suggest_mapping`).
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.core.imports.columns import fold
from apps.core.imports.contact_cells import join_phone
from apps.core.imports.errors import UnusableFile
from apps.core.imports.hours import read_week
from apps.core.imports.reading import SourceRow, Table, read_table
from apps.scraping.adapters.base import Adapter, Record, UnknownShape, storable
from apps.scraping.adapters.drafts import Draft, finished
from apps.scraping.adapters.fields import HEADINGS, suggest_mapping, unknown_fields
from apps.scraping.records import DirectoryEntry, Rejected

PHRASE_BREAKS = str.maketrans({"|": ";", "\n": ";"})


class ChamberCsv(Adapter):
    key = "chamber_csv"
    label = gettext_lazy("Table of a chamber or association (CSV, Excel)")
    suffixes = (".csv", ".tsv", ".txt", ".xlsx")
    takes_mapping = True

    def records(self, content: bytes, mapping: Mapping[str, str]) -> Sequence[Record]:
        table = _table(content, mapping)
        chosen = _checked(table, mapping)
        return [
            (_("line %(number)s") % {"number": row.line}, _payload(row, table, chosen)) for row in table.rows
        ]

    def entry(
        self, payload: Any, *, fetched_on: date, mapping: Mapping[str, str], where: str
    ) -> DirectoryEntry | Rejected:
        cells, problem, chosen = payload["cells"], payload["problem"], payload["mapping"]
        if problem:
            return Rejected(where, problem, storable(cells))
        values = {field: cells.get(heading, "").strip() for field, heading in chosen.items()}
        return finished(draft_of(values), payload=cells, where=where)


def draft_of(values: Mapping[str, str]) -> Draft:
    """Cells by field. Approvals and languages are lists in one cell."""
    draft = Draft(dict(values))
    if "phone_prefix" in values:
        draft.texts["phone"] = join_phone(values["phone_prefix"], values.get("phone", ""))
    approvals = values.get("approvals", "").translate(PHRASE_BREAKS)
    draft.approvals = [phrase.strip() for phrase in approvals.split(";") if phrase.strip()]
    draft.are_languages_foreign = bool(values.get("foreign_languages"))
    draft.languages = [values.get("languages", ""), values.get("foreign_languages", "")]
    draft.phone_hours, draft.doubts = read_week(values.get("phone_hours", ""))
    return draft


def headings_of(content: bytes) -> tuple[str, ...]:
    """The headings of a table, for a person to file them. Raises UnknownShape."""
    return _table(content, {}).header


def _table(content: bytes, mapping: Mapping[str, str]) -> Table:
    known = {fold(word) for spellings in HEADINGS.values() for word in spellings.split("|")}
    known |= {fold(heading) for heading in mapping.values()}
    try:
        return read_table(content, is_known=lambda text: fold(text) in known)
    except UnusableFile as error:
        raise UnknownShape(str(error)) from error


def _checked(table: Table, mapping: Mapping[str, str]) -> dict[str, str]:
    """The mapping, spelled as the file spells its headings. Raises UnknownShape."""
    if unknown := unknown_fields(mapping):
        message = _("The mapping names unknown fields: %(names)s.")
        raise UnknownShape(message % {"names": ", ".join(unknown)})
    printed = {fold(heading): heading for heading in reversed(table.header)}
    chosen = dict(mapping) or suggest_mapping(table.header)
    if missing := [heading for heading in chosen.values() if fold(heading) not in printed]:
        message = _("The headings have changed, these are missing: %(names)s. The file has: %(found)s.")
        found = ", ".join(filter(None, table.header))
        raise UnknownShape(message % {"names": ", ".join(missing), "found": found})
    if "last_name" not in chosen:
        message = _("No heading is filed as the name. The file has: %(found)s.")
        raise UnknownShape(message % {"found": ", ".join(filter(None, table.header))})
    return {field: printed[fold(heading)] for field, heading in chosen.items()}


def _payload(row: SourceRow, table: Table, chosen: Mapping[str, str]) -> dict[str, Any]:
    """A row with too many cells is told as a problem of the row; its further cells have no heading."""
    cells: dict[str, str] = {}
    for heading, cell in zip(table.header, row.cells, strict=False):
        cells.setdefault(heading, cell)
    return {"cells": cells, "problem": row.problem, "mapping": chosen}

"""What all adapters share: from bytes to entries, one wrong entry never spoils the others."""

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from apps.core.imports.cells import short
from apps.core.imports.columns import NOT_TEXT
from apps.core.imports.errors import UnusableFile
from apps.core.imports.reading import decode
from apps.scraping.records import DirectoryEntry, Rejected

DEEPEST_PAYLOAD = 30
KEYS_NAMED = 8

Record = tuple[str, Any]
"""Where it stands ("line 7"), and the source's own record."""


class UnknownShape(Exception):
    """The page or payload as a whole is not what the adapter knows; its text tells a person."""


class Adapter(ABC):
    """One form in which therapists come. `parse` and `shape_problem` never raise, whatever the bytes are."""

    key: ClassVar[str]
    label: ClassVar[str | Promise]
    suffixes: ClassVar[tuple[str, ...]]
    takes_mapping: ClassVar[bool] = False

    def parse(
        self,
        content: bytes,
        *,
        fetched_on: date,
        mapping: Mapping[str, str] | None = None,
        where: str = "",
    ) -> Iterator[DirectoryEntry | Rejected]:
        """One item per entry of the source. `fetched_on` gives dates without a year their year.

        An unknown shape is one Rejected for the whole; `shape_problem` tells it from an entry that is bad.
        An entry that comes twice, with the same address, is taken once and then rejected.
        """
        try:
            records = self.records(content, mapping or {})
        except UnknownShape as problem:
            yield Rejected(where, str(problem))
            return
        seen: set[tuple[str, ...]] = set()
        for label, payload in records:
            place = ", ".join(filter(None, (where, label)))
            result = self.entry(payload, fetched_on=fetched_on, mapping=mapping or {}, where=place)
            yield _once(result, place, seen)

    def shape_problem(self, content: bytes, *, mapping: Mapping[str, str] | None = None) -> str:
        """Why nothing of this can be read, for a run to stop and say so; "" where the shape is known."""
        try:
            self.records(content, mapping or {})
        except UnknownShape as problem:
            return str(problem)
        return ""

    def is_cut(self, content: bytes) -> bool:
        """Does the source say that it left results out?"""
        return False

    @abstractmethod
    def records(self, content: bytes, mapping: Mapping[str, str]) -> Sequence[Record]:
        """The source's own records. Raises UnknownShape."""

    @abstractmethod
    def entry(
        self, payload: Any, *, fetched_on: date, mapping: Mapping[str, str], where: str
    ) -> DirectoryEntry | Rejected:
        """One record normalised."""


def text_of(content: bytes) -> str:
    """Raises UnknownShape for what is no text."""
    try:
        return decode(content)
    except UnusableFile as error:
        raise UnknownShape(str(error)) from error


def json_of(content: bytes) -> Any:
    """Raises UnknownShape for what is no JSON; a web page is named as such."""
    text = text_of(content)
    if text.lstrip().startswith("<"):
        raise UnknownShape(_("This is a web page, not data. Saved pages are read as “saved page”."))
    try:
        return json.loads(text, parse_float=_float, parse_int=_int, parse_constant=str)
    except json.JSONDecodeError as error:
        message = _("The JSON is not well-formed (line %(line)s).") % {"line": error.lineno}
        raise UnknownShape(message) from error
    except RecursionError as error:
        raise UnknownShape(_("The JSON is nested too deeply.")) from error


def json_records(content: bytes, list_key: str, name_key: str) -> list[Record]:
    """The list under `list_key`. Raises UnknownShape, also where no entry of it has `name_key`."""
    root = json_of(content)
    if not isinstance(root, dict):
        raise UnknownShape(_("The answer has another form: “%(key)s” is missing.") % {"key": list_key})
    if list_key not in root:
        named = ", ".join(list(root)[:KEYS_NAMED]) or "–"
        message = _("The answer has another form: “%(key)s” is missing. It has: %(found)s.")
        raise UnknownShape(message % {"key": list_key, "found": storable(named)})
    if not isinstance(root[list_key], list):
        raise UnknownShape(_("The answer has another form: “%(key)s” is no list.") % {"key": list_key})
    return named_records(root[list_key], name_key)


def named_records(items: list[Any], name_key: str) -> list[Record]:
    """Raises UnknownShape where there are entries and none of them has `name_key`: a key was renamed."""
    if items and not any(isinstance(one, dict) and name_key in one for one in items):
        message = _("The answer has another form: none of the %(count)s entries has “%(key)s”.")
        raise UnknownShape(message % {"count": len(items), "key": name_key})
    return [(_label(number, one), one) for number, one in enumerate(items, start=1)]


def text(entry: Mapping[str, Any], key: str) -> str:
    """The value as text; numbers as they are written, everything else is nothing."""
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return clean(str(value))


def texts(items: Any, *keys: str) -> Iterator[str]:
    """The texts of a list of strings, or of objects with one of `keys`; a single one counts as a list."""
    for one in items if isinstance(items, list) else [items]:
        if isinstance(one, str) and clean(one):
            yield clean(one)
        elif isinstance(one, dict):
            yield from [value for key in keys if (value := text(one, key))][:1]


def objects(items: Any) -> list[dict[str, Any]]:
    return [one for one in items if isinstance(one, dict)] if isinstance(items, list) else []


def clean(value: str) -> str:
    """Without characters that are no text and without blanks around it."""
    return NOT_TEXT.sub("", value).strip()


def storable(value: Any, depth: int = 0) -> Any:
    """The record as the database can keep it: no characters that are no text, not endlessly nested."""
    if isinstance(value, str):
        return NOT_TEXT.sub("", value)
    if isinstance(value, dict | list) and depth >= DEEPEST_PAYLOAD:
        return "…"
    if isinstance(value, dict):
        return {storable(str(key)): storable(one, depth + 1) for key, one in value.items()}
    return [storable(one, depth + 1) for one in value] if isinstance(value, list) else value


def _once(
    result: DirectoryEntry | Rejected, where: str, seen: set[tuple[str, ...]]
) -> DirectoryEntry | Rejected:
    """The same person once per practice; a second time with the same address is no news."""
    if isinstance(result, Rejected):
        return result
    who = (result.external_id,) if result.external_id else (result.last_name, result.first_name, result.title)
    key = (*who, result.street, result.plz, result.city)
    if key in seen:
        return Rejected(where, _("This entry came before, with the same address."), dict(result.payload))
    seen.add(key)
    return result


def _label(number: int, entry: Any) -> str:
    named = text(entry, "id") if isinstance(entry, dict) else ""
    label = _("entry %(number)s") % {"number": number}
    return f"{label} ({short(named)})" if named else label


def _int(digits: str) -> int | str:
    """Numbers that no column can hold stay text."""
    return int(digits) if len(digits) <= 18 else digits


def _float(digits: str) -> float | str:
    return number if math.isfinite(number := float(digits)) else digits

"""The statements of `staging`, over one table of what came in and one of what each of it is."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from operator import attrgetter, gt
from typing import Any

from django.utils.translation import gettext as _

from apps.scraping.enums import Standing
from apps.scraping.models import DirectoryRecord, Sighting
from apps.scraping.records import SAID, DirectoryEntry

TABLE = DirectoryRecord._meta.db_table
SIGHTINGS = Sighting._meta.db_table
Key = tuple[str, str]
"""The id at the source and the address for comparison."""

LISTS = ("languages", "approvals", "phone_hours", "doubts")
PLAIN = tuple(name for name in SAID if name not in LISTS)
KEPT = (*PLAIN, *LISTS)
COPIED = ("position", "external_id", "address_key", *KEPT, "payload")

_kept = ", ".join(KEPT)
# The names are those of our own columns; values go as parameters.
_INCOMING = f"""
DROP TABLE IF EXISTS pg_temp.incoming, pg_temp.judged;
CREATE TEMP TABLE incoming ON COMMIT DROP AS
SELECT 0 AS position, external_id, address_key, {_kept}, payload FROM {TABLE} WITH NO DATA;
CREATE TEMP TABLE judged (position int, record_id bigint, what text) ON COMMIT DROP;
"""  # noqa: S608
_COPY = f"COPY incoming ({', '.join(COPIED)}) FROM STDIN"
_theirs, _ours = (", ".join(f"{table}.{name}" for name in KEPT) for table in "ir")
_JUDGE = f"""
INSERT INTO judged
SELECT i.position, r.id, CASE
    WHEN r.id IS NULL THEN 'new'
    WHEN s.run_id = %(run)s THEN 'repeated'
    WHEN ({_ours}) IS NOT DISTINCT FROM ({_theirs}) AND r.vanished_on IS NULL THEN 'unchanged'
    ELSE 'changed' END
FROM incoming i
LEFT JOIN {TABLE} r ON r.source_id = %(source)s
    AND r.external_id = i.external_id AND r.address_key = i.address_key
LEFT JOIN {SIGHTINGS} s ON s.record_id = r.id
"""  # noqa: S608
_FOUND = "SELECT what, count(*) FROM judged GROUP BY what"
_INSERT = f"""
WITH added AS (
    INSERT INTO {TABLE} (
        source_id, external_id, address_key, {_kept}, payload, first_run_id, changed_on, standing,
        matched_by, unjudged
    )
    SELECT %(source)s, external_id, address_key, {_kept}, payload, %(run)s, %(on)s, '{Standing.NEW}',
        '', '{{}}'
    FROM incoming JOIN judged USING (position) WHERE what = 'new' ORDER BY position
    RETURNING id
)
INSERT INTO {SIGHTINGS} (record_id, run_id, "on") SELECT id, %(run)s, %(on)s FROM added RETURNING record_id
"""  # noqa: S608
_assigned = ", ".join(f"{name} = i.{name}" for name in (*KEPT, "payload"))
_differing = ", ".join(f"CASE WHEN r.{name} IS DISTINCT FROM i.{name} THEN '{name}' END" for name in SAID)
_CHANGE = f"""
UPDATE {TABLE} r SET {_assigned}, changed_on = %(on)s, vanished_on = NULL,
    unjudged = ARRAY(
        SELECT DISTINCT name FROM unnest(r.unjudged || ARRAY[{_differing}]::varchar[]) name
        WHERE name IS NOT NULL
    )
FROM incoming i JOIN judged USING (position)
WHERE what = 'changed' AND r.id = record_id
RETURNING r.id
"""  # noqa: S608
_SEEN = f"""
UPDATE {SIGHTINGS} s SET run_id = %(run)s, "on" = %(on)s
FROM judged j WHERE j.record_id = s.record_id AND what IN ('changed', 'unchanged')
"""  # noqa: S608


LONGEST = {
    name: length
    for name in PLAIN
    if (length := getattr(DirectoryRecord._meta.get_field(name), "max_length", None))
}
LONGEST_ID = 200
_texts = attrgetter(*LONGEST)
_as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def misfit(key: Key, entry: DirectoryEntry) -> str:
    """Why the columns cannot hold the entry; "" where they can."""
    plz = entry.plz
    if len(plz) != 5 or not (plz.isascii() and plz.isdigit()):
        return _("The postal code is missing or has not five digits: “%(plz)s”.") % {"plz": plz[:20]}
    if len(key[0]) > LONGEST_ID or any(map(gt, map(len, _texts(entry)), LONGEST.values())):
        return _too_long(key[0], entry)
    return ""


def _too_long(key: str, entry: DirectoryEntry) -> str:
    if len(key) > LONGEST_ID:
        return _("The id at the source is too long.")
    name = next(name for name, longest in LONGEST.items() if len(getattr(entry, name)) > longest)
    label = DirectoryRecord._meta.get_field(name).verbose_name  # type: ignore[union-attr]
    return _("%(field)s: longer than %(longest)s characters.") % {"field": label, "longest": LONGEST[name]}


def copy_in(cursor: Any, entries: Mapping[Key, DirectoryEntry]) -> None:
    cursor.execute(_INCOMING)
    with cursor.copy(_COPY) as copy:
        for row in _rows(entries):
            copy.write_row(row)
    cursor.execute(
        "ANALYZE incoming (position, external_id, address_key)"
    )  # else every join of these is guesswork


def judge(cursor: Any, parameters: Mapping[str, Any]) -> dict[str, int]:
    """How many of what came in are new, changed, unchanged, repeated."""
    cursor.execute(_JUDGE, parameters)
    cursor.execute("ANALYZE judged")
    cursor.execute(_FOUND)
    return {"new": 0, "changed": 0, "unchanged": 0, "repeated": 0, **dict(cursor.fetchall())}


def insert_new(cursor: Any, parameters: Mapping[str, Any]) -> list[int]:
    return _ids(cursor, _INSERT, parameters)


def update_changed(cursor: Any, parameters: Mapping[str, Any]) -> list[int]:
    return _ids(cursor, _CHANGE, parameters)


def mark_seen(cursor: Any, parameters: Mapping[str, Any]) -> None:
    cursor.execute(_SEEN, parameters)


def _ids(cursor: Any, statement: str, parameters: Mapping[str, Any]) -> list[int]:
    cursor.execute(statement, parameters)
    return [pk for (pk,) in cursor.fetchall()]


def _rows(entries: Mapping[Key, DirectoryEntry]) -> Iterator[tuple[Any, ...]]:
    """In the order of COPIED."""
    plain = attrgetter(*PLAIN)
    for position, (key, entry) in enumerate(entries.items()):
        yield (
            position,
            *key,
            *plain(entry),
            _array(entry.languages),
            _array(tuple(map(" ".join, entry.approvals))),
            _array(tuple(f"{day} {start} {end}" for day, start, end in entry.phone_hours)),
            _array(entry.doubts),
            _as_json(entry.payload),
        )


@lru_cache(10_000)
def _array(texts: tuple[str, ...]) -> str:
    """The form PostgreSQL reads. Written here, as the same few lists come again and again."""
    return "{" + ",".join('"' + re.sub(r'(["\\\\])', r"\\\1", text) + '"' for text in texts) + "}"

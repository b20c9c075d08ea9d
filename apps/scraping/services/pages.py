"""Pages read before: asked for only if they changed, and taken as seen where they did not."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.scraping.models import DirectoryRecord, FetchedPage, ImportRun, Sighting, Source
from apps.scraping.services import runs, staging

_SEEN = f"""
UPDATE {Sighting._meta.db_table} s SET run_id = %(run)s, "on" = %(on)s
FROM {DirectoryRecord._meta.db_table} r
WHERE r.id = s.record_id AND r.source_id = %(source)s AND r.id = ANY(%(ids)s)
  AND s.run_id IS DISTINCT FROM %(run)s
"""  # noqa: S608  (the tables' own names)


def digest(*, source: Source, method: str, url: str, body: bytes) -> str:
    """Of the request and of how its answer is read: with another mapping the page is new to us."""
    mapping = json.dumps(source.column_mapping, sort_keys=True)
    told = "|".join((method, url, body.decode(), source.adapter, mapping))
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()


def stamps(*, source: Source, digest: str) -> dict[str, str]:
    """The headers that ask for the page only if it has changed; none where it is not remembered."""
    page = FetchedPage.objects.filter(source=source, digest=digest).first()
    if page is None:
        return {}
    headers = {"If-None-Match": page.etag, "If-Modified-Since": page.last_modified}
    return {name: value for name, value in headers.items() if value}


def remember(
    *, run: ImportRun, digest: str, headers: Mapping[str, str], batch: staging.Batch, staged: staging.Staged
) -> None:
    """Keep the stamps of a page; a page with entries that could not be kept is forgotten: it is read anew."""
    etag, modified = headers.get("etag", "")[:300], headers.get("last-modified", "")[:100]
    kept = len(staged.new) + len(staged.changed) + staged.unchanged + staged.repeated
    is_clean = not batch.rejected and not batch.failed and kept == len(batch.entries)
    if not is_clean or not (etag or modified):
        forget(source=run.source, digest=digest)
        return
    ids = _records_of(run, batch)
    said = {"etag": etag, "last_modified": modified, "record_ids": ids, "read_on": run.fetched_on}
    FetchedPage.objects.update_or_create(source=run.source, digest=digest, defaults=said)


def _records_of(run: ImportRun, batch: staging.Batch) -> list[int]:
    keys = {staging.key_of(entry) for entry in batch.entries}
    rows = DirectoryRecord.objects.filter(
        source_id=run.source_id, external_id__in={key for key, _place in keys}
    )
    named = rows.order_by("pk").values_list("pk", "external_id", "address_key")
    return [pk for pk, *key in named if tuple(key) in keys]


def forget(*, source: Source, digest: str | None = None) -> None:
    """One page of the source, or all of them."""
    pages = FetchedPage.objects.filter(source=source)
    (pages if digest is None else pages.filter(digest=digest)).delete()


@transaction.atomic
def keep_unchanged(*, run: ImportRun, digest: str, at: datetime, progress: Mapping[str, Any]) -> bool:
    """Count the records of a page that the source calls unchanged as seen.

    False, and nothing kept, where they are not all on file any more: then the page has to be read.
    """
    page = FetchedPage.objects.filter(source_id=run.source_id, digest=digest).first()
    if page is None or not _all_on_file(run, page.record_ids):
        return False
    runs.touch(run=run, at=at)
    seen = _mark_seen(run, page.record_ids)
    staging.count_unchanged(run=run, unchanged=seen, repeated=len(page.record_ids) - seen, progress=progress)
    return True


def _all_on_file(run: ImportRun, record_ids: Sequence[int]) -> bool:
    known = DirectoryRecord.objects.filter(source_id=run.source_id, vanished_on__isnull=True)
    return known.filter(pk__in=record_ids).count() == len(record_ids)


def _mark_seen(run: ImportRun, record_ids: Sequence[int]) -> int:
    values: dict[str, Any] = {
        "run": run.pk,
        "on": run.fetched_on,
        "source": run.source_id,
        "ids": list(record_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SEEN, values)
        return int(cursor.rowcount)

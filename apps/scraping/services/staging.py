"""Entries of a source into the table of its records, in bulk: one COPY and a handful of statements a batch.

Row by row through the ORM this costs many times as much (`make bench ONLY=import`). A record that says the
same as before is only marked as seen.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.core.imports.columns import fold
from apps.core.locks import hold
from apps.scraping.enums import ProblemKind
from apps.scraping.models import ImportRun, RunProblem
from apps.scraping.records import DirectoryEntry, Rejected
from apps.scraping.services import staging_sql
from apps.scraping.services.staging_sql import Key
from apps.therapists.normalise import address_key

LONGEST_PAYLOAD = 20_000  # characters of a rejected entry that are kept
LONGEST_WHERE = 200


@dataclass
class Batch:
    """What one step of a run brought: entries, and what could not become one."""

    entries: list[DirectoryEntry] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    failed: list[Rejected] = field(default_factory=list)

    def add(self, item: DirectoryEntry | Rejected) -> None:
        if isinstance(item, Rejected):
            self.rejected.append(item)
        else:
            self.entries.append(item)


@dataclass(frozen=True)
class Staged:
    """Ids of records that are new and of those that say something else; how many were seen as before."""

    new: list[int] = field(default_factory=list)
    changed: list[int] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0


@transaction.atomic
def stage(*, run: ImportRun, batch: Batch, progress: Mapping[str, Any] | None = None) -> Staged:
    """Take a batch into the records of the run's source; counts and `progress` (fields of the run) with it.

    An entry whose record this run has seen already counts as repeated, a problem it has reported already
    does not count again: a batch may be taken twice. What the columns cannot hold is rejected.
    """
    hold(f"source:{run.source_id}")
    entries, unfit = _sorted_out(batch.entries)
    staged = _merge(run, entries, doubles=len(batch.entries) - len(entries) - len(unfit))
    rejected = _note(run, [*batch.rejected, *unfit], ProblemKind.REJECTED)
    failed = _note(run, batch.failed, ProblemKind.FAILED)
    _count(run, staged, rejected, failed, progress or {})
    return staged


def count_unchanged(*, run: ImportRun, unchanged: int, repeated: int, progress: Mapping[str, Any]) -> None:
    """Records that were marked as seen without having been sent again (`services.pages`)."""
    _count(run, Staged(unchanged=unchanged, repeated=repeated), 0, 0, progress)


def external_id(entry: DirectoryEntry) -> str:
    """The source's own; else one of name and address, which a person keeps until they move or marry."""
    if entry.external_id:
        return entry.external_id
    named = (fold(entry.last_name), fold(entry.first_name), entry.plz, address_key(entry.street))
    return "~" + hashlib.md5("|".join(named).encode(), usedforsecurity=False).hexdigest()


def key_of(entry: DirectoryEntry) -> Key:
    """What makes a record: a register shows a person once per practice, under the same id."""
    return external_id(entry), f"{entry.plz} {address_key(entry.street)}".strip()


def _sorted_out(entries: Iterable[DirectoryEntry]) -> tuple[dict[Key, DirectoryEntry], list[Rejected]]:
    """By key, the first of each, and what cannot be kept."""
    kept: dict[Key, DirectoryEntry] = {}
    unfit: list[Rejected] = []
    for entry in entries:
        key = key_of(entry)
        if problem := staging_sql.misfit(key, entry):
            unfit.append(Rejected(key[0][:LONGEST_WHERE], problem, dict(entry.payload)))
        else:
            kept.setdefault(key, entry)
    return kept, unfit


def _merge(run: ImportRun, entries: Mapping[Key, DirectoryEntry], doubles: int) -> Staged:
    if not entries:
        return Staged(repeated=doubles)
    parameters = {"run": run.pk, "source": run.source_id, "on": run.fetched_on}
    with connection.cursor() as cursor:
        staging_sql.copy_in(cursor, entries)
        found = staging_sql.judge(cursor, parameters)
        changed = staging_sql.update_changed(cursor, parameters) if found["changed"] else []
        if found["changed"] or found["unchanged"]:
            staging_sql.mark_seen(cursor, parameters)
        new = staging_sql.insert_new(cursor, parameters) if found["new"] else []
    return Staged(new, changed, unchanged=found["unchanged"], repeated=found["repeated"] + doubles)


def _note(run: ImportRun, problems: Sequence[Rejected], kind: ProblemKind) -> int:
    """How many of them this run had not reported yet."""
    if not problems:
        return 0
    before = run.problems.count()
    rows = [_problem(run, one, kind) for one in problems]
    RunProblem.objects.bulk_create(rows, ignore_conflicts=True, batch_size=500)
    return run.problems.count() - before


def _problem(run: ImportRun, one: Rejected, kind: ProblemKind) -> RunProblem:
    text = json.dumps(one.payload, ensure_ascii=False, sort_keys=True, default=str)
    told = f"{kind}|{one.where}|{one.reason}|{text}"
    return RunProblem(
        run=run,
        kind=kind,
        where=one.where[:LONGEST_WHERE],
        reason=one.reason,
        payload=json.loads(text) if len(text) <= LONGEST_PAYLOAD else _("too long to keep"),
        digest=hashlib.md5(told.encode(), usedforsecurity=False).hexdigest(),
    )


def _count(run: ImportRun, staged: Staged, rejected: int, failed: int, progress: Mapping[str, Any]) -> None:
    new, changed = len(staged.new), len(staged.changed)
    more = {
        "seen": new + changed + staged.unchanged + rejected + failed,
        "new": new,
        "changed": changed,
        "unchanged": staged.unchanged,
        "rejected": rejected,
        "failed": failed,
        "repeated": staged.repeated,
    }
    added = {name: F(name) + count for name, count in more.items()}
    ImportRun.objects.filter(pk=run.pk).update(**added, **progress)
    run.refresh_from_db(fields=[*more, *progress])


def all_of(items: Iterable[DirectoryEntry | Rejected], *, size: int) -> Iterator[Batch]:
    """Batches of at most `size` entries."""
    batch = Batch()
    for item in items:
        batch.add(item)
        if len(batch.entries) + len(batch.rejected) >= size:
            yield batch
            batch = Batch()
    if batch.entries or batch.rejected:
        yield batch

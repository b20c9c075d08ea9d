"""What has changed since a moment, told exactly: no commit is missed, none is told twice.

Triggers on the tables leave a `RowChange` per changed row, whoever changes it and however. A moment is a
PostgreSQL snapshot, because numbers and times of rows do not follow the order of commits: a change counts as
new when its transaction could not be seen in the snapshot taken before.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

import pgtrigger
from django.db import connection

from apps.core.models import RowChange

KEPT = timedelta(days=2)

_NEWS = """
SELECT pg_current_snapshot()::text,
       (SELECT array_agg(DISTINCT subject_id) FROM news WHERE kind = 'therapist'),
       (SELECT array_agg(DISTINCT subject_id) FROM news WHERE kind = 'patient'),
       EXISTS (SELECT FROM news WHERE kind = 'model')
"""
_SINCE = f"""
WITH news AS (
    SELECT kind, subject_id FROM {RowChange._meta.db_table}
    WHERE transaction >= pg_snapshot_xmin(%s::pg_snapshot)
      AND NOT pg_visible_in_snapshot(transaction, %s::pg_snapshot)
){_NEWS}"""  # noqa: S608  (the table's own name)


@dataclass(frozen=True)
class Changes:
    """Ids of what changed, and the moment up to which that is known."""

    therapists: frozenset[int]
    patients: frozenset[int]
    has_new_model: bool  # of the expected acceptance
    snapshot: str


def snapshot() -> str:
    """This moment, for a later `changes_since`. Take it before reading what is to be kept."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_snapshot()::text")
        return str(cursor.fetchone()[0])


def changes_since(snapshot: str) -> Changes:
    """All changes committed after the snapshot was taken: one query. Snapshots live for `KEPT`."""
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [snapshot, snapshot])
        now, therapists, patients, has_new_model = cursor.fetchone()
    return Changes(frozenset(therapists or ()), frozenset(patients or ()), has_new_model, now)


def note(*, kind: str, ids: Collection[int]) -> None:
    """Leave by hand what a trigger would leave, where no row of the subjects themselves has changed."""
    RowChange.objects.bulk_create(RowChange(kind=kind, subject_id=pk) for pk in ids)


def forget_old(*, at: datetime) -> int:
    return RowChange.objects.filter(at__lt=at - KEPT).delete()[0]


def tracked(kind: str, column: str = "id") -> pgtrigger.Trigger:
    """A trigger for Meta.triggers: the subject's id stands in this column of the row."""
    both = f"(NEW.{column}), (OLD.{column})"
    return _trigger(kind, f"SELECT subject FROM (VALUES {both}) AS own (subject)")  # noqa: S608


def tracked_through(kind: str, select: str, column: str) -> pgtrigger.Trigger:
    """The same where the subjects must be looked up: `select` gives `subject` for a {value} of the row."""
    parts = [select.format(value=f"{row}.{column}") for row in ("NEW", "OLD")]
    return _trigger(kind, " UNION ".join(parts))


def _trigger(kind: str, subjects: str) -> pgtrigger.Trigger:
    insert = (
        f"INSERT INTO {RowChange._meta.db_table} (kind, subject_id) "  # noqa: S608
        f"SELECT DISTINCT '{kind}', subject FROM ({subjects}) AS found WHERE subject IS NOT NULL;"
    )
    return pgtrigger.Trigger(
        name=f"tracked_{kind}",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"{insert} RETURN NULL;",
    )

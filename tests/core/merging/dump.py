"""All rows of all tables as sorted text: the database before a merge compared with the one after its undo."""

from collections import Counter
from typing import Any

from django.apps import apps
from django.db import connection

# Append-only: they tell that there was a merge and an undo, and are meant to.
APPEND_ONLY = {
    "events_domainevent",
    "events_delivery",
    "core_rowchange",
    "core_accessentry",
    "core_mergerecord",
    "core_duplicatehistory",
    "pghistory_context",
    "patients_patientevent",
    "therapists_practiceevent",
    "therapists_therapistevent",
    "django_session",
}
# A suggestion is moved forth and back by its one door, which notes the time.
PASSING = {"core_duplicatesuggestion": "updated_at"}


def dump() -> dict[str, list[str]]:
    tables = {
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
    }
    found: dict[str, list[str]] = {}
    with connection.cursor() as cursor:
        for table in sorted((tables & {*connection.introspection.table_names()}) - APPEND_ONLY):
            without = PASSING.get(table, "")
            text = f"(to_jsonb(t) - '{without}')::text"
            cursor.execute(f'SELECT {text} FROM "{table}" t ORDER BY 1')
            found[table] = [row[0] for row in cursor.fetchall()]
    return found


def different(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, Any]:
    """Table → (rows that are missing now, rows that are new).

    A history may have grown: a change of state by the merge and its way back both leave their row.
    """
    found = {}
    for table, rows in before.items():
        gone, new = (Counter(one) - Counter(two) for one, two in ((rows, after[table]), (after[table], rows)))
        if gone or (new and not table.endswith("history")):
            found[table] = (sorted(gone.elements()), sorted(new.elements()))
    return found

"""Every row that a merge touches goes through here: changed in plain SQL, and written down to be restored.

Rows are JSON as PostgreSQL makes it (`to_jsonb`) and reads it (`jsonb_populate_record`), so that what
comes back is the same to the bit. Encrypted columns are kept twice, as they stood and decrypted: after the
keys were changed the old form could not be read any more. The log itself is stored encrypted.
"""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from psycopg import sql

from apps.core.encryption import EncryptedField, cipher, decrypted

Model = type[models.Model]
Row = dict[str, Any]
Step = dict[str, Any]


class Ledger:
    """Changes rows and remembers how they were. `counts` says per model how many were moved and folded."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.counts: dict[str, dict[str, int]] = {"moved": {}, "folded": {}}

    def point(self, model: Model, column: str, *, to_id: int, pks: Collection[int]) -> int:
        """Rows point at another record from now on."""
        if not pks:
            return 0
        [from_id] = {row[column] for row in read(model, pks, [column]).values()}
        run(
            "UPDATE {table} SET {column} = %s WHERE {key} = ANY(%s)", model, [to_id, list(pks)], column=column
        )
        self._note(
            model, "point", column=column, **{"from": from_id, "to": to_id}, pks=sorted(pks), count=len(pks)
        )
        return len(pks)

    def update(self, model: Model, pk: Any, values: Mapping[str, Any]) -> bool:
        """Set columns (JSON values) of one row; those that have the value already are left alone."""
        before = read(model, [pk], list(values))[pk]
        changed = {name: value for name, value in values.items() if before[name] != value}
        if not changed:
            return False
        write(model, pk, changed)
        after = read(model, [pk], list(changed))[pk]
        self._note(model, "update", pk=pk, old={name: before[name] for name in changed}, new=after)
        return True

    def delete(self, model: Model, pks: Iterable[Any]) -> None:
        """Remove rows nothing points at any more (the database refuses the others)."""
        rows = read(model, list(pks))
        run("DELETE FROM {table} WHERE {key} = ANY(%s)", model, [list(rows)])
        for pk, row in sorted(rows.items()):
            self._note(model, "delete", pk=pk, row=row, count=1)

    def insert(self, obj: models.Model) -> None:
        obj.save(force_insert=True)
        self._note(type(obj), "insert", pk=obj.pk)

    @contextmanager
    def watching(self, model: Model, pks: Collection[Any]) -> Iterator[None]:
        """For services that change rows themselves: what has become of these rows is written down.

        They may add no rows of this model; see `adopt`.
        """
        before = read(model, pks)
        yield
        after = read(model, pks)
        for pk, row in sorted(before.items()):
            if pk not in after:
                self._note(model, "delete", pk=pk, row=row)
            elif row != after[pk]:
                names = [name for name in row if row[name] != after[pk][name]]
                old, new = ({name: side[name] for name in names} for side in (row, after[pk]))
                self._note(model, "update", pk=pk, old=old, new=new)

    def adopt(self, model: Model, pks: Iterable[Any]) -> None:
        """Rows that somebody else has added as part of this act."""
        for pk in sorted(pks):
            self._note(model, "insert", pk=pk)

    def log(self) -> dict[str, Any]:
        """What is stored: the steps, and fingerprints of the rows that others may change later."""
        return {"steps": [_readable(step) for step in self.steps], "prints": self._prints()}

    def _note(self, model: Model, act: str, count: int = 0, **values: Any) -> None:
        label = model._meta.label
        if count:
            counts = self.counts["moved" if act == "point" else "folded"]
            counts[label] = counts.get(label, 0) + count
        self.steps.append({"act": act, "model": label, **values})

    def _prints(self) -> dict[str, Any]:
        """Of rows that were moved or added. What was set in a row is compared value by value instead."""
        moved: dict[str, set[Any]] = {}
        for step in self.steps:
            if step["act"] in ("point", "insert"):
                moved.setdefault(step["model"], set()).update(step.get("pks") or [step["pk"]])
        found: dict[str, Any] = {}
        for label, pks in moved.items():
            model = apps.get_model(label)
            names = plain_columns(model)
            found[label] = {"columns": names, "rows": fingerprints(model, pks, names)}
        return found


def read(model: Model, pks: Collection[Any], columns: Collection[str] = ()) -> dict[Any, Row]:
    """Rows by key as JSON, of all columns or of these."""
    cursor = run("SELECT {key}, to_jsonb(t)::text FROM {table} t WHERE {key} = ANY(%s)", model, [list(pks)])
    rows = {pk: json.loads(text) for pk, text in cursor}
    return {pk: {name: row[name] for name in columns or row} for pk, row in rows.items()}


def write(model: Model, pk: Any, values: Mapping[str, Any]) -> None:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in values)
    run(
        "UPDATE {table} SET ({names}) ="
        " (SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)) WHERE {key} = %s",
        model,
        [json.dumps(dict(values)), pk],
        names=names,
    )


def put_back(model: Model, row: Row) -> None:
    """Insert a row as it was."""
    names = sql.SQL(", ").join(sql.Identifier(name) for name in row)
    run(
        "INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s::jsonb)",
        model,
        [json.dumps(row)],
        names=names,
    )


def fingerprints(model: Model, pks: Collection[Any], columns: Collection[str]) -> dict[str, str]:
    names = sql.SQL(", ").join(sql.Identifier(name) for name in columns)
    cursor = run(
        "SELECT {key}::text, md5(ROW({names})::text) FROM {table} WHERE {key} = ANY(%s)",
        model,
        [list(pks)],
        names=names,
    )
    return dict(cursor)


def plain_columns(model: Model) -> list[str]:
    """Without encrypted ones: encrypted anew with another key they look different and say the same."""
    return [
        str(field.column) for field in model._meta.concrete_fields if not isinstance(field, EncryptedField)
    ]


def run(text: str, model: Model, values: list[Any], **parts: Any) -> list[tuple[Any, ...]]:
    """One statement about the model's table; {table}, {key} and the parts are names, quoted here."""
    meta = model._meta
    named = {name: sql.Identifier(part) if isinstance(part, str) else part for name, part in parts.items()}
    key: Any = meta.pk
    statement = sql.SQL(text).format(  # type: ignore[arg-type]  # the texts of this file
        table=sql.Identifier(meta.db_table), key=sql.Identifier(key.column), **named
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), values)  # as text: the audit trail reads it
        return cursor.fetchall() if cursor.description else []


def stored(model: Model, row: Row) -> Row:
    """A logged row in the form of the table again."""
    return {name: _sealed(value) if _is_sealed(value) else value for name, value in row.items()}


def is_same(present: Any, logged: Any) -> bool:
    """Whether a column still holds what was logged; an encrypted one is compared by what it says."""
    if _is_sealed(logged):
        return present == logged["token"] or (bool(present) and decrypted(present) == logged["value"])
    return bool(present == logged)


def _readable(step: Step) -> Step:
    model = apps.get_model(step["model"])
    names = {str(field.column) for field in model._meta.concrete_fields if isinstance(field, EncryptedField)}
    parts: dict[str, Any] = {
        part: {name: _opened(value) if name in names else value for name, value in step[part].items()}
        for part in ("row", "old", "new")
        if part in step
    }
    return {**step, **parts}


def _opened(token: Any) -> Any:
    return {"token": token, "value": decrypted(token)} if token else token


def _is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"token", "value"}


def _sealed(value: dict[str, Any]) -> str:
    """As it stood, if that was encrypted with today's key."""
    try:
        Fernet(settings.FIELD_ENCRYPTION_KEYS[0]).decrypt(value["token"])
    except InvalidToken:
        return cipher().encrypt(json.dumps(value["value"]).encode()).decode()
    return str(value["token"])

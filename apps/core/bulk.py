"""Many rows through a state machine in one statement: `core.transitions.move_many` is its only caller.

    locked   the rows, in the order of their keys, as far as their state has a way to the new one
    moved    the update
    history  one row each

Three trips to the database less per group of e-mails, each of which holds up messages at the final dot.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Field
from psycopg import sql

from apps.core.models import StatefulModel


@dataclass(frozen=True)
class Move:
    """`fields` for all rows, `each` per row (texts), `still` what they must have, `history` what it tells."""

    model: type[StatefulModel]
    ids: Sequence[int]
    to: str
    fields: Mapping[str, Any]
    each: Mapping[int, Mapping[str, str]]
    still: Mapping[str, Any]
    history: Mapping[str, Any]

    def run(self) -> dict[int, str]:
        """Old state by id of the rows that went."""
        with connection.cursor() as cursor:
            cursor.execute(self._statement(), self._values())
            return dict(cursor.fetchall())

    def _statement(self) -> sql.Composed:
        table = sql.Identifier(self.model._meta.db_table)
        return sql.SQL(
            "WITH locked AS (SELECT id, status FROM {table} WHERE id = ANY(%s) AND status = ANY(%s){still}"
            " ORDER BY id FOR UPDATE),"
            " own AS (SELECT key::bigint AS id, value FROM jsonb_each(%s::jsonb)),"
            " moved AS (UPDATE {table} AS t SET {assignments} FROM locked LEFT JOIN own USING (id)"
            " WHERE t.id = locked.id RETURNING t.id, locked.status AS old),"
            " told AS (INSERT INTO {history} (subject_id, old, new, {names})"
            " SELECT id, old, %s, {values} FROM moved ORDER BY id)"
            " SELECT id, old FROM moved"
        ).format(
            table=table,
            still=sql.SQL("").join(
                sql.SQL(" AND {} = %s").format(sql.Identifier(self._column(name))) for name in self.still
            ),
            assignments=sql.SQL(", ").join(self._assignments()),
            history=sql.Identifier(self._history_model()._meta.db_table),
            names=sql.SQL(", ").join(map(sql.Identifier, self.history)),
            values=sql.SQL(", ").join(
                sql.SQL("%s::{}").format(sql.SQL(self._type(self._history_model(), name)))
                for name in self.history
            ),
        )

    def _assignments(self) -> Iterator[sql.Composable]:
        for name in self.fields:
            yield sql.SQL("{} = %s").format(sql.Identifier(self._column(name)))
        for name in self._own_names():
            column = sql.Identifier(self._column(name))
            yield sql.SQL("{} = own.value ->> {}").format(column, sql.Literal(name))

    def _values(self) -> list[Any]:
        common = [
            self._field(self.model, name).get_db_prep_save(value, connection)
            for name, value in self.fields.items()
        ]
        ways = [state for state, ends in self.model.TRANSITIONS.items() if self.to in ends]
        own = json.dumps({pk: dict(values) for pk, values in self.each.items()})
        held = [list(self.ids), [str(way) for way in ways], *self.still.values()]
        return [*held, own, *common, self.to, *self.history.values()]

    def _own_names(self) -> list[str]:
        return list(next(iter(self.each.values()), {}))

    def _history_model(self) -> Any:
        model: Any = self.model  # every stateful model has one, which the base class cannot know
        return model._meta.get_field("history").related_model

    def _column(self, name: str) -> str:
        return str(self._field(self.model, name).column)

    def _field(self, model: Any, name: str) -> "Field[Any, Any]":
        found: Field[Any, Any] = model._meta.get_field(name)
        return found

    def _type(self, model: Any, name: str) -> str:
        return str(self._field(model, name.removesuffix("_id")).db_type(connection))

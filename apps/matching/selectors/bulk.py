"""Columns of many rows at once, without an object per row.

A queryset's rows come as one string of bytes per column: each aggregate appends the value in PostgreSQL's
binary form, all aggregates see the rows in the same order, and numpy reads the bytes as they are. What that
saves is told in docs/performance.md.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import (
    BooleanField,
    DateField,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Lookup,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce

FIRST_DAY = date(2000, 1, 1).toordinal()  # PostgreSQL counts days from here


@dataclass(frozen=True)
class Kind:
    """How the values of a column are put together, and how numpy reads them."""

    aggregate: str
    dtype: str

    def read(self, data: Any) -> Any:
        if not self.dtype:
            return data.split(",")[:-1] if data else []
        column = np.frombuffer(data or b"", dtype=self.dtype)
        return column.astype(column.dtype.newbyteorder("="))


def _sent(cast: str, send: str, dtype: str) -> Kind:
    return Kind(f"string_agg({send}({{0}}::{cast}), '')", dtype)


BIGINT = _sent("bigint", "int8send", ">i8")
INTEGER = _sent("integer", "int4send", ">i4")
SMALLINT = _sent("smallint", "int2send", ">i2")
FLOAT = _sent("double precision", "float8send", ">f8")
BOOLEAN = _sent("boolean", "boolsend", "?")
DAY = _sent("date", "date_send", ">i4")
TOKENS = Kind("string_agg({0}::text || ',', '')", "")  # text of any length without commas


def text(length: int) -> Kind:
    """ASCII text in a fixed length, filled up with blanks."""
    return _sent(f"character({length})", "bpcharsend", f"S{length}")


class Initial(Func):
    """The code of the first letter: enough to tell the values of a choice field apart."""

    function = "ascii"
    output_field = IntegerField()


class AsciiEntries(Func):
    """One row per entry of an array of text. Signs beyond ASCII, which would break the length, become "-"."""

    template = (
        "unnest(string_to_array("
        "regexp_replace(array_to_string(%(expressions)s, ','), '[^ -~]', '-', 'g'), ','))"
    )
    output_field = TextField()


def truth(condition: Q) -> Expression:
    """A condition for a BOOLEAN column; what cannot be told is false."""
    return Coalesce(ExpressionWrapper(condition, BooleanField()), Value(False))


def known_day(path: str | Expression) -> Expression:
    """A date for a DAY column; no date is the first of all days."""
    return Coalesce(path, Value(date.min), output_field=DateField())


def known_number(path: str) -> Expression:
    """A number for a FLOAT column; no number is NaN."""
    return Coalesce(Cast(path, FloatField()), Value(float("nan")), output_field=FloatField())


@dataclass(frozen=True)
class Part:
    """A compiled query for some columns. IDS among the parameters stands for the ids that are asked for."""

    statement: str
    parameters: tuple[Any, ...]
    kinds: tuple[tuple[str, Kind], ...]

    def columns(self, found: Sequence[Any]) -> dict[str, Any]:
        return {name: kind.read(data) for (name, kind), data in zip(self.kinds, found, strict=True)}


IDS = object()


class Among(Lookup):
    """`Among(F("therapist_id"), IDS)` in a filter: one of the ids named when the part is read."""

    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, parameters = self.process_lhs(compiler, connection)
        return f"{left} = ANY(%s::bigint[])", (*parameters, IDS)


def part(rows: QuerySet[Any], **columns: tuple[str | Expression, Kind]) -> Part:
    """Compile a query: `part(rows, id=("pk", BIGINT), …)`. No value may be null.

    Read, it gives arrays of one length by name; a TOKENS column comes as a list of text.
    """
    values = [F(value) if isinstance(value, str) else value for value, _kind in columns.values()]
    kinds = {name: kind for name, (_value, kind) in columns.items()}
    return part_of_values(rows.order_by().values_list(*values), **kinds)


def part_of_values(rows: QuerySet[Any], **kinds: Kind) -> Part:
    """The same for a queryset that already lists its values, such as a union."""
    try:
        inner, parameters = rows.query.sql_with_params()
    except EmptyResultSet:  # Django knows without asking, e.g. of a list of no ids
        inner, parameters = f"SELECT {', '.join('NULL' for _kind in kinds)} WHERE FALSE", ()
    places = [f"c{number}" for number in range(len(kinds))]
    aggregates = ", ".join(
        f"coalesce({kind.aggregate.format(place)}, '')"
        for place, kind in zip(places, kinds.values(), strict=True)
    )
    statement = f"SELECT {aggregates} FROM ({inner}) AS bulk ({', '.join(places)})"  # noqa: S608
    return Part(statement, tuple(parameters), tuple(kinds.items()))


def read(parts: Mapping[str, Part], ids: Collection[int] = ()) -> dict[str, dict[str, Any]]:
    """Read several parts, by name. One statement for each: joined into one, planning would take longer."""
    return {name: one.columns(_row(one, ids)) for name, one in parts.items()}


def _row(one: Part, ids: Collection[int]) -> Any:
    parameters = [list(ids) if value is IDS else value for value in one.parameters]
    with connection.cursor() as cursor:
        cursor.execute(one.statement, parameters)
        return cursor.fetchone()


def days(column: np.ndarray) -> np.ndarray:
    """Return a DAY column as int32 ordinals, 0 for none."""
    ordinal = column + np.int32(FIRST_DAY)
    return np.where(ordinal <= 1, 0, ordinal).astype(np.int32)


def coded(column: np.ndarray, codes: Sequence[str], *, blank: str | None = None) -> np.ndarray:
    """Return an `Initial` column as int8 places in the codes. Raises ValueError for an unknown one."""
    place = np.full(128, -1, dtype=np.int8)
    if blank is not None:
        place[0] = codes.index(blank)
    for number, code in enumerate(codes):
        place[ord(code[0])] = number
    result = place[column]
    if (result < 0).any():
        raise ValueError(f"a value is none of {', '.join(codes)}")
    return result


def yyyymmdd(column: np.ndarray) -> np.ndarray:
    """Return a DAY column as int32 numbers such as 19900517, 0 for none."""
    ordinal = days(column)
    day = np.datetime64("0001-01-01", "D") + (ordinal - 1)
    month = day.astype("datetime64[M]")
    year = day.astype("datetime64[Y]").astype(np.int64) + 1970
    number = year * 10_000 + (month.astype(np.int64) % 12 + 1) * 100 + (day - month).astype(np.int64) + 1
    return np.where(ordinal == 0, 0, number).astype(np.int32)

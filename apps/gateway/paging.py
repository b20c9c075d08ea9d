"""Lists by cursor: the next page begins behind the last row, however deep; no counting, no skipping."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from ninja import Field, Schema
from pydantic import create_model

from apps.gateway.problems import Unusable

MOST = 200
USUAL = 50


class PageQuery(Schema):
    """`sort` is one of the list's own names, with a minus for descending."""

    limit: int = Field(USUAL, ge=1, le=MOST, description="Rows a page")
    cursor: str = Field(
        "", max_length=2000, pattern=r"^[A-Za-z0-9_=-]*$", description="`next` of the page before"
    )
    sort: str = Field("", max_length=40)


@dataclass(frozen=True)
class Sort:
    """Columns of one order, the last one unique; all ascending or, with a minus, all descending."""

    columns: tuple[str, ...]


@dataclass(frozen=True)
class Page:
    items: list[Any]
    next: str


def listed(name: str, item: type[Schema]) -> type[Schema]:
    """The schema of a page of these."""
    return create_model(name, __base__=Schema, items=(list[item], ...), next=(str, ""))  # type: ignore[valid-type]


def page(
    rows: QuerySet[Any], query: PageQuery, sorts: Mapping[str, Sequence[str]], *, usual: str = "id"
) -> Page:
    """One page of the rows. Raises Unusable for an unknown order or a cursor of another one.

    `sorts`: name → columns, whose last must be unique (the primary key). Columns must not be NULL.
    """
    name = query.sort or usual
    columns = sorts.get(name.removeprefix("-"))
    if columns is None:
        raise Unusable(f"sort: {', '.join(sorted(sorts))}")
    is_down = name.startswith("-")
    ordered = rows.order_by(*(F(column).desc() if is_down else F(column).asc() for column in columns))
    if query.cursor:
        ordered = _from(ordered, _behind(columns, _read(query.cursor, name, len(columns)), is_down))
    found = list(ordered[: query.limit + 1])
    items = found[: query.limit]
    has_more = len(found) > query.limit
    return Page(items, _cursor(name, items[-1], columns) if has_more else "")


def _from(rows: QuerySet[Any], behind: Q) -> QuerySet[Any]:
    """A cursor is ours, but it comes back from outside: one whose values are no values is refused."""
    try:
        return rows.filter(behind)
    except (ValueError, TypeError, ValidationError, OverflowError) as error:
        raise Unusable("cursor") from error


def _behind(columns: Sequence[str], values: Sequence[Any], is_down: bool) -> Q:
    """(a, b, c) > (x, y, z), column by column, with the first one bounded so that an index serves it."""
    step = "lt" if is_down else "gt"
    behind = Q()
    for at, column in enumerate(columns):
        same = {columns[before]: values[before] for before in range(at)}
        behind |= Q(**same, **{f"{column}__{step}": values[at]})
    return Q(**{f"{columns[0]}__{step}e": values[0]}) & behind


def _cursor(name: str, row: Any, columns: Sequence[str]) -> str:
    values = [_value(row, column) for column in columns]
    told = json.dumps([name, values], default=_plain, ensure_ascii=False)
    return base64.urlsafe_b64encode(told.encode()).decode()


def _value(row: Any, column: str) -> Any:
    for part in column.split("__"):
        row = getattr(row, part)
    return row


def _plain(value: Any) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _read(cursor: str, name: str, count: int) -> list[Any]:
    try:
        found, values = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, TypeError) as error:
        raise Unusable("cursor") from error
    if found != name or not isinstance(values, list) or len(values) != count:
        raise Unusable("cursor")
    if not all(isinstance(value, str | int | float) and "\x00" not in str(value) for value in values):
        raise Unusable("cursor")
    return values

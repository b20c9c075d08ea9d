"""Locks that belong to no row, and rows locked in one order so that nobody waits in a circle."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def hold(name: str) -> None:
    """Wait until nobody else holds this name; it is let go at the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def in_order(rows: QuerySet[Any]) -> list[int]:
    """Lock rows in the order of their keys, which are returned."""
    return list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk").values_list("pk", flat=True))

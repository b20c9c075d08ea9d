"""The product as a WSGI application with its lists paged by LIMIT and OFFSET, the usual way.

Everything else is the product's own. `cursor` is the number of rows to skip. Rows are not counted, which most
libraries do on top.
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import F, QuerySet

from apps.gateway import paging
from config.wsgi import application

__all__ = ["application"]


def page(
    rows: QuerySet[Any], query: paging.PageQuery, sorts: Mapping[str, Sequence[str]], *, usual: str = "id"
) -> paging.Page:
    name = query.sort or usual
    is_down = name.startswith("-")
    columns = sorts[name.removeprefix("-")]
    ordered = rows.order_by(*(F(column).desc() if is_down else F(column).asc() for column in columns))
    skipped = int(query.cursor or 0)
    found = list(ordered[skipped : skipped + query.limit + 1])
    is_more = len(found) > query.limit
    return paging.Page(found[: query.limit], str(skipped + query.limit) if is_more else "")


def take_the_place() -> None:
    """Endpoints have imported the function by its name: it is replaced where they look for it."""
    import config.api  # noqa: F401  (all endpoints are loaded)

    for module in list(sys.modules.values()):
        if getattr(module, "page", None) is paging.page and module is not paging:
            module.page = page  # type: ignore[attr-defined]


take_the_place()

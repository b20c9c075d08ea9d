"""ETag and If-Match (RFC 9110): nobody overwrites what they have not seen."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from apps.gateway.problems import Precondition


def etag(obj: Any) -> str:
    """Of the row's own `updated_at`, to the microsecond."""
    return f'"{obj.pk}-{obj.updated_at.timestamp():.6f}"'


def show(response: HttpResponse, obj: Any) -> None:
    response["ETag"] = etag(obj)


def seen_at(request: HttpRequest, obj: Any) -> datetime:
    """`updated_at` as the client saw it, for the service to compare under its lock. Raises Precondition."""
    given = [one.strip() for one in request.headers.get("If-Match", "").split(",") if one.strip()]
    if not given:
        raise Precondition(428)
    if etag(obj) not in given:
        raise Precondition(412)
    found: datetime = obj.updated_at
    return found

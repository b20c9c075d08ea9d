"""The HTTP interface, version 1: one router per app."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from ninja import NinjaAPI

from apps.gateway import problems
from apps.geocoding.api import endpoints as geocoding

DESCRIPTION = """Patients, therapists, searches, inquiries and contact of an agency that finds places.

Clients send `Authorization: Bearer …`; every operation names the scope it needs (`x-scope`). Errors are
problem details (RFC 9457). A POST may carry an `Idempotency-Key`; a change carries `If-Match` with the ETag
that was read. Times are ISO 8601 with their offset."""

api = NinjaAPI(
    title="Psychotherapie-Vermittlung",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
)
problems.install(api)
api.add_router("/geocoding", geocoding)


def api_urls() -> Any:
    """The URLs, let through by the log-in of the pages: every endpoint has guards of its own."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        pattern.callback = login_not_required(pattern.callback)  # type: ignore[type-var]
    return patterns, app_name, namespace

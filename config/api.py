"""The HTTP interface, version 1: the routers of every app."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.urls import re_path

from apps.communication import api as communication
from apps.gateway import api as gateway
from apps.gateway import problems
from apps.gateway.document import DocumentedAPI
from apps.geocoding import api as geocoding
from apps.intake import api as intake
from apps.matching import api as matching
from apps.patients import api as patients
from apps.scraping import api as scraping
from apps.therapists import api as therapists

DESCRIPTION = """Patients, therapists, searches, inquiries and contact of an agency that finds places.

Clients send `Authorization: Bearer …`; every operation names the scope it needs (`x-scope`). Errors are
problem details (RFC 9457). A POST may carry an `Idempotency-Key`; a change carries `If-Match` with the ETag
that was read. Times are ISO 8601 with their offset."""

api = DocumentedAPI(
    title="Psychotherapie-Vermittlung",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    docs_url=None,
    openapi_url=None,
)
problems.install(api)
for app in (patients, therapists, matching, communication, geocoding, scraping, intake, gateway):
    for prefix, endpoints in app.ROUTERS.items():
        api.add_router(prefix, endpoints)


def api_urls() -> Any:
    """The URLs, let through by the log-in of the pages: every endpoint has guards of its own."""
    patterns, app_name, namespace = api.urls
    for pattern in patterns:
        endpoint: Any = pattern.callback
        pattern.callback = login_not_required(problems.told_to_programs(endpoint))
    unknown = re_path("", login_not_required(problems.unknown_path), name="unknown")
    return [*patterns, unknown], app_name, namespace

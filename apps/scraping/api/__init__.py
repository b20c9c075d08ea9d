"""The part of the HTTP interface about imports: sources, runs, what waits for a person, files."""

from apps.gateway.enums import Scope
from apps.gateway.file_imports import Files
from apps.gateway.routing import Endpoints
from apps.scraping.api import proposals, records, runs, sources

files = Files("therapists", "therapist", reading=Scope.IMPORTS_READ, writing=Scope.IMPORTS_WRITE)

ROUTERS: dict[str, Endpoints] = {
    "/sources": sources.endpoints,
    "/runs": runs.endpoints,
    "/proposals": proposals.endpoints,
    "/records": records.endpoints,
    "/therapist-imports": files.endpoints(),
}

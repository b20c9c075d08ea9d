"""The part of the HTTP interface about imports: sources, runs, what waits for a person, files."""

from apps.gateway.routing import Endpoints
from apps.scraping.api import proposals, records, runs, sources, therapist_imports

ROUTERS: dict[str, Endpoints] = {
    "/sources": sources.endpoints,
    "/runs": runs.endpoints,
    "/proposals": proposals.endpoints,
    "/records": records.endpoints,
    "/therapist-imports": therapist_imports.endpoints,
}

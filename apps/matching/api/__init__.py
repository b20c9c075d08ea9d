"""The matching part of the HTTP interface."""

from apps.gateway.routing import Endpoints
from apps.matching.api import (
    answers,
    candidates,
    free_places,
    inquiries,
    requests,
    rounds,
    search_acts,
    searches,
    trial,
)

ROUTERS: dict[str, Endpoints] = {
    "/searches": searches.endpoints,
    "/free-places": free_places.endpoints,
    "/requests": requests.endpoints,
    "/inquiries": inquiries.endpoints,
    "/rounds": rounds.endpoints,
}
__all__ = ["ROUTERS", "answers", "candidates", "search_acts", "trial"]  # the last four add to routers

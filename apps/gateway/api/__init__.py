"""The part of the HTTP interface about itself: webhooks and events."""

from apps.gateway.routing import Endpoints

ROUTERS: dict[str, Endpoints] = {}

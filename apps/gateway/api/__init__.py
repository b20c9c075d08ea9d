"""The part of the HTTP interface about itself: webhooks and events."""

from apps.gateway.api import deliveries, events, webhooks
from apps.gateway.routing import Endpoints

webhooks.endpoints.add_router("", deliveries.endpoints)
ROUTERS: dict[str, Endpoints] = {"/webhooks": webhooks.endpoints, "/events": events.endpoints}

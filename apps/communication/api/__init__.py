"""The communication part of the HTTP interface."""

from apps.gateway.routing import Endpoints

ROUTERS: dict[str, Endpoints] = {}

"""The registrations part of the HTTP interface."""

from apps.gateway.routing import Endpoints
from apps.intake.api import registrations

ROUTERS: dict[str, Endpoints] = {"/registrations": registrations.endpoints}

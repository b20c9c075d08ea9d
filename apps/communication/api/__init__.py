"""The communication part of the HTTP interface: e-mails, incoming messages, calls."""

from apps.communication.api import calls, emails, inbound
from apps.gateway.routing import Endpoints

ROUTERS: dict[str, Endpoints] = {
    "/emails": emails.endpoints,
    "/incoming-messages": inbound.endpoints,
    "/calls": calls.endpoints,
}

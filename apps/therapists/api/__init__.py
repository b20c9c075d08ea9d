"""The therapists part of the HTTP interface."""

from apps.gateway.routing import Endpoints
from apps.therapists.api.actions import actions
from apps.therapists.api.offer import offer
from apps.therapists.api.pauses import pauses
from apps.therapists.api.practices import practices
from apps.therapists.api.therapists import therapists

therapists.add_router("", offer)
therapists.add_router("", actions)
therapists.add_router("", pauses)

ROUTERS: dict[str, Endpoints] = {"/therapists": therapists, "/practices": practices}

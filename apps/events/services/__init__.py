"""Publishing, dispatching, handing over again. The outbox row is written in the publisher's transaction."""

from apps.events.services.dispatching import BACK_OFF, MAX_ATTEMPTS, dispatch
from apps.events.services.publishing import publish, publish_many
from apps.events.services.redriving import redrive, redrive_many
from apps.events.services.replaying import Replayed, Wanted, replay

__all__ = [
    "BACK_OFF",
    "MAX_ATTEMPTS",
    "Replayed",
    "Wanted",
    "dispatch",
    "publish",
    "publish_many",
    "redrive",
    "redrive_many",
    "replay",
]

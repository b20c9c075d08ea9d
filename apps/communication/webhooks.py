"""What a mail provider reports by HTTP (django-anymail): incoming messages and the fate of ours.

The receivers run inside the provider's request: it gets its 200 only after everything is committed, and
repeats what it gets no 200 for. The secret of ANYMAIL["WEBHOOK_SECRET"] guards the addresses.
"""

from typing import Any

import structlog
from anymail.inbound import AnymailInboundMessage
from anymail.signals import (
    AnymailInboundEvent,
    AnymailTrackingEvent,
    EventType,
    RejectReason,
    inbound,
    tracking,
)
from anymail.urls import urlpatterns as provider_patterns
from django.contrib.auth.decorators import login_not_required
from django.dispatch import receiver
from django.urls import URLPattern
from django.utils import timezone

from apps.communication.enums import InboundSource
from apps.communication.senders import email_answered
from apps.communication.services import inbound as messages
from apps.communication.services import reconciliation

log = structlog.get_logger(__name__)

ARRIVED = (EventType.DELIVERED, EventType.OPENED, EventType.CLICKED, EventType.COMPLAINED)
NOT_TAKEN = (EventType.BOUNCED, EventType.REJECTED, EventType.FAILED)


def _without_login(pattern: URLPattern) -> URLPattern:
    """Providers have no account here; anymail asks for the secret instead."""
    pattern.callback = login_not_required(pattern.callback)
    return pattern


app_name = "anymail"
urlpatterns = [_without_login(pattern) for pattern in provider_patterns]


@receiver(inbound, dispatch_uid="communication.inbound")
def take_over(event: AnymailInboundEvent, **kwargs: Any) -> None:
    messages.ingest(raw=_bytes(event.message), source=InboundSource.WEBHOOK, received_at=timezone.now())


@receiver(tracking, dispatch_uid="communication.tracking")
def settle(event: AnymailTrackingEvent, **kwargs: Any) -> None:
    """Twice or too late changes nothing; what is no letter of ours is left alone."""
    number = str(event.message_id or "")
    outbox_id = str((event.metadata or {}).get("outbox_id", ""))
    email = email_answered([number] if number else [], [outbox_id] if outbox_id else [])
    if email is None:
        log.info("tracking_unknown", kind=str(event.event_type))
    elif event.event_type in ARRIVED:
        reconciliation.arrived(email=email, at=timezone.now(), reason=reconciliation.BY_PROVIDER)
    elif event.event_type in NOT_TAKEN:
        reply = " ".join(f"{event.mta_response or ''} {event.description or ''}".split())
        is_invalid = event.reject_reason == RejectReason.INVALID
        reconciliation.not_taken(email=email, reply=reply, is_invalid=is_invalid, at=timezone.now())


def _bytes(message: AnymailInboundMessage) -> bytes:
    """As the provider passed it on; some take it apart, and what anymail rebuilds may not fit in ASCII."""
    try:
        return message.as_bytes()
    except (UnicodeError, LookupError, ValueError):
        return message.as_string().encode("utf-8", "surrogateescape")

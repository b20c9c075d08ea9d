"""Webhook subscriptions: made, changed, switched off and on again, with new secrets."""

import base64
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.functions import Least
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.events.catalogue import type_registry
from apps.gateway.clients import receivers
from apps.gateway.clients.addresses import Refused as AddressRefused
from apps.gateway.enums import BY_ITSELF, DisabledReason, Trouble
from apps.gateway.models import ApiClient, WebhookDelivery, WebhookSubscription
from apps.gateway.models.webhooks import EVERY_TYPE
from apps.gateway.signatures import PREFIX

log = structlog.get_logger(__name__)

MOST_OF_A_CLIENT = 20
FORMER_SECRET_SIGNS = timedelta(hours=24)
# Events told by transactions that were under way when the webhook was switched off may be a little older.
MARGIN = timedelta(hours=1)
HEALTH = {"failures": 0, "failing_deliveries": 0, "failing_since": None, "rests_until": None}


@transaction.atomic
def create(*, client: ApiClient, url: str, event_types: Iterable[str]) -> WebhookSubscription:
    """Told of everything of these types from now on. Raises ValidationError, Refused where there are many."""
    ApiClient.objects.select_for_update(no_key=True).get(pk=client.pk)
    if client.webhooks.count() >= MOST_OF_A_CLIENT:
        raise Refused(_("A client has at most %(count)s webhooks.") % {"count": MOST_OF_A_CLIENT})
    return WebhookSubscription.objects.create(
        client=client, url=_callable(url), event_types=_known(event_types), secret=_new_secret()
    )


@transaction.atomic
def change(
    *,
    subscription: WebhookSubscription,
    at: datetime,
    url: str | None = None,
    event_types: Iterable[str] | None = None,
    is_active: bool | None = None,
    seen_at: datetime | None = None,
) -> WebhookSubscription:
    """What is None stays. New types count from now on. Raises ValidationError, StaleState."""
    fresh = _locked(subscription)
    if seen_at is not None and fresh.updated_at != seen_at:
        raise StaleState
    if url is not None and url != fresh.url:
        fresh.url = _callable(url)
        _set(fresh, **HEALTH)
    if event_types is not None:
        fresh.event_types = _known(event_types)
    fresh.save(update_fields=["url", "event_types", *HEALTH, "updated_at"])
    if is_active is not None and is_active != fresh.is_active:
        _switch_on(fresh, at) if is_active else switch_off(fresh, DisabledReason.BY_CLIENT, at)
    return fresh


@transaction.atomic
def enable(*, subscription: WebhookSubscription, at: datetime) -> WebhookSubscription:
    """On again; what happened meanwhile is queued before anything goes out. Twice is once."""
    fresh = _locked(subscription)
    if not fresh.is_active:
        _switch_on(fresh, at)
    return fresh


@transaction.atomic
def disable(
    *, subscription: WebhookSubscription, reason: DisabledReason, at: datetime
) -> WebhookSubscription:
    """Nothing is queued or sent any more; what waits is kept. Twice is once."""
    fresh = _locked(subscription)
    if fresh.is_active:
        switch_off(fresh, reason, at)
    elif fresh.disabled_reason in BY_ITSELF:  # somebody has seen it and leaves it off
        fresh.disabled_reason = reason
        fresh.save(update_fields=["disabled_reason", "updated_at"])
    return fresh


@transaction.atomic
def delete(*, subscription: WebhookSubscription) -> None:
    """With everything that waits. Whoever tells an event at this moment is waited for (see the trigger)."""
    fresh = WebhookSubscription.objects.select_for_update().get(pk=subscription.pk)
    fresh.delete()


@transaction.atomic
def rotate_secret(*, subscription: WebhookSubscription, at: datetime) -> WebhookSubscription:
    """A new secret; the present one goes on signing beside it for a day, an older one ends."""
    fresh = _locked(subscription)
    fresh.former_secret, fresh.former_secret_until = fresh.secret, at + FORMER_SECRET_SIGNS
    fresh.secret = _new_secret()
    fresh.save(update_fields=["secret", "former_secret", "former_secret_until", "updated_at"])
    log.info("webhook_secret_rotated", webhook_id=fresh.pk, client_id=fresh.client_id)
    return fresh


@transaction.atomic
def redeliver(*, delivery: WebhookDelivery, at: datetime) -> WebhookDelivery:
    """Sent (again) with the next sweep, before what waits behind it; one in hand is left to its worker."""
    subscription = _locked(delivery.subscription)
    if not subscription.is_active:
        raise Refused(_("This webhook is switched off. Please switch it on first."))
    fresh = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    if fresh.claimed_until is None or fresh.claimed_until <= at:
        fresh.delivered_at, fresh.next_attempt_at = None, at
        fresh.save(update_fields=["delivered_at", "next_attempt_at"])
    WebhookSubscription.objects.filter(pk=subscription.pk).update(rests_until=None)
    return fresh


def switch_off(subscription: WebhookSubscription, reason: DisabledReason, at: datetime) -> None:
    """Of a locked row."""
    _set(subscription, is_active=False, disabled_at=at, disabled_reason=reason)
    subscription.save(update_fields=["is_active", "disabled_at", "disabled_reason", "updated_at"])
    log.warning(
        "webhook_disabled",
        webhook_id=subscription.pk,
        client_id=subscription.client_id,
        host=subscription.host,
        reason=str(reason),
    )


def _switch_on(subscription: WebhookSubscription, at: datetime) -> None:
    assert subscription.disabled_at is not None  # the database keeps it so
    since = max(subscription.disabled_at - MARGIN, subscription.created_at)
    from_then = min(since, subscription.catch_up_from or since)
    values = {"is_active": True, "disabled_at": None, "disabled_reason": "", "catch_up_from": from_then}
    _set(subscription, **values, **HEALTH, catch_up_awaits=None)
    subscription.save(update_fields=[*values, *HEALTH, "catch_up_awaits", "updated_at"])
    waiting = subscription.deliveries.filter(delivered_at__isnull=True, next_attempt_at__gt=at)
    waiting.update(next_attempt_at=Least("next_attempt_at", at))
    log.info("webhook_enabled", webhook_id=subscription.pk, client_id=subscription.client_id)


def _set(subscription: WebhookSubscription, **values: Any) -> None:
    for name, value in values.items():
        setattr(subscription, name, value)


def _locked(subscription: WebhookSubscription) -> WebhookSubscription:
    """Never a full lock: every event that is told references the row."""
    return WebhookSubscription.objects.select_for_update(no_key=True).get(pk=subscription.pk)


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _known(event_types: Iterable[str]) -> list[str]:
    given = set(event_types)
    if unknown := given - type_registry.keys() - {EVERY_TYPE}:
        names = ", ".join(sorted(unknown))
        raise ValidationError({"event_types": _("Unknown: %(names)s") % {"names": names}})
    if not given:
        raise ValidationError({"event_types": _("Please name at least one type, or * for all.")})
    return sorted(given)


def _callable(url: str) -> str:
    try:
        receivers.check(url)
    except AddressRefused as refused:
        text = (
            _("This host is not known.")
            if refused.trouble == Trouble.HOST
            else _("Please give a public address that begins with https://, without user name and password.")
        )
        raise ValidationError({"url": text}) from refused
    return url

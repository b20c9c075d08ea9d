"""Which deliveries may go now, and what became of those that went. Short transactions, never the network.

A worker holds a delivery by a lease (`claimed_until`). It is taken under the lock of the subscription's row,
so that two workers never have the same one, and no two events of one subject are on their way at once. A
worker that dies leaves its lease to run out: the event goes once more, with the same id.

The order of locks is subscription, then delivery.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from apps.events.envelope import envelope
from apps.gateway.clients.receivers import Outcome
from apps.gateway.enums import DisabledReason, Scope
from apps.gateway.messages import Message
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import webhooks

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)  # an attempt takes 15 seconds at most, and looking up a host may take its time
AT_ONCE_PER_RECEIVER = 4
RECEIVER_IS_DOWN = 3  # different events failed and none got through: one attempt at a time, with pauses
FIRST_PAUSE = timedelta(seconds=10)
LONGEST_PAUSE = timedelta(hours=6)
GIVE_UP_AFTER = timedelta(hours=24)
GIVE_UP_FAILURES = 15
JITTER = 0.1

WAITING = Q(delivered_at__isnull=True)


@dataclass(frozen=True)
class Parcel:
    """One delivery in hand. `until` is the lease by which its outcome is accepted."""

    delivery_id: int
    subscription_id: int
    until: datetime
    message: Message


@transaction.atomic
def claim(*, at: datetime, most: int) -> list[Parcel]:
    """At most so many deliveries that are due, taken in hand until `at` + LEASE."""
    found: list[WebhookDelivery] = []
    for subscription in _ready(at).order_by(F("last_success_at").asc(nulls_first=True), "pk")[:most]:
        found += _heads(subscription, at)[: min(_room(subscription, at), most - len(found))]
        if len(found) >= most:
            break
    until = at + LEASE
    WebhookDelivery.objects.filter(pk__in=[row.pk for row in found]).update(claimed_until=until)
    return [_parcel(row, until, at) for row in found]


def _ready(at: datetime) -> QuerySet[WebhookSubscription]:
    """Receivers with something due, locked; those another worker looks at just now are passed over."""
    due = WebhookDelivery.objects.filter(WAITING, _free(at), subscription=OuterRef("pk"))
    rests = Q(rests_until__isnull=False, rests_until__gt=at)
    rows = WebhookSubscription.objects.filter(
        Exists(due.filter(next_attempt_at__lte=at)),
        is_active=True,
        catch_up_from__isnull=True,
        client__is_active=True,
        client__scopes__contains=[Scope.WEBHOOKS_WRITE],
    )
    return rows.exclude(rests).select_for_update(skip_locked=True, no_key=True, of=("self",))


def _free(at: datetime) -> Q:
    return Q(claimed_until__isnull=True) | Q(claimed_until__lte=at)


def _room(subscription: WebhookSubscription, at: datetime) -> int:
    most = 1 if subscription.failing_deliveries >= RECEIVER_IS_DOWN else AT_ONCE_PER_RECEIVER
    in_hand = subscription.deliveries.filter(WAITING, claimed_until__gt=at).aggregate(count=Count("pk"))
    return max(0, most - in_hand["count"])


def _heads(subscription: WebhookSubscription, at: datetime) -> list[WebhookDelivery]:
    """The oldest waiting of each subject, where it is due and in nobody's hands: the oldest events first."""
    own = subscription.deliveries.filter(WAITING)
    earlier = WebhookDelivery.objects.filter(
        WAITING,
        subscription=subscription,
        subject=OuterRef("subject"),
        event_id__lt=OuterRef("event_id"),
    )
    due = own.filter(~Exists(earlier), _free(at), next_attempt_at__lte=at)
    return list(due.select_related("event", "subscription").order_by("event_id")[:AT_ONCE_PER_RECEIVER])


def _parcel(row: WebhookDelivery, until: datetime, at: datetime) -> Parcel:
    subscription = row.subscription
    told = envelope(row.event)
    message = Message(url=subscription.url, secrets=tuple(subscription.secrets_at(at)), envelope=told)
    return Parcel(row.pk, row.subscription_id, until, message)


@transaction.atomic
def record(*, outcomes: Sequence[tuple[Parcel, Outcome]], at: datetime) -> int:
    """Write down what became of these; returns how many were delivered. A lease that has run out counts for
    nothing: another worker may have the delivery by now."""
    subscriptions = _locked({parcel.subscription_id for parcel, _outcome in outcomes})
    delivered = 0
    for parcel, outcome in outcomes:
        subscription = subscriptions.get(parcel.subscription_id)
        if subscription is not None:
            delivered += _note(subscription, parcel, outcome, at)
    for subscription in subscriptions.values():
        _settle(subscription, at)
    return delivered


def _locked(ids: Iterable[int]) -> dict[int, WebhookSubscription]:
    rows = WebhookSubscription.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True)
    return {row.pk: row for row in rows}


def _note(subscription: WebhookSubscription, parcel: Parcel, outcome: Outcome, at: datetime) -> bool:
    held = WebhookDelivery.objects.filter(pk=parcel.delivery_id, claimed_until=parcel.until)
    row = held.select_for_update(no_key=True).first()
    if row is None:
        return False
    is_new_failure = row.last_attempt_at is None or (
        subscription.failing_since is None or row.last_attempt_at < subscription.failing_since
    )
    row.attempts += 1
    row.claimed_until, row.last_attempt_at = None, at
    row.last_status, row.last_trouble = outcome.status, outcome.trouble or ""
    subscription.last_status, subscription.last_trouble = outcome.status, outcome.trouble or ""
    if outcome.is_delivered:
        row.delivered_at = at
        _count_success(subscription, at)
    else:
        row.next_attempt_at = at + pause_after(row.attempts)
        _count_failure(subscription, is_new_failure, outcome, at)
    row.save(update_fields=_OF_DELIVERY)
    return outcome.is_delivered


_OF_DELIVERY = [
    *("attempts", "claimed_until", "last_attempt_at", "last_status", "last_trouble"),
    *("delivered_at", "next_attempt_at"),
]
_OF_SUBSCRIPTION = [
    *("failures", "failing_deliveries", "failing_since", "rests_until", "last_success_at"),
    *("last_status", "last_trouble"),
]


def _count_success(subscription: WebhookSubscription, at: datetime) -> None:
    subscription.failures = subscription.failing_deliveries = 0
    subscription.failing_since = subscription.rests_until = None
    subscription.last_success_at = at


def _count_failure(subscription: WebhookSubscription, is_new: bool, outcome: Outcome, at: datetime) -> None:
    """One stubborn event only waits itself; several different ones, and the receiver is left in peace."""
    subscription.failures += 1
    subscription.failing_since = subscription.failing_since or at
    subscription.failing_deliveries += is_new
    if subscription.failing_deliveries >= RECEIVER_IS_DOWN:
        rounds = subscription.failures - RECEIVER_IS_DOWN + 1
        subscription.rests_until = at + pause_after(rounds)
    if outcome.is_gone and subscription.is_active:
        webhooks.switch_off(subscription, DisabledReason.GONE, at)


def _settle(subscription: WebhookSubscription, at: datetime) -> None:
    subscription.save(update_fields=_OF_SUBSCRIPTION)
    since = subscription.failing_since
    is_too_long = since is not None and since <= at - GIVE_UP_AFTER
    if subscription.is_active and (is_too_long or subscription.failures >= GIVE_UP_FAILURES):
        webhooks.switch_off(subscription, DisabledReason.FAILING, at)


def pause_after(attempts: int) -> timedelta:
    """10 seconds after the first, three times as long after each further one, 6 hours at most, or nearly."""
    pause = min(FIRST_PAUSE * 3 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  (spreading, not hiding)

"""Looking at clients, their webhooks and what has been delivered."""

from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from apps.events.models import DomainEvent
from apps.gateway.enums import BY_ITSELF, DeliveryState, Scope
from apps.gateway.models import ApiClient, ApiToken, WebhookDelivery, WebhookSubscription

STATES = {
    DeliveryState.WAITING: Q(delivered_at__isnull=True, attempts=0),
    DeliveryState.RETRYING: Q(delivered_at__isnull=True, attempts__gte=1),
    DeliveryState.DELIVERED: Q(delivered_at__isnull=False),
}
TROUBLED = Q(is_active=True, failing_since__isnull=False) | Q(disabled_reason__in=BY_ITSELF)


def clients(*, at: datetime) -> QuerySet[ApiClient]:
    """With `last_used_at`, `token_count` (valid ones) and how many webhooks there are and fail."""
    used = ApiToken.objects.filter(client=OuterRef("pk")).values("client").annotate(last=Max("last_used_at"))
    valid = Q(tokens__revoked_at__isnull=True, tokens__expires_at__gt=at)
    rows = ApiClient.objects.annotate(
        last_used_at=Subquery(used.values("last")),
        token_count=Count("tokens", filter=valid, distinct=True),
        webhook_count=Count("webhooks", distinct=True),
        troubled_count=Count("webhooks", filter=_of_webhooks(TROUBLED), distinct=True),
    )
    return rows.order_by("name")


def _of_webhooks(condition: Q) -> Q:
    ids = WebhookSubscription.objects.filter(condition).values("pk")
    return Q(webhooks__in=ids)


def webhooks_of(*, client: ApiClient) -> QuerySet[WebhookSubscription]:
    """With `waiting_count`."""
    waiting = Q(deliveries__delivered_at__isnull=True, deliveries__isnull=False)
    return client.webhooks.annotate(waiting_count=Count("deliveries", filter=waiting)).order_by("pk")


def troubled_webhooks() -> QuerySet[WebhookSubscription]:
    """Switched off because nobody answers, and those that fail just now; the longest first."""
    return (
        WebhookSubscription.objects.filter(TROUBLED).select_related("client").order_by("failing_since", "pk")
    )


def deliveries(*, subscription: WebhookSubscription, state: str = "") -> QuerySet[WebhookDelivery]:
    rows = WebhookDelivery.objects.filter(subscription=subscription).select_related("event")
    return rows.filter(STATES[DeliveryState(state)]) if state else rows


def held_back(*, subscription: WebhookSubscription) -> int:
    """How many waiting events stand behind one of the same subject that does not get through."""
    stuck = WebhookDelivery.objects.filter(
        STATES[DeliveryState.RETRYING],
        subscription=subscription,
        subject=OuterRef("subject"),
        event_id__lt=OuterRef("event_id"),
    )
    waiting = WebhookDelivery.objects.filter(subscription=subscription, delivered_at__isnull=True)
    return waiting.filter(Exists(stuck)).count()


def events(
    *,
    type: str = "",
    producer: str = "",
    subject_id: str = "",
    after_id: int | None = None,
    since: datetime | None = None,
) -> QuerySet[DomainEvent]:
    values = {"type": type, "producer": producer, "subject_id": subject_id, "occurred_at__gte": since}
    chosen = {name: value for name, value in values.items() if value}
    rows = DomainEvent.objects.filter(**chosen)
    return rows if after_id is None else rows.filter(pk__gt=after_id)


def due_deliveries(*, at: datetime) -> QuerySet[WebhookDelivery]:
    """What should have gone by now: first of its subject, to a receiver that answers. The oldest first."""
    earlier = WebhookDelivery.objects.filter(
        delivered_at__isnull=True,
        subscription=OuterRef("subscription"),
        subject=OuterRef("subject"),
        event_id__lt=OuterRef("event_id"),
    )
    rows = WebhookDelivery.objects.filter(
        ~Exists(earlier),
        delivered_at__isnull=True,
        next_attempt_at__lte=at,
        subscription__is_active=True,
        subscription__failing_since__isnull=True,
        subscription__client__is_active=True,
        subscription__client__scopes__contains=[Scope.WEBHOOKS_WRITE],
    )
    return rows.order_by("next_attempt_at")


def delivery_counts(*, subscription: WebhookSubscription) -> dict[str, int]:
    """How many wait, of these how many were tried in vain, and how many stand behind those."""
    waiting = WebhookDelivery.objects.filter(subscription=subscription, delivered_at__isnull=True)
    counts = waiting.aggregate(waiting=Count("pk"), retrying=Count("pk", filter=Q(attempts__gte=1)))
    return {**counts, "held_back": held_back(subscription=subscription)}


def given_up_webhooks() -> QuerySet[WebhookSubscription]:
    """Switched off by themselves, and nobody has said yet what is to become of them."""
    rows = WebhookSubscription.objects.filter(disabled_reason__in=BY_ITSELF).select_related("client")
    return rows.order_by("disabled_at", "pk")

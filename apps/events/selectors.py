"""Looking at the outbox: events, and those that were parked after too many failures."""

from datetime import datetime

from django.db.models import Count, Min, Q, QuerySet

from apps.events.models import DomainEvent

STATES = {
    "waiting": Q(dispatched_at__isnull=True, parked_at__isnull=True),
    "done": Q(dispatched_at__isnull=False),
    "parked": Q(parked_at__isnull=False),
}


def events() -> QuerySet[DomainEvent]:
    """The newest first."""
    return DomainEvent.objects.order_by("-pk")


def parked(
    *, subscriber: str | None = None, error: str = "", type: str = "", since: datetime | None = None
) -> QuerySet[DomainEvent]:
    """Dead letters, the newest first; `since` is when they were parked. `subscriber` "" is: nobody knows."""
    values = {"last_error": error or None, "type": type or None, "parked_at__gte": since}
    chosen = {name: value for name, value in values.items() if value is not None}
    if subscriber is not None:
        chosen["failed_subscriber"] = subscriber
    return events().filter(STATES["parked"], **chosen)


def parked_counts() -> QuerySet:
    """How many by subscriber and error, and since when: rows with count and oldest."""
    rows = DomainEvent.objects.filter(STATES["parked"]).values("failed_subscriber", "last_error")
    return rows.annotate(count=Count("pk"), oldest=Min("parked_at")).order_by("-count", "failed_subscriber")

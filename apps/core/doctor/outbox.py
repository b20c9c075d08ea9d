"""The outbox of domain events (`apps.events` stands below and cannot register itself)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from apps.core.doctor import Finding, good, looks_at, warning
from apps.core.doctor.queues import waits
from apps.events.models import DomainEvent
from apps.events.relay.outlets import oldest_waiting_since


@waits("events", _lazy("Domain events"), late_after=timedelta(minutes=15), decides_readiness=True)
def undelivered_since(at: datetime) -> datetime | None:
    """The first in the order of dispatch; one that is tried again waits from its next attempt on."""
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=at)
    waiting = DomainEvent.objects.filter(due, dispatched_at__isnull=True, parked_at__isnull=True)
    event = waiting.only("occurred_at", "next_attempt_at").order_by("id").first()
    return (event.next_attempt_at or event.occurred_at) if event else None


@waits(
    "relay",
    _lazy("Relay to Kafka"),
    late_after=timedelta(minutes=15),
    decides_readiness=True,
    remedy=_lazy(
        "See that the relay is running and what its log says (docs/kafka.md). Where nobody needs Kafka any "
        "more, run manage.py relay_events --off."
    ),
)
def unrelayed_since(at: datetime) -> datetime | None:
    """Without an outlet that is on nothing ever waits."""
    return oldest_waiting_since()


@looks_at("parked_events", _lazy("Parked events"))
def look_at_parked(at: datetime) -> Iterable[Finding]:
    count = DomainEvent.objects.filter(parked_at__isnull=False).count()
    if not count:
        return [good(str(_lazy("None is parked.")))]
    text = ngettext(
        "%(count)s event was given up after several attempts.",
        "%(count)s events were given up after several attempts.",
        count,
    )
    remedy = _lazy(
        "Read “last error” in the administration (domain events), mend the cause, choose “Give another try”."
    )
    return [warning(text % {"count": count}, str(remedy))]

"""Another round of attempts for parked events, with a trace of who wanted it."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from apps.events import bell
from apps.events.models import DomainEvent, Redrive


def redrive(*, event: DomainEvent, actor: Any, at: datetime) -> bool:
    """Give a parked event another round; False for one that is not parked (any more)."""
    return redrive_many(events=DomainEvent.objects.filter(pk=event.pk), actor=actor, at=at) == 1


@transaction.atomic
def redrive_many(*, events: QuerySet[DomainEvent], actor: Any, at: datetime) -> int:
    """The same for all that are parked among these (`selectors.parked`); returns how many.

    What somebody else has just taken up is left to them.
    """
    parked = events.filter(parked_at__isnull=False).select_related(None).order_by("pk")
    rows = list(parked.select_for_update(skip_locked=True, of=("self",)))
    Redrive.objects.bulk_create(_trace(row, actor, at) for row in rows)
    DomainEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
        parked_at=None,
        attempts=0,
        next_attempt_at=None,
        last_error="",
        failed_subscriber="",
        error_place="",
    )
    if rows:
        bell.ring("events.dispatch")
    return len(rows)


def _trace(event: DomainEvent, actor: Any, at: datetime) -> Redrive:
    return Redrive(
        event=event,
        at=at,
        actor=actor,
        error=event.last_error,
        subscriber=event.failed_subscriber,
        place=event.error_place,
    )

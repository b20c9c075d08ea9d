"""Recording and changing therapists. The doors of the rows around one are re-exported here."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.audit import acting
from apps.core.errors import StaleState
from apps.core.saving import save_checked
from apps.core.transitions import lock, write_history
from apps.core.weekly import Interval
from apps.events.services import publish
from apps.therapists.enums import HoursKind
from apps.therapists.models import Approval, ContactGroup, Practice, Therapist, WeeklyHours, Workplace
from apps.therapists.services import contact_groups
from apps.therapists.services.changes import apply, bring_up_to_date, save_changed
from apps.therapists.services.offer import (
    ApprovalKey,
    checked_approvals,
    merged,
    set_approvals,
    set_hours,
    set_week,
    set_workplaces,
)
from apps.therapists.services.practices import resolve, update_practice

__all__ = ["create", "set_approvals", "set_hours", "set_week", "set_workplaces", "update", "update_practice"]


@transaction.atomic
def create(
    *,
    data: Mapping[str, Any],
    practices: Sequence[Practice | Mapping[str, Any]],
    approvals: Iterable[ApprovalKey],
    phone_hours: Iterable[Interval] = (),
    working_hours: Iterable[Interval] | None = None,
    actor: Any,
    at: datetime,
) -> Therapist:
    """Record a therapist, unreviewed. The first practice is the main one; a mapping is found or created.

    `working_hours` None means unknown. Publishes `therapist.created`. Raises ValidationError with field names
    (`practices`, `approvals` and `hours` besides the model's own).
    """
    contact_groups.hold()
    with acting(actor):
        therapist = Therapist(contact_group=ContactGroup(), is_working_hours_known=working_hours is not None)
        apply(therapist, data)
        therapist.contact_group.save()
        therapist.contact_group_id = therapist.contact_group.pk
        save_checked(therapist)
        _add_workplaces(therapist, resolve(practices))
    _add_offer(therapist, checked_approvals(approvals), merged(phone_hours), merged(working_hours or ()))
    _record_start(therapist, actor, at)
    return therapist


@transaction.atomic
def update(
    *,
    therapist: Therapist,
    changes: Mapping[str, Any],
    actor: Any,
    at: datetime,
    seen_at: datetime | None = None,
) -> Therapist:
    """Change fields of the record itself and publish `therapist.changed` with their names.

    `seen_at` is the row's `updated_at` as the person saw it: a different one raises StaleState. Raises
    ValidationError with field names. Returns the fresh row and brings `therapist` up to date.
    """
    fresh = lock(therapist)
    if seen_at is not None and fresh.updated_at != seen_at:
        raise StaleState()
    with acting(actor):
        changed = apply(fresh, changes)
        save_changed(fresh, changed)
    if changed:
        publish(type="therapist.changed", subject_id=fresh.pk, at=at, payload={"changed": sorted(changed)})
    bring_up_to_date(therapist, fresh, changed)
    return fresh


def _add_workplaces(therapist: Therapist, practices: Sequence[Practice]) -> None:
    Workplace.objects.bulk_create(
        Workplace(therapist=therapist, practice=practice, is_main=position == 0)
        for position, practice in enumerate(practices)
    )
    if contact_groups.regroup(practices=practices):
        therapist.refresh_from_db(fields=["contact_group"])


def _add_offer(
    therapist: Therapist,
    approvals: Iterable[ApprovalKey],
    phone_hours: Iterable[Interval],
    working_hours: Iterable[Interval],
) -> None:
    Approval.objects.bulk_create(
        Approval(therapist=therapist, method=method, age_group=age_group, setting=setting)
        for method, age_group, setting in approvals
    )
    WeeklyHours.objects.bulk_create(
        WeeklyHours(therapist=therapist, kind=kind, weekday=day, start_minute=start, end_minute=end)
        for kind, intervals in ((HoursKind.PHONE, phone_hours), (HoursKind.WORKING, working_hours))
        for day, start, end in intervals
    )


def _record_start(therapist: Therapist, actor: Any, at: datetime) -> None:
    """A history row, but no `therapist.active`: somebody unreviewed may not be asked yet."""
    write_history(therapist, old="", new=therapist.status, actor=actor, at=at)
    publish(type="therapist.created", subject_id=therapist.pk, at=at, payload={"to": therapist.status})

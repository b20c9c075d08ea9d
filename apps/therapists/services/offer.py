"""The rows around a therapist: approvals, weekly hours, workplaces. Each call replaces the whole set.

A change makes a new version of the therapist (`updated_at`). `seen_at` is the version somebody saw: another
one raises StaleState.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from apps.core.audit import acting
from apps.core.enums import Method
from apps.core.errors import StaleState
from apps.core.transitions import lock
from apps.core.weekly import MINUTES_A_DAY, Interval, join
from apps.events.services import publish
from apps.therapists.enums import AgeGroup, HoursKind, Setting
from apps.therapists.models import Approval, Practice, Therapist, WeeklyHours, Workplace
from apps.therapists.services import contact_groups
from apps.therapists.services.changes import bring_up_to_date
from apps.therapists.services.practices import resolve

ApprovalKey = tuple[str, str, str]
"""(method, age group, setting)"""


@transaction.atomic
def set_approvals(
    *,
    therapist: Therapist,
    approvals: Iterable[ApprovalKey],
    at: datetime,
    actor: Any = None,
    seen_at: datetime | None = None,
) -> None:
    """Replace the approvals. Raises ValidationError for a word that is none of the known ones."""
    wanted = set(checked_approvals(approvals))
    fresh = _locked(therapist, seen_at)
    present = {(row.method, row.age_group, row.setting): row.pk for row in therapist.approvals.all()}
    if wanted == present.keys():
        return
    gone = [pk for key, pk in present.items() if key not in wanted]
    Approval.objects.filter(pk__in=gone).delete()
    Approval.objects.bulk_create(
        Approval(therapist=therapist, method=method, age_group=age_group, setting=setting)
        for method, age_group, setting in sorted(wanted - present.keys())
    )
    _renew(therapist, fresh, actor)
    _tell(therapist, "approvals", at)


@transaction.atomic
def set_hours(
    *,
    therapist: Therapist,
    kind: str,
    intervals: Iterable[Interval] | None,
    at: datetime,
    actor: Any = None,
    seen_at: datetime | None = None,
) -> None:
    """Replace the phone or working hours; touching intervals become one, None means unknown.

    Raises ValidationError for an interval outside its day.
    """
    wanted = merged(intervals or ())
    fresh = _locked(therapist, seen_at)
    rows = fresh.hours.filter(kind=kind)
    is_changed = [row.interval for row in rows] != wanted
    if is_changed:
        rows.delete()
        WeeklyHours.objects.bulk_create(
            WeeklyHours(therapist=fresh, kind=kind, weekday=day, start_minute=start, end_minute=end)
            for day, start, end in wanted
        )
    if kind == HoursKind.WORKING and fresh.is_working_hours_known != (intervals is not None):
        fresh.is_working_hours_known = intervals is not None
        is_changed = True
    if is_changed:
        _renew(therapist, fresh, actor, "is_working_hours_known")
        _tell(fresh, f"{kind}_hours", at)


@transaction.atomic
def set_week(
    *, therapist: Therapist, phone: Iterable[Interval], working: Iterable[Interval] | None, at: datetime
) -> None:
    """Both kinds of hours at once, as a page shows them."""
    set_hours(therapist=therapist, kind=HoursKind.PHONE, intervals=phone, at=at)
    set_hours(therapist=therapist, kind=HoursKind.WORKING, intervals=working, at=at)


@transaction.atomic
def set_workplaces(
    *,
    therapist: Therapist,
    practices: Sequence[Practice | Mapping[str, Any]],
    at: datetime,
    actor: Any = None,
    seen_at: datetime | None = None,
) -> None:
    """Replace the practices, the first one is the main one; regroups who is reached through them.

    Raises ValidationError where none is named.
    """
    contact_groups.hold()
    with acting(actor):
        wanted = resolve(practices)
    fresh = _locked(therapist, seen_at)
    present = list(therapist.workplaces.select_related("practice"))
    if [row.practice_id for row in present] == [practice.pk for practice in wanted]:
        return
    therapist.workplaces.all().delete()
    Workplace.objects.bulk_create(
        Workplace(therapist=therapist, practice=practice, is_main=position == 0)
        for position, practice in enumerate(wanted)
    )
    contact_groups.regroup(practices=[*wanted, *(row.practice for row in present)])
    _renew(therapist, fresh, actor)
    publish(type="therapist.moved", subject_id=therapist.pk, at=at, payload={"changed": ["practices"]})
    therapist.refresh_from_db(fields=["contact_group"])


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """In order, touching and overlapping ones joined. Raises ValidationError for one outside its day."""
    hours = list(intervals)
    if not all(0 <= day <= 6 and 0 <= start < end <= MINUTES_A_DAY for day, start, end in hours):
        raise ValidationError({"hours": _("Hours must begin before they end, within one day.")})
    return join(hours)


def checked_approvals(approvals: Iterable[ApprovalKey]) -> list[ApprovalKey]:
    """In order and without doubles. Raises ValidationError for a word that is none of the known ones."""
    return sorted({_checked_approval(approval) for approval in approvals})


def _locked(therapist: Therapist, seen_at: datetime | None) -> Therapist:
    fresh = lock(therapist)
    if seen_at is not None and fresh.updated_at != seen_at:
        raise StaleState()
    return fresh


def _renew(therapist: Therapist, fresh: Therapist, actor: Any, *names: str) -> None:
    """A new version of the locked row, of which the caller's own instance learns."""
    with acting(actor):
        fresh.save(update_fields=[*names, "updated_at"])
    bring_up_to_date(therapist, fresh, list(names))


def _checked_approval(approval: ApprovalKey) -> ApprovalKey:
    method, age_group, setting = approval
    try:
        return Method(method).value, AgeGroup(age_group).value, Setting(setting).value
    except ValueError as error:
        raise ValidationError(
            {"approvals": _("%(error)s: there is no such approval.") % {"error": error}}
        ) from None


def _tell(therapist: Therapist, name: str, at: datetime) -> None:
    publish(type="therapist.changed", subject_id=therapist.pk, at=at, payload={"changed": [name]})

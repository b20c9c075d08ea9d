"""Who allowed us to fetch from a source, and on what grounds. Without such a record nothing leaves."""

from datetime import date, datetime
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.scraping.models import FetchPermission, Source

log = structlog.get_logger(__name__)


@transaction.atomic
def record(
    *,
    source: Source,
    given_by: str,
    given_on: date,
    until: date | None,
    grounds: str,
    actor: Any,
    at: datetime,
    today: date,
) -> FetchPermission:
    """Record a permission; one in force before is replaced by it. Raises Refused with what is missing."""
    Source.objects.select_for_update().get(pk=source.pk)
    permission = FetchPermission(
        source=source,
        given_by=given_by.strip(),
        given_on=given_on,
        until=until,
        grounds=grounds.strip(),
        recorded_by=actor,
    )
    _check(permission, today)
    for before in source.permissions.filter(withdrawn_at__isnull=True):
        _withdraw(before, _("Replaced by a newer permission."), at)
    permission.save()
    log.info("fetch_permission_recorded", source=source.key, permission_id=permission.pk, user_id=actor.pk)
    return permission


def _check(permission: FetchPermission, today: date) -> None:
    try:
        permission.clean_fields()
    except ValidationError as error:
        text = _("Please say who gave the permission and where it can be read again.")
        raise Refused(text) from error
    if permission.given_on > today:
        raise Refused(_("The permission is dated in the future."))
    if permission.until is not None and permission.until < max(today, permission.given_on):
        raise Refused(_("This permission has run out already."))


@transaction.atomic
def withdraw(*, permission: FetchPermission, reason: str, actor: Any, at: datetime) -> FetchPermission:
    """From now on nothing leaves; a run under way stops before its next request.

    Raises Refused without a reason, StaleState where it was withdrawn before.
    """
    if not reason.strip():
        raise Refused(_("Please say why the permission is withdrawn."))
    fresh = FetchPermission.objects.select_for_update().get(pk=permission.pk)
    if fresh.withdrawn_at is not None:
        raise StaleState(_("This permission was withdrawn already."))
    _withdraw(fresh, reason.strip(), at)
    log.info("fetch_permission_withdrawn", permission_id=fresh.pk, user_id=actor.pk)
    return fresh


def _withdraw(permission: FetchPermission, reason: str, at: datetime) -> None:
    permission.withdrawn_at, permission.withdrawn_reason = at, reason[:300]
    permission.save(update_fields=["withdrawn_at", "withdrawn_reason", "updated_at"])


@transaction.atomic
def end_rest(*, source: Source, actor: Any, at: datetime) -> Source:
    """A person has cleared up why the source refused: it may be asked again before its rest is over."""
    fresh = Source.objects.select_for_update().get(pk=source.pk)
    if fresh.resting_until is None or fresh.resting_until <= at:
        raise StaleState(_("This source does not rest any more."))
    fresh.resting_until, fresh.resting_reason = None, ""
    fresh.save(update_fields=["resting_until", "resting_reason", "updated_at"])
    log.info("source_rest_ended", source=fresh.key, user_id=actor.pk)
    return fresh

"""Contact pauses and the days of the last contacts."""

from collections.abc import Collection
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.core.errors import StaleState
from apps.core.locks import in_order
from apps.core.saving import check_fields, save_checked
from apps.events.services import publish
from apps.therapists.models import ContactPause, Therapist


@transaction.atomic
def pause(
    *, therapist: Therapist, starts_on: date, until: date, reason: str, note: str = "", at: datetime
) -> ContactPause:
    """Nobody behind the same mailbox or number is contacted from `starts_on` to `until`, both included.

    Raises ValidationError where the days are in the wrong order or the reason is unknown.
    """
    if until < starts_on:
        raise ValidationError({"until": _("The last day must not come before the first.")})
    row = ContactPause(
        therapist=therapist, starts_on=starts_on, until=until, reason=reason, note=note.strip()
    )
    check_fields(row, exclude=["therapist"])
    save_checked(row)
    publish(type="therapist.paused", subject_id=therapist.pk, at=at)
    return row


@transaction.atomic
def lift_pause(*, pause: ContactPause, at: datetime) -> ContactPause:
    """End a pause early; the row stays. Raises StaleState where it was lifted already."""
    lifted = ContactPause.objects.filter(pk=pause.pk, lifted_at__isnull=True).update(lifted_at=at)
    if lifted != 1:
        raise StaleState()
    pause.lifted_at = at
    publish(type="therapist.changed", subject_id=pause.therapist_id, at=at, payload={"changed": ["pauses"]})
    return pause


def note_email(*, therapist: Therapist, at: datetime) -> None:
    _note(therapist, "last_email_at", at)


def note_emails(*, therapist_ids: Collection[int], at: datetime) -> None:
    """The same for several therapists in one statement."""
    _note_all(therapist_ids, "last_email_at", at)


def note_call(*, therapist: Therapist, at: datetime) -> None:
    _note(therapist, "last_call_at", at)


def note_talk(*, therapist: Therapist, at: datetime) -> None:
    _note(therapist, "last_talk_at", at)


def _note(therapist: Therapist, field: str, at: datetime) -> None:
    if _note_all([therapist.pk], field, at):
        setattr(therapist, field, at)


def _note_all(therapist_ids: Collection[int], field: str, at: datetime) -> int:
    """Only ever later; `updated_at` stays, so that nobody's open form goes stale by a call."""
    earlier = Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lt": at})
    rows = Therapist.objects.filter(earlier, pk__in=therapist_ids)
    return rows.filter(pk__in=in_order(rows)).update(**{field: at})

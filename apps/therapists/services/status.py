"""Status, review and objection of a therapist."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import StaleState
from apps.core.transitions import lock, move, write_history
from apps.events.services import publish
from apps.therapists.enums import ReviewStatus, TherapistStatus
from apps.therapists.models import Therapist

OBJECTED = "objected"
NO_BLOCK = {"blocked_reason": "", "blocked_since": None, "blocked_until": None}


def block(*, therapist: Therapist, reason: str, until: date | None, actor: Any, at: datetime) -> Therapist:
    """Nobody contacts the therapist until `until` (last day) or, without one, until somebody unblocks.

    Raises ValidationError without a reason or with a day in the past.
    """
    today = timezone.localdate(at)
    if not reason.strip():
        raise ValidationError({"reason": _("Please say why.")})
    if until is not None and until < today:
        raise ValidationError({"until": _("This day has passed.")})
    fields = {"blocked_reason": reason.strip(), "blocked_since": today, "blocked_until": until}
    return move(
        therapist, to=TherapistStatus.BLOCKED, actor=actor, at=at, reason=reason.strip(), fields=fields
    )


@transaction.atomic
def unblock(*, therapist: Therapist, actor: Any, at: datetime, reason: str = "") -> Therapist:
    _require(therapist, TherapistStatus.BLOCKED)
    return move(therapist, to=TherapistStatus.ACTIVE, actor=actor, at=at, reason=reason, fields=NO_BLOCK)


def deactivate(*, therapist: Therapist, actor: Any, at: datetime, reason: str = "") -> Therapist:
    """The therapist has stopped working or moved away for good."""
    return move(therapist, to=TherapistStatus.INACTIVE, actor=actor, at=at, reason=reason, fields=NO_BLOCK)


@transaction.atomic
def reactivate(*, therapist: Therapist, actor: Any, at: datetime, reason: str = "") -> Therapist:
    _require(therapist, TherapistStatus.INACTIVE)
    return move(therapist, to=TherapistStatus.ACTIVE, actor=actor, at=at, reason=reason)


def unblock_due(*, today: date, at: datetime) -> int:
    """End the blocks whose last day has passed; returns how many. Rows in use wait for the next run."""
    due = Therapist.objects.filter(status=TherapistStatus.BLOCKED, blocked_until__lt=today)
    return sum(_unblock_one(pk, today, at) for pk in due.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def verify(*, therapist: Therapist, actor: Any, at: datetime) -> Therapist:
    """A person has looked at the record: from now on the therapist may be contacted."""
    fresh = _review(therapist, to=ReviewStatus.VERIFIED, reviewed_at=at, actor=actor, at=at)
    payload = {"from": ReviewStatus.UNREVIEWED, "to": ReviewStatus.VERIFIED}
    publish(type="therapist.verified", subject_id=fresh.pk, at=at, payload=payload)
    return fresh


@transaction.atomic
def unverify(*, therapist: Therapist, actor: Any, at: datetime, reason: str = "") -> Therapist:
    """Take the review back; the therapist is not contacted until somebody verifies again."""
    fresh = _review(
        therapist, to=ReviewStatus.UNREVIEWED, reviewed_at=None, actor=actor, at=at, reason=reason
    )
    publish(type="therapist.changed", subject_id=fresh.pk, at=at, payload={"changed": ["review_status"]})
    return fresh


@transaction.atomic
def object_to_contact(*, therapist: Therapist, on: date, actor: Any, at: datetime, reason: str) -> Therapist:
    """Record the objection to any further contact. Final; a second one changes nothing."""
    fresh = lock(therapist)
    if fresh.do_not_contact_since is None:
        fresh.do_not_contact_since = on
        fresh.save(update_fields=["do_not_contact_since", "updated_at"])
        write_history(fresh, old=fresh.status, new=OBJECTED, actor=actor, at=at, reason=reason)
        publish(type="therapist.objected", subject_id=fresh.pk, at=at)
    therapist.do_not_contact_since, therapist.updated_at = fresh.do_not_contact_since, fresh.updated_at
    return fresh


def _require(therapist: Therapist, status: str) -> None:
    """Active is reached from two states: this click meant one of them. Raises StaleState."""
    if lock(therapist).status != status:
        raise StaleState()


@transaction.atomic
def _unblock_one(pk: int, today: date, at: datetime) -> int:
    due = Therapist.objects.filter(pk=pk, status=TherapistStatus.BLOCKED, blocked_until__lt=today)
    therapist = due.select_for_update(skip_locked=True, of=("self",)).first()
    if therapist is None:
        return 0
    unblock(therapist=therapist, actor=None, at=at, reason=_("The last day of the block has passed."))
    return 1


def _review(
    therapist: Therapist, *, to: str, reviewed_at: datetime | None, actor: Any, at: datetime, reason: str = ""
) -> Therapist:
    """Set the review state and write a history row. Raises StaleState where it is so already."""
    fresh = lock(therapist)
    old = fresh.review_status
    if old == to:
        raise StaleState()
    fresh.review_status, fresh.reviewed_at = to, reviewed_at
    fresh.save(update_fields=["review_status", "reviewed_at", "updated_at"])
    write_history(fresh, old=old, new=to, actor=actor, at=at, reason=reason)
    therapist.review_status, therapist.reviewed_at, therapist.updated_at = to, reviewed_at, fresh.updated_at
    return fresh

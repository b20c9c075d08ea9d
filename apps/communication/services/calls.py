"""Planning, making and cancelling calls."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.communication import phone_hours
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.core.errors import Refused
from apps.core.transitions import move, record_start
from apps.core.weekly import Interval
from apps.therapists.enums import HoursKind, TherapistStatus
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import contact


@transaction.atomic
def plan(
    *,
    therapist: Therapist,
    purpose: CallPurpose,
    not_before: datetime,
    minutes: int,
    actor: Any,
    at: datetime,
) -> PhoneCall:
    """Plan one call at the earliest free moment inside the therapist's phone hours.

    Where no phone hours are known, usual office mornings count. Raises Refused without a phone number,
    without a free moment in the next 60 days, and for therapists who objected, are blocked or inactive.
    """
    _refuse_unwanted(therapist)
    practice = _practice_with_phone(therapist)
    span = next(_free_spans(therapist, practice, not_before=not_before, minutes=minutes), None)
    if span is None:
        raise Refused(_("No free moment in the phone hours of the next 60 days."))
    call = PhoneCall.objects.create(
        purpose=purpose,
        therapist=therapist,
        practice=practice,
        phone=practice.phone,
        starts_at=span[0],
        ends_at=span[1],
        coordinator=actor,
    )
    record_start(call, actor=actor, at=at)
    return call


@transaction.atomic
def complete(*, call: PhoneCall, outcome: CallOutcome, note: str, actor: Any, at: datetime) -> PhoneCall:
    """Record what came of a call. A talk counts as a contact in person."""
    done = move(
        call,
        to=CallStatus.DONE,
        actor=actor,
        at=at,
        fields={"outcome": outcome, "note": note, "done_at": at, "coordinator": actor},
    )
    contact.note_call(therapist=done.therapist, at=at)
    if outcome == CallOutcome.REACHED:
        contact.note_talk(therapist=done.therapist, at=at)
    return done


def cancel(*, call: PhoneCall, actor: Any, at: datetime, reason: str) -> None:
    move(call, to=CallStatus.CANCELLED, actor=actor, at=at, reason=reason)


def _refuse_unwanted(therapist: Therapist) -> None:
    if therapist.do_not_contact_since is not None:
        raise Refused(_("The therapist objected to being contacted."))
    if therapist.status != TherapistStatus.ACTIVE:
        raise Refused(_("The therapist is not active or not reviewed."))


def _practice_with_phone(therapist: Therapist) -> Practice:
    for workplace in therapist.workplaces.select_related("practice"):
        if workplace.practice.phone:
            return workplace.practice
    raise Refused(_("%(name)s has no phone number.") % {"name": therapist.full_name})


def _free_spans(
    therapist: Therapist, practice: Practice, *, not_before: datetime, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    hours: Sequence[Interval] = [
        row.interval for row in therapist.hours.filter(kind=HoursKind.PHONE)
    ] or phone_hours.USUAL_HOURS
    length = timedelta(minutes=minutes)
    taken = list(therapist.calls.filter(status=CallStatus.PLANNED).values_list("starts_at", "ends_at"))
    for opens, closes in phone_hours.windows(
        hours, not_before=not_before, state=practice.state, minutes=minutes
    ):
        begin = opens
        for busy_from, busy_until in sorted(taken):
            if begin < busy_until and busy_from < begin + length:
                begin = busy_until.astimezone(phone_hours.BERLIN)
        if begin + length <= closes:
            yield begin, begin + length

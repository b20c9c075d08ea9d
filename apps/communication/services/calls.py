"""Planning, making and cancelling calls. Who has a call in hand: `services.call_claims`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication import phone_hours
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.communication.selectors.calls import is_held_by_another
from apps.communication.services import call_planning
from apps.communication.services.call_planning import Slot, Wish
from apps.core import locks
from apps.core import parameters as operating
from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock, move, record_start, write_history
from apps.therapists.enums import TherapistStatus
from apps.therapists.models import Practice, Therapist
from apps.therapists.services import contact

PLANNING = "communication:call_planning"  # one plans at a time; nothing else is locked after it


@transaction.atomic
def plan(
    *,
    therapist: Therapist,
    purpose: CallPurpose,
    not_before: datetime,
    minutes: int,
    actor: Any,
    at: datetime,
    coordinator: User | None = None,
    attempt: int = 1,
    tried: Sequence[datetime] = (),
) -> PhoneCall:
    """Plan one call at the earliest free moment inside the therapist's phone hours.

    Where no phone hours are known, usual office mornings count. A call longer than the longest phone hour
    is as long as that. `tried` are the moments of earlier calls in vain: another weekday or time of day is
    taken where there is one soon. Raises Refused without a phone number, without a free moment in the next
    60 days, and for therapists who objected, are blocked or inactive.
    """
    _refuse_unwanted(therapist)
    practice = _practice_with_phone(therapist)
    parameters = operating.current(at=at)
    locks.hold(PLANNING)
    slot = call_planning.find(
        Wish(
            therapist=therapist,
            practice=practice,
            not_before=not_before,
            minutes=minutes,
            calls_per_hour=parameters.calls_per_hour,
            coordinator=coordinator,
            tried=tuple(tried),
        )
    )
    return _planned(therapist, practice, slot, purpose=purpose, attempt=attempt, actor=actor, at=at)


@transaction.atomic
def plan_agreed(
    *,
    therapist: Therapist,
    purpose: CallPurpose,
    starts_at: datetime,
    minutes: int,
    actor: Any,
    at: datetime,
    coordinator: User | None = None,
    attempt: int = 1,
    is_holiday_agreed: bool = False,
) -> PhoneCall:
    """Plan a call at the moment the practice asked for, inside its phone hours or not.

    Raises Refused for a moment in the past, for a Sunday or public holiday unless that was agreed on, and
    where another call to this therapist is planned then.
    """
    _refuse_unwanted(therapist)
    practice = _practice_with_phone(therapist)
    check_agreed(starts_at, practice.state, at=at, is_holiday_agreed=is_holiday_agreed)
    ends_at = starts_at + timedelta(minutes=minutes)
    locks.hold(PLANNING)
    _refuse_overlap(therapist, starts_at, ends_at)
    who = call_planning.who_could(start=starts_at, end=ends_at, preferred=coordinator)
    slot = Slot(starts_at, ends_at, who)
    return _planned(therapist, practice, slot, purpose=purpose, attempt=attempt, actor=actor, at=at)


def check_agreed(starts_at: datetime, state: str, *, at: datetime, is_holiday_agreed: bool) -> None:
    """Raises Refused where nobody would call then."""
    day = starts_at.astimezone(phone_hours.BERLIN).date()
    if starts_at <= at:
        raise Refused(_("The moment for calling back must be in the future."))
    is_day_off = day.weekday() == phone_hours.SUNDAY or phone_hours.is_holiday(day, state)
    if is_day_off and not is_holiday_agreed:
        raise Refused(_("That is a Sunday or public holiday. Please tick that the practice asked for it."))


@transaction.atomic
def complete(*, call: PhoneCall, outcome: CallOutcome, note: str, actor: Any, at: datetime) -> PhoneCall:
    """Record what came of a call. A talk counts as a contact in person.

    Raises StaleState where the call was made or cancelled meanwhile, or somebody else has it in hand.
    """
    _refuse_held(lock(call), actor, at)
    done = move(
        call,
        to=CallStatus.DONE,
        actor=actor,
        at=at,
        fields={
            "outcome": outcome,
            "note": note,
            "done_at": at,
            "coordinator": actor,
            "taken_by": None,
            "taken_at": None,
        },
    )
    contact.note_call(therapist=done.therapist, at=at)
    if outcome == CallOutcome.REACHED:
        contact.note_talk(therapist=done.therapist, at=at)
    return done


@transaction.atomic
def reschedule(
    *,
    call: PhoneCall,
    starts_at: datetime,
    minutes: int,
    coordinator: User | None,
    actor: Any,
    at: datetime,
    is_holiday_agreed: bool = False,
    reason: str = "",
) -> PhoneCall:
    """Another moment, length or coordinator for a planned call; it stays the same try about the same matter.

    Raises StaleState where it was made or cancelled or is in somebody else's hand, Refused as `plan_agreed`.
    """
    fresh = lock(call)
    if fresh.status != CallStatus.PLANNED:
        raise StaleState()
    _refuse_held(fresh, actor, at)
    if starts_at != fresh.starts_at:
        state = fresh.practice.state if fresh.practice else ""
        check_agreed(starts_at, state, at=at, is_holiday_agreed=is_holiday_agreed)
    ends_at = starts_at + timedelta(minutes=minutes)
    locks.hold(PLANNING)
    _refuse_overlap(fresh.therapist, starts_at, ends_at, but=fresh)
    fresh.starts_at, fresh.ends_at, fresh.coordinator = starts_at, ends_at, coordinator
    fresh.save(update_fields=["starts_at", "ends_at", "coordinator", "updated_at"])
    write_history(fresh, old=fresh.status, new=fresh.status, actor=actor, at=at, reason=reason)
    return fresh


def cancel(*, call: PhoneCall, actor: Any, at: datetime, reason: str) -> None:
    move(call, to=CallStatus.CANCELLED, actor=actor, at=at, reason=reason)


@transaction.atomic
def cancel_all(*, therapist: Therapist, actor: Any, at: datetime, reason: str) -> int:
    """Nobody calls this therapist any more, whatever it was about; returns how many calls went."""
    planned = therapist.calls.filter(status=CallStatus.PLANNED).order_by("id")
    for call in planned:
        cancel(call=call, actor=actor, at=at, reason=reason)
    return len(planned)


def _planned(
    therapist: Therapist,
    practice: Practice,
    slot: Slot,
    *,
    purpose: CallPurpose,
    attempt: int,
    actor: Any,
    at: datetime,
) -> PhoneCall:
    call = PhoneCall.objects.create(
        purpose=purpose,
        therapist=therapist,
        practice=practice,
        phone=practice.phone,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        coordinator_id=slot.coordinator_id,
        attempt=attempt,
    )
    record_start(call, actor=actor, at=at)
    return call


def _refuse_unwanted(therapist: Therapist) -> None:
    if therapist.do_not_contact_since is not None:
        raise Refused(_("The therapist objected to being contacted."))
    if therapist.status != TherapistStatus.ACTIVE:
        raise Refused(_("The therapist is not active or not reviewed."))


def _refuse_held(call: PhoneCall, actor: Any, at: datetime) -> None:
    if call.status == CallStatus.PLANNED and is_held_by_another(call, actor, at=at):
        raise StaleState(_("%(name)s has this call in hand.") % {"name": call.taken_by.display_name})  # type: ignore[union-attr]


def _refuse_overlap(
    therapist: Therapist, starts_at: datetime, ends_at: datetime, *, but: PhoneCall | None = None
) -> None:
    same = therapist.calls.filter(status=CallStatus.PLANNED, starts_at__lt=ends_at, ends_at__gt=starts_at)
    if (same.exclude(pk=but.pk) if but else same).exists():
        raise Refused(_("Another call to this therapist is planned for that time."))


def _practice_with_phone(therapist: Therapist) -> Practice:
    for workplace in therapist.workplaces.select_related("practice"):
        if workplace.practice.phone:
            return workplace.practice
    raise Refused(_("%(name)s has no phone number.") % {"name": therapist.full_name})

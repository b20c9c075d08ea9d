"""Reading calls: planned and made ones, who can be reached now, who is next. A fixed number of queries.

A planned call is *wanted* while its therapist may be called (active, reviewed, no objection, no contact
pause) and every app that knows a reason says that it stands. It is *reachable* while the phone is answered,
whether or not it was planned for now; a further try waits for its day, a call the practice asked for until
its time.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.communication import phone_hours
from apps.communication.call_reasons import is_wanted
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.communication.models import PhoneCall
from apps.geocoding.enums import State
from apps.therapists.enums import HoursKind, ReviewStatus, TherapistStatus
from apps.therapists.models import WeeklyHours
from apps.therapists.selectors import pauses_in_force

CALLS_SHOWN = 200
CLAIM = timedelta(minutes=20)  # so long a call stays in the hand of who took it
LEAD = timedelta(minutes=5)  # a call that was asked for may be made a little early
GRACE = timedelta(hours=1)  # and outside the phone hours until so long after its time
MINE = "mine"
# The more urgent first.
PURPOSES = [CallPurpose.FIRST_CONTACT, CallPurpose.FOLLOW_UP, CallPurpose.THANKS]
MAY_BE_CALLED = Q(
    therapist__status=TherapistStatus.ACTIVE,
    therapist__review_status=ReviewStatus.VERIFIED,
    therapist__do_not_contact_since__isnull=True,
)


@dataclass(frozen=True)
class CallGroup:
    title: str
    calls: list[PhoneCall]
    is_due: bool = False


@dataclass(frozen=True)
class Opening:
    """A call that cannot be made now, and when the phone is answered next (None: not in the next weeks)."""

    call: PhoneCall
    opens_at: datetime | None


def planned_calls(*, at: datetime, whose: str = "", user: Any = None) -> list[CallGroup]:
    """Due now, later today, and after that; the earliest first. `is_wanted`: it may be handed out."""
    tomorrow = phone_hours.midnight(timezone.localdate(at) + timedelta(days=1))
    rows = of_coordinator(planned(at=at), whose, user).order_by("starts_at", "pk")
    calls = list(rows[:CALLS_SHOWN])
    return [
        CallGroup(_("Due now"), [call for call in calls if call.starts_at <= at], is_due=True),
        CallGroup(_("Later today"), [call for call in calls if at < call.starts_at < tomorrow]),
        CallGroup(_("Later"), [call for call in calls if call.starts_at >= tomorrow]),
    ]


def made_calls(*, whose: str = "", user: Any = None) -> QuerySet[PhoneCall]:
    made = of_coordinator(call_list().filter(status=CallStatus.DONE), whose, user)
    return made.order_by("-done_at", "-pk")


def call_list() -> QuerySet[PhoneCall]:
    """With therapist, practice, coordinator and, by its relation from above, the inquiry."""
    related = ("therapist", "practice", "coordinator", "taken_by", "inquiry_contact__inquiry")
    return PhoneCall.objects.select_related(*related).defer("note")


def of_coordinator(calls: QuerySet[PhoneCall], whose: str, user: Any) -> QuerySet[PhoneCall]:
    """`whose`: "" for all, "mine", or the number of a coordinator; anything else is nobody's."""
    if whose == MINE:
        return calls.filter(coordinator=user)
    if whose:
        return calls.filter(coordinator=int(whose)) if whose.isdecimal() else calls.none()
    return calls


def planned(*, at: datetime) -> QuerySet[Any]:
    """Planned calls with `is_asked_for` (the practice named the time) and `is_wanted`."""
    before = PhoneCall.objects.filter(therapist=OuterRef("therapist"), status=CallStatus.DONE)
    last_outcome = Subquery(before.order_by("-done_at", "-pk").values("outcome")[:1])
    pauses = pauses_in_force(timezone.localdate(at))
    paused = Exists(pauses.filter(therapist__contact_group=OuterRef("therapist__contact_group")))
    calls = call_list().filter(status=CallStatus.PLANNED).annotate(last_outcome=last_outcome, paused=paused)
    calls = calls.annotate(is_asked_for=_truth(Q(attempt__gt=1, last_outcome=CallOutcome.CALL_BACK)))
    expects_us = Q(paused=False) | Q(is_asked_for=True) | Q(purpose=CallPurpose.THANKS)
    return calls.annotate(is_wanted=_truth(MAY_BE_CALLED & expects_us & is_wanted()))


def reachable(*, at: datetime) -> QuerySet[Any]:
    """Wanted calls that can be made at this moment, the most urgent first: overdue, first contacts before
    the rest, the phone hours that end soonest. `closes_minute`: minute of the day at which they end."""
    return _with_hours(at=at).filter(is_reachable=True).order_by(*_urgency(at))


def next_openings(*, at: datetime, whose: str = "", user: Any = None) -> list[Opening]:
    """The wanted calls that cannot be made now, by when their phone is answered next."""
    hours = Prefetch("therapist__hours", queryset=WeeklyHours.objects.filter(kind=HoursKind.PHONE))
    rows = of_coordinator(_with_hours(at=at).filter(is_reachable=False), whose, user)
    calls = rows.prefetch_related(hours).order_by("starts_at", "pk")[:CALLS_SHOWN]
    openings = [Opening(call, _opens_at(call, at)) for call in calls]
    never = at + phone_hours.LOOK_AHEAD * 2
    return sorted(openings, key=lambda opening: (opening.opens_at or never, opening.call.pk))


def in_hand(*, user: User, at: datetime) -> PhoneCall | None:
    """The call this person has taken and nobody has withdrawn since."""
    taken = planned(at=at).filter(is_wanted=True, taken_by=user, taken_at__gt=at - CLAIM)
    return taken.order_by("-taken_at").first()


def is_free(*, at: datetime) -> Q:
    """In nobody's hand; a claim lapses."""
    return Q(taken_by__isnull=True) | Q(taken_at__lte=at - CLAIM)


def is_held_by_another(call: PhoneCall, user: Any, *, at: datetime) -> bool:
    """Whether somebody else has the call in hand. Nobody in person (user None) asks without being held up."""
    if user is None or call.taken_by_id is None or call.taken_by_id == user.pk:
        return False
    return call.taken_at is not None and call.taken_at > at - CLAIM


def feed_calls(*, user: User, at: datetime) -> QuerySet[PhoneCall]:
    """Planned calls of a coordinator for the calendar: from today on, the next 60 days."""
    today = phone_hours.midnight(timezone.localdate(at))
    mine = PhoneCall.objects.filter(status=CallStatus.PLANNED, coordinator=user)
    coming = mine.filter(starts_at__gte=today, starts_at__lt=today + phone_hours.LOOK_AHEAD)
    return coming.select_related("therapist", "practice").defer("note").order_by("starts_at", "pk")


def _with_hours(*, at: datetime) -> QuerySet[Any]:
    """Wanted calls with `closes_minute` and `is_reachable`."""
    calls = planned(at=at).filter(is_wanted=True).annotate(closes_minute=_closes_minute(at))
    tomorrow = phone_hours.midnight(timezone.localdate(at) + timedelta(days=1))
    is_open = Q(closes_minute__isnull=False) & ~Q(practice__state__in=_states_with_holiday(at))
    is_its_day = Q(attempt=1) | Q(is_asked_for=False, starts_at__lt=tomorrow)
    is_its_time = Q(is_asked_for=True, starts_at__lte=at + LEAD)
    is_just_now = is_its_time & Q(ends_at__gt=at - GRACE)
    return calls.annotate(is_reachable=_truth((is_open & (is_its_day | is_its_time)) | is_just_now))


def _closes_minute(at: datetime) -> Any:
    """When the phone hours of this moment end; usual office mornings where none are known; else NULL."""
    weekday, minute = phone_hours.minute_of_week(at)
    own = WeeklyHours.objects.filter(therapist=OuterRef("therapist"), kind=HoursKind.PHONE)
    running = own.filter(weekday=weekday, start_minute__lte=minute, end_minute__gt=minute)
    closes = Subquery(running.values("end_minute")[:1], output_field=IntegerField())
    is_usual = phone_hours.USUAL_START <= minute < phone_hours.USUAL_END
    if weekday not in phone_hours.USUAL_DAYS or not is_usual:
        return closes
    guess = Case(When(~Exists(own), then=phone_hours.USUAL_END), output_field=IntegerField())
    return Coalesce(closes, guess, output_field=IntegerField())


def _states_with_holiday(at: datetime) -> list[str]:
    today = timezone.localdate(at)
    return [state for state in ["", *State.values] if phone_hours.is_holiday(today, state)]


def _urgency(at: datetime) -> list[Any]:
    overdue = Case(When(starts_at__lte=at, then=0), default=1, output_field=IntegerField())
    whens = [When(purpose=purpose, then=place) for place, purpose in enumerate(PURPOSES)]
    purpose = Case(*whens, default=len(PURPOSES), output_field=IntegerField())
    return [overdue, purpose, F("closes_minute").asc(nulls_first=True), "starts_at", "pk"]


def _opens_at(call: Any, at: datetime) -> datetime | None:
    if call.is_asked_for and call.starts_at > at:
        return call.starts_at
    hours = [row.interval for row in call.therapist.hours.all()] or phone_hours.USUAL_HOURS
    earliest = at if call.attempt == 1 else max(at, phone_hours.midnight(timezone.localdate(call.starts_at)))
    state = call.practice.state if call.practice else ""
    found = phone_hours.windows(hours, not_before=earliest, state=state, minutes=1)
    return next((opens for opens, _closes in found), None)


def _truth(condition: Q) -> Case:
    return Case(When(condition, then=Value(True)), default=Value(False), output_field=BooleanField())

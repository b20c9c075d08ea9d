"""Finding the moment and the coordinator of a call. `services.calls` writes it.

A moment is free where the therapist's phone is answered, no other call to that therapist is planned, and
a coordinator has neither another call then nor already `calls_per_hour` calls that begin in the same hour
of the clock. Of several the one with the fewest calls planned for that day gets it. Where no coordinator
is active, calls belong to nobody and the hour holds as many as one coordinator makes.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from django.utils.translation import gettext as _

from apps.accounts.enums import Role
from apps.accounts.models import User
from apps.communication import phone_hours
from apps.communication.enums import CallStatus
from apps.communication.models import PhoneCall
from apps.core.errors import Refused
from apps.core.weekly import Interval
from apps.therapists.enums import HoursKind
from apps.therapists.models import Practice, Therapist

HOUR = timedelta(hours=1)
BOARD_DAYS = timedelta(days=7)  # calls of so many days are read at once
ROTATION = timedelta(days=5)
NOON = 12
UNLIMITED = 1_000_000


@dataclass(frozen=True)
class Slot:
    """A free moment with its coordinator (None where nobody is active). Instants in UTC."""

    starts_at: datetime
    ends_at: datetime
    coordinator_id: int | None


@dataclass(frozen=True)
class Wish:
    """What a call needs. `tried` are the starts of earlier calls in vain: another time is better."""

    therapist: Therapist
    practice: Practice
    not_before: datetime
    minutes: int
    calls_per_hour: int
    coordinator: User | None = None
    tried: tuple[datetime, ...] = ()


@dataclass
class Board:
    """The calls already planned in some days: (start, end, coordinator, therapist), and who is at work."""

    team: list[int]
    calls_per_hour: int
    rows: list[tuple[datetime, datetime, int | None, int]] = field(default_factory=list)

    def coordinator_at(self, start: datetime, end: datetime, named: int | None) -> int | None:
        """Who takes a call of that span. Raises LookupError where nobody can."""
        in_hour = Counter(row[2] for row in self.rows if _hour(row[0]) == _hour(start))
        if in_hour.total() >= self.calls_per_hour * max(len(self.team), 1):
            raise LookupError
        if not self.team:
            return None
        busy = {row[2] for row in self.rows if row[0] < end and start < row[1]}
        free = [
            one
            for one in (self.team if named is None else [named])
            if one not in busy and in_hour[one] < self.calls_per_hour
        ]
        if not free:
            raise LookupError
        of_day = Counter(row[2] for row in self.rows if _day(row[0]) == _day(start))
        return min(free, key=lambda one: (of_day[one], one))

    def is_therapist_free(self, therapist_id: int, start: datetime, end: datetime) -> bool:
        return not any(row[3] == therapist_id and row[0] < end and start < row[1] for row in self.rows)


def coordinators() -> list[User]:
    """Whose calls are planned: active, by their role."""
    roles = [Role.COORDINATOR, Role.MANAGER]
    rows = User.objects.filter(is_active=True, groups__name__in=roles).distinct()
    return list(rows.order_by("last_name", "username", "pk"))


def phone_intervals(therapist: Therapist) -> Sequence[Interval]:
    """The phone hours, else usual office mornings."""
    rows = therapist.hours.filter(kind=HoursKind.PHONE)
    return [row.interval for row in rows] or phone_hours.USUAL_HOURS


def find(wish: Wish) -> Slot:
    """The slot for a wish. Raises Refused where the next 60 days have none.

    After calls in vain: the first one at another time of the day within five days, else on another
    weekday within five days, else the first one.
    """
    first: Slot | None = None
    other_weekday: Slot | None = None
    limit = wish.not_before + ROTATION
    for slot in _free(wish):
        is_soon = slot.starts_at < limit
        if not wish.tried or (is_soon and _is_other(slot, wish, _half_of_day)):
            return slot
        first = first or slot
        if not is_soon:
            break
        if _is_other(slot, wish, _weekday):
            other_weekday = other_weekday or slot
    if chosen := other_weekday or first:
        return chosen
    raise Refused(_("No free moment in the phone hours of the next 60 days."))


def who_could(*, start: datetime, end: datetime, preferred: User | None) -> int | None:
    """For a moment the practice asked for: the preferred coordinator if free then, else another, else nobody.

    The number of calls an hour does not matter: the moment is agreed on.
    """
    board = _board(start, end, calls_per_hour=UNLIMITED)
    names = [preferred.pk] if preferred and preferred.pk in board.team else []
    for named in [*names, None]:
        try:
            return board.coordinator_at(start, end, named)
        except LookupError:
            continue
    return None


def _free(wish: Wish) -> Iterator[Slot]:
    """The first free slot of each window, earliest first."""
    hours = phone_intervals(wish.therapist)
    minutes = min(wish.minutes, phone_hours.longest_minutes(hours))
    board, until = Board([], wish.calls_per_hour), datetime.min.replace(tzinfo=UTC)
    found = phone_hours.windows(
        hours, not_before=_whole_minute(wish.not_before), state=wish.practice.state, minutes=minutes
    )
    for opens, closes in ((begin.astimezone(UTC), end.astimezone(UTC)) for begin, end in found):
        if closes > until:
            until = max(opens + BOARD_DAYS, closes)
            board = _board(opens - HOUR * 24, until + HOUR, wish.calls_per_hour)
        if slot := _first_slot(wish, board, opens, closes, timedelta(minutes=minutes)):
            yield slot


def _first_slot(
    wish: Wish, board: Board, opens: datetime, closes: datetime, length: timedelta
) -> Slot | None:
    """The earliest free moment begins with the window, the end of another call or a new hour."""
    named = wish.coordinator.pk if wish.coordinator and wish.coordinator.pk in board.team else None
    ends = {row[1] for row in board.rows if opens < row[1] < closes}
    for start in sorted({opens, *ends, *_new_hours(opens, closes)}):
        end = start + length
        if end > closes:
            return None
        if not board.is_therapist_free(wish.therapist.pk, start, end):
            continue
        try:
            return Slot(start, end, board.coordinator_at(start, end, named))
        except LookupError:
            continue
    return None


def _board(start: datetime, end: datetime, calls_per_hour: int) -> Board:
    planned = PhoneCall.objects.filter(status=CallStatus.PLANNED, starts_at__lt=end, ends_at__gt=start)
    rows = planned.values_list("starts_at", "ends_at", "coordinator_id", "therapist_id")
    return Board(team=[user.pk for user in coordinators()], calls_per_hour=calls_per_hour, rows=list(rows))


def _new_hours(opens: datetime, closes: datetime) -> Iterator[datetime]:
    moment = _hour(opens) + HOUR
    while moment < closes:
        yield moment
        moment += HOUR


def _is_other(slot: Slot, wish: Wish, kind: Callable[[datetime], object]) -> bool:
    return kind(slot.starts_at) not in {kind(moment) for moment in wish.tried}


def _half_of_day(moment: datetime) -> bool:
    return moment.astimezone(phone_hours.BERLIN).hour < NOON


def _weekday(moment: datetime) -> int:
    return moment.astimezone(phone_hours.BERLIN).weekday()


def _day(moment: datetime) -> date:
    return moment.astimezone(phone_hours.BERLIN).date()


def _hour(moment: datetime) -> datetime:
    """Hours of the clock are the same in Berlin and in UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _whole_minute(moment: datetime) -> datetime:
    """Rounded up: nobody plans a call by the second."""
    whole = moment.replace(second=0, microsecond=0)
    return whole if whole == moment else whole + timedelta(minutes=1)

"""Weekly hours of invented people: when a practice answers the phone, works, and when a patient can come."""

import random
from collections.abc import Callable, Iterable

from apps.core.weekly import Interval, merge, total_minutes

PHONE_MINUTES = {"full": 200, "half": 100, "none": 50}  # duty of a full and a half seat; voluntary without
PHONE_STARTS = (480, 505, 535, 540, 690, 710, 720, 730, 780, 785, 845, 990, 1025, 1030)
WORKING_DAYS = {"full": (4, 5), "half": (2, 3), "none": (2, 3, 4)}
SESSION_MINUTES = 50
ODD_MINUTES = (0, 0, 5, 10, 15, 20, 25, 35, 40, 50)
WORKDAYS = range(5)


def phone_hours(rng: random.Random, seat: str) -> list[Interval]:
    """Windows of 25 or 50 minutes that reach the duty of the seat (full, half, none)."""
    length = rng.choice((50, 50, 25)) if seat == "full" else rng.choice((50, 25, 25))
    usual = rng.choice(PHONE_STARTS)
    slots = [(day, usual) for day in rng.sample(WORKDAYS, 5)]
    others = [(day, start) for day in WORKDAYS for start in PHONE_STARTS if start != usual]
    slots += rng.sample(others, len(others))
    return _fill(slots, length=length, needed=PHONE_MINUTES[seat])


def _fill(slots: Iterable[tuple[int, int]], *, length: int, needed: int) -> list[Interval]:
    """The first slots that do not overlap, until `needed` minutes are together."""
    chosen: list[Interval] = []
    for day, start in slots:
        if total_minutes(chosen) >= needed:
            break
        if all(day != other.weekday or abs(start - other.start) >= length for other in chosen):
            chosen.append(Interval(day, start, start + length))
    return _tidy(chosen)


def working_hours(rng: random.Random, seat: str) -> list[Interval]:
    """Blocks of sessions on two to five days; they begin and end at the odd minutes real diaries have."""
    days = rng.sample(WORKDAYS, rng.choice(WORKING_DAYS[seat]))
    return _tidy(block for day in days for block in _working_day(rng, day))


def _working_day(rng: random.Random, day: int) -> list[Interval]:
    pause = rng.choice((5, 10, 10, 15))
    blocks = []
    if rng.random() < 0.85:
        blocks.append(
            _block(day, rng.randrange(7, 10) * 60 + rng.choice(ODD_MINUTES), rng.randint(3, 4), pause)
        )
    if rng.random() < 0.8 or not blocks:
        blocks.append(
            _block(day, rng.randrange(14, 16) * 60 + rng.choice(ODD_MINUTES), rng.randint(2, 4), pause)
        )
    return blocks


def _block(day: int, start: int, sessions: int, pause: int) -> Interval:
    return Interval(day, start, start + sessions * SESSION_MINUTES + (sessions - 1) * pause)


def availability(rng: random.Random, pattern: str) -> list[Interval]:
    """When somebody with that daily life (a pattern of facts/occupations.csv) can come to sessions."""
    return _tidy(PATTERNS[pattern](rng))


def _full_time(rng: random.Random) -> list[Interval]:
    after_work = 16 * 60 + rng.choice((0, 15, 30, 45, 60))
    hours = [Interval(day, after_work, rng.choice((1200, 1230, 1260))) for day in range(4)]
    hours.append(Interval(4, rng.choice((780, 810, 840)), 1140))
    hours += [Interval(day, 420, rng.choice((495, 510))) for day in rng.sample(WORKDAYS, rng.randint(0, 2))]
    return hours + ([Interval(5, 540, 780)] if rng.random() < 0.4 else [])


def _shift_worker(rng: random.Random) -> list[Interval]:
    """Early and late shifts in turn: on some days only the morning is safe, on others the afternoon."""
    mornings = rng.sample(WORKDAYS, 3)
    return [Interval(day, 510, 765) if day in mornings else Interval(day, 885, 1140) for day in WORKDAYS]


def _student(rng: random.Random) -> list[Interval]:
    gaps = ((480, 585), (600, 735), (780, 945), (960, 1065), (1080, 1200))
    return [Interval(day, *gap) for day in WORKDAYS for gap in rng.sample(gaps, rng.randint(2, 4))]


def _pupil(rng: random.Random) -> list[Interval]:
    sports_day = rng.randrange(4)
    school_ends = rng.choice((810, 840, 865))
    days = [Interval(day, school_ends, 1110) for day in range(4) if day != sports_day]
    return [*days, Interval(4, 795, 1080)]


def _parent(rng: random.Random) -> list[Interval]:
    """While the child is at nursery, and one evening when somebody else is at home."""
    until = rng.choice((690, 715, 720, 840))
    mornings = [Interval(day, 495, until) for day in WORKDAYS]
    return [*mornings, Interval(rng.randrange(5), 1110, 1230)]


def _part_time(rng: random.Random) -> list[Interval]:
    free_days = rng.sample(WORKDAYS, 2)
    return [Interval(day, 510, 1080) if day in free_days else Interval(day, 840, 1110) for day in WORKDAYS]


def _at_home(rng: random.Random) -> list[Interval]:
    busy_day = rng.randrange(5)
    return [Interval(day, 540 if day != busy_day else 780, 1020) for day in WORKDAYS]


def _freelance(rng: random.Random) -> list[Interval]:
    days = rng.sample(WORKDAYS, rng.randint(3, 4))
    return [Interval(day, *part) for day in days for part in ((540, 725), (790, 1080))]


PATTERNS: dict[str, Callable[[random.Random], list[Interval]]] = {
    "full_time": _full_time,
    "shift_worker": _shift_worker,
    "student": _student,
    "pupil": _pupil,
    "parent": _parent,
    "part_time": _part_time,
    "at_home": _at_home,
    "retired": _at_home,
    "freelance": _freelance,
}


def _tidy(hours: Iterable[Interval]) -> list[Interval]:
    """Sorted, overlapping intervals of a day joined."""
    days: dict[int, list[tuple[int, int]]] = {}
    for interval in hours:
        days.setdefault(interval.weekday, []).append((interval.start, interval.end))
    return [Interval(day, start, end) for day in sorted(days) for start, end in merge(days[day])]

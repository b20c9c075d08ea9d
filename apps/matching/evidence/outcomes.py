"""What came of a request, from the rows alone: which outcomes count is said here and nowhere else."""

from enum import StrEnum

from django.utils.timezone import localdate

from apps.communication.enums import CallOutcome
from apps.matching.enums import YES_REQUESTS, RejectionReason, RequestStatus
from apps.matching.evidence import wording
from apps.matching.evidence.contacts import Contact
from apps.matching.models import PlacementRequest

DAYS_A_WEEK = 7


class Outcome(StrEnum):
    DECLINED = "declined"
    LONG_WAIT = "long_wait"
    NOT_REACHED = "not_reached"
    NO_ANSWER = "no_answer"
    SHORT_WAIT = "short_wait"
    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    OPEN = "open"
    STEP = "step"  # a contact after which the same request went on


OFFERS = frozenset({Outcome.OFFERED, Outcome.SHORT_WAIT})
ANSWERED = frozenset({Outcome.DECLINED, Outcome.LONG_WAIT, Outcome.SHORT_WAIT, Outcome.OFFERED})

NOT_COUNTED = {
    Outcome.SHORT_WAIT: wording.REASONABLE_WAIT,
    Outcome.OFFERED: wording.OFFERED,
    Outcome.WITHDRAWN: wording.WITHDRAWN,
    Outcome.OPEN: wording.STILL_OPEN,
    Outcome.STEP: wording.SAME_REQUEST,
}
LABELS = {
    Outcome.DECLINED: "abgelehnt",
    Outcome.LONG_WAIT: "unzumutbar lange Warteliste",
    Outcome.NOT_REACHED: "nicht erreicht",
    Outcome.NO_ANSWER: "keine Antwort",
}
CALLS = {
    CallOutcome.REACHED: "erreicht",
    CallOutcome.NOT_REACHED: "nicht erreicht",
    CallOutcome.MESSAGE_LEFT: "nicht erreicht, Nachricht hinterlassen",
    CallOutcome.CALL_BACK: "Rückruf vereinbart",
}


def wait_days(request: PlacementRequest) -> int | None:
    """From the answer to the end of the waiting list as stated; None without either."""
    if request.waitlist_until is None or request.answered_at is None:
        return None
    return (request.waitlist_until - localdate(request.answered_at)).days


def outcome_of(
    request: PlacementRequest, last: Contact, *, longest_wait_weeks: int, never_reached: bool
) -> Outcome:
    """`last` is the provable contact that carries the outcome of the request.

    A call nobody answered is a fact at once; a letter without an answer only when its time has run out.
    """
    if request.status in YES_REQUESTS or request.conflict_resolved_at is not None:
        return Outcome.OFFERED
    if request.status == RequestStatus.REJECTED:
        return Outcome.DECLINED
    if request.status == RequestStatus.WAITLISTED:
        is_long = (wait_days(request) or 0) > longest_wait_weeks * DAYS_A_WEEK
        return Outcome.LONG_WAIT if is_long else Outcome.SHORT_WAIT
    if request.status == RequestStatus.WITHDRAWN and not never_reached:
        return Outcome.WITHDRAWN
    if last.is_missed_call:
        return Outcome.NOT_REACHED
    return Outcome.NO_ANSWER if request.status == RequestStatus.EXPIRED else Outcome.OPEN


def said(request: PlacementRequest, outcome: Outcome, contact: Contact) -> str:
    """The outcome in words, with the reason, the stated wait or the day the time ran out."""
    if outcome == Outcome.DECLINED:
        return f"abgelehnt: {wording.REASONS[RejectionReason(request.rejection_reason)]}"
    if outcome in (Outcome.LONG_WAIT, Outcome.SHORT_WAIT):
        return _wait(request)
    if outcome == Outcome.OFFERED:
        return wording.OFFERED
    if outcome == Outcome.NO_ANSWER:
        ended = f" bis {wording.day(localdate(request.ended_at))}" if request.ended_at else ""
        return f"keine Antwort{ended}"
    if outcome == Outcome.WITHDRAWN:
        return f"{_wait(request)}, {wording.WITHDRAWN}" if request.waitlist_until else wording.WITHDRAWN
    if contact.outcome:
        return CALLS[CallOutcome(contact.outcome)]
    return "noch keine Antwort" if outcome == Outcome.OPEN else "keine Antwort bis zum nächsten Kontakt"


def _wait(request: PlacementRequest) -> str:
    days = wait_days(request)
    length = f" ({wording.weeks(days)})" if days is not None else ""
    return f"Warteliste bis {wording.day(request.waitlist_until)}{length}"

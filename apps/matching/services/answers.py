"""Answers of therapists. First acceptance wins; nothing that comes later is lost.

The search row is the scarce thing: every answer locks it first. Of twenty acceptances at the same moment
one finds the search running; the others find their requests withdrawn and become conflicts.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.communication.services import queue
from apps.core import parameters as operating
from apps.core.errors import Refused, StaleState
from apps.core.parameters import Parameters
from apps.core.transitions import lock, move, operation
from apps.matching import letters
from apps.matching.engine.reasons import Reason
from apps.matching.enums import (
    RUNNING_SEARCHES,
    AnswerSource,
    ExclusionSource,
    RejectionReason,
    RequestStatus,
    SearchStatus,
)
from apps.matching.models import PlacementRequest, PlacementSearch, TherapistExclusion
from apps.matching.phrases import REASONS
from apps.matching.services import inquiries
from apps.matching.services.patient_news import take_back_place
from apps.matching.services.searches import withdraw_open
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.selectors import has_consent
from apps.patients.services import status as patient_status
from apps.therapists.enums import PauseReason
from apps.therapists.models import ContactPause
from apps.therapists.services import contact

R = RequestStatus
ANSWERS = (R.ACCEPTED, R.WAITLISTED, R.REJECTED)


@dataclass(frozen=True)
class Answer:
    """What a therapist said to one request. Raises Refused where a needed part is missing."""

    outcome: RequestStatus
    reason: str = ""
    note: str = ""
    waitlist_until: date | None = None

    def __post_init__(self) -> None:
        if self.outcome not in ANSWERS:
            raise ValueError(f"{self.outcome} is not an answer")
        if self.outcome == R.REJECTED and self.reason not in RejectionReason.values:
            raise Refused(_("Please say why the therapist declined."))
        if self.outcome == R.WAITLISTED and self.waitlist_until is None:
            raise Refused(_("Until when is the waiting list?"))


def record_answer(
    *,
    request: PlacementRequest,
    answer: Answer,
    source: AnswerSource,
    actor: Any,
    at: datetime,
    today: date,
) -> PlacementRequest:
    """Book one answer. The same answer twice is booked once; a late second acceptance becomes a conflict.

    Raises StaleState where the request cannot have this answer any more.
    """
    if request.status == R.RELEASED:
        inquiries.note_arrival(inquiry=request.inquiry, at=at)
    parameters = operating.current(at=at)
    with transaction.atomic(), operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        request = lock(request)
        if _is_repeated(request, answer):
            return request
        if answer.outcome == R.ACCEPTED:
            _accept(request, search, answer, source=source, actor=actor, at=at, today=today)
        else:
            _decline(request, answer, parameters, source=source, actor=actor, at=at, today=today)
        _start_contact_pause(request, parameters, at=at, today=today)
        inquiry = lock(request.inquiry)
        inquiries.note_contact(inquiry=inquiry, at=at)
        inquiries.settle(inquiry=inquiry, actor=actor, at=at)
        return request


@transaction.atomic
def resolve_conflict(
    *, request: PlacementRequest, take: bool, actor: Any, at: datetime, today: date
) -> PlacementRequest:
    """A coordinator settles a second acceptance: take it (where the search has no place) or thank for it."""
    with operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        request = lock(request)
        if request.status != R.CONFLICT:
            raise StaleState()
        if not take:
            fields = {"conflict_resolved_at": at, "ended_at": at}
            moved = move(request, to=R.WITHDRAWN, actor=actor, at=at, reason=_("thanked"), fields=fields)
            inquiries.tell_withdrawal(inquiry=moved.inquiry, requests=[moved], actor=actor, at=at)
            return moved
        if search.status not in RUNNING_SEARCHES:
            raise Refused(_("The search already has a place on trial. End that one first."))
        moved = move(request, to=R.ACCEPTED, actor=actor, at=at, fields={"conflict_resolved_at": at})
        _win(moved, search, actor=actor, at=at, today=today)
        return moved


def undo_answer(*, request: PlacementRequest, actor: Any, at: datetime, reason: str) -> PlacementRequest:
    """The answer was a mis-click: the request waits for an answer again, with trace.

    A yes to a request that had been withdrawn leaves it withdrawn.

    An acceptance is undone as a whole, as far as nobody outside has been told: withdrawals whose letter
    still waits in the queue are taken back, the others stay withdrawn. Raises StaleState when trial
    sessions have been recorded or the answer was changed since, Refused while another inquiry is open.
    """
    try:
        return _undo(request, actor=actor, at=at, reason=reason)
    except IntegrityError:
        raise Refused(REASONS[Reason.OPEN_INQUIRY]) from None


@transaction.atomic
def _undo(request: PlacementRequest, *, actor: Any, at: datetime, reason: str) -> PlacementRequest:
    with operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        request = lock(request)
        last = request.history.order_by("-at", "-id").first()
        if last is None or request.status not in (*ANSWERS, R.CONFLICT) or request.trial_sessions.exists():
            raise StaleState()
        if request.status == R.ACCEPTED:
            move(search, to=SearchStatus.ACTIVE, actor=actor, at=at, reason=reason, undo=True)
            take_back_place(patient=search.patient, actor=actor, at=at, reason=reason)
        to, fields = R.SENT, NO_ANSWER
        if last.old == R.WITHDRAWN:
            to, fields = R.WITHDRAWN, {**NO_ANSWER, "ended_at": at}
        undone = move(request, to=to, actor=actor, at=at, reason=reason, fields=fields, undo=True)
        _take_back_consequences(undone, at=at)
        inquiries.reopen(inquiry=undone.inquiry, actor=actor, at=at, reason=reason)
        inquiries.settle(inquiry=lock(undone.inquiry), actor=actor, at=at)
        inquiries.take_back_withdrawals(operation_id=last.operation, actor=actor, at=at, reason=reason)
        return undone


NO_ANSWER: dict[str, Any] = {
    "answered_at": None,
    "answer_source": "",
    "answer_note": "",
    "rejection_reason": "",
    "waitlist_until": None,
    "locked_until": None,
    "ended_at": None,
}


def _is_repeated(request: PlacementRequest, answer: Answer) -> bool:
    if answer.outcome == R.ACCEPTED:
        return request.status in (R.ACCEPTED, R.CONFIRMED, R.CONFLICT)
    return (
        request.status == answer.outcome
        and request.rejection_reason == answer.reason
        and request.waitlist_until == answer.waitlist_until
    )


def _accept(
    request: PlacementRequest,
    search: PlacementSearch,
    answer: Answer,
    *,
    source: AnswerSource,
    actor: Any,
    at: datetime,
    today: date,
) -> None:
    fields = {"answered_at": at, "answer_source": source, "answer_note": answer.note, "rejection_reason": ""}
    wins = search.status in RUNNING_SEARCHES and request.status != R.WITHDRAWN
    to = R.ACCEPTED if wins else R.CONFLICT
    moved = move(request, to=to, actor=actor, at=at, fields={**fields, "ended_at": None})
    if wins:
        _win(moved, search, actor=actor, at=at, today=today)
    else:  # nobody who has just said yes is told that the place was found elsewhere; a person decides
        inquiries.hold_back_withdrawal(request=moved, actor=actor, at=at, reason=_("second acceptance"))


def _win(
    request: PlacementRequest, search: PlacementSearch, *, actor: Any, at: datetime, today: date
) -> None:
    move(search, to=SearchStatus.TRIAL, actor=actor, at=at)
    withdraw_open(
        search=search, except_for=request, actor=actor, at=at, reason=_("another therapist accepted")
    )
    patient_status.note_first_place(patient=search.patient, on=today)
    _tell_patient(search.patient, actor=actor, at=at, today=today)


def _tell_patient(patient: Patient, *, actor: Any, at: datetime, today: date) -> None:
    """By e-mail where the patient agreed to it; else whoever goes on with the acceptance calls."""
    if patient.email and has_consent(patient_id=patient.pk, purpose=Purpose.EMAIL, on=today):
        queue.enqueue(
            letter=letters.place_found_letter(patient=patient),
            to_email=patient.email,
            to_name=patient.full_name,
            patient=patient,
            actor=actor,
            at=at,
        )


def _decline(
    request: PlacementRequest,
    answer: Answer,
    parameters: Parameters,
    *,
    source: AnswerSource,
    actor: Any,
    at: datetime,
    today: date,
) -> None:
    is_rejected = answer.outcome == R.REJECTED
    fields = {
        "answered_at": at,
        "answer_source": source,
        "answer_note": answer.note,
        "rejection_reason": answer.reason if is_rejected else "",
        "waitlist_until": None if is_rejected else answer.waitlist_until,
        "locked_until": today + timedelta(days=parameters.pair_lock_days)
        if is_rejected
        else answer.waitlist_until,
        "ended_at": at if is_rejected else None,
    }
    moved = move(request, to=answer.outcome, actor=actor, at=at, fields=fields)
    if is_rejected and answer.reason == RejectionReason.NOT_SUITABLE:
        TherapistExclusion.objects.get_or_create(
            patient_id=moved.search.patient_id,
            therapist_id=moved.therapist_id,
            defaults={"source": ExclusionSource.NOT_SUITABLE},
        )


def _start_contact_pause(
    request: PlacementRequest, parameters: Parameters, *, at: datetime, today: date
) -> None:
    """Any answer starts the pause, once a day and therapist however many requests were answered."""
    if not parameters.contact_pause_days:
        return
    if not _answer_pauses(request).filter(starts_on=today).exists():
        until = today + timedelta(days=parameters.contact_pause_days)
        contact.pause(
            therapist=request.therapist,
            starts_on=today,
            until=until,
            reason=PauseReason.ANSWERED,
            note=request.inquiry.reference,
            at=at,
        )


def _answer_pauses(request: PlacementRequest) -> QuerySet[ContactPause]:
    return ContactPause.objects.filter(
        therapist_id=request.therapist_id,
        reason=PauseReason.ANSWERED,
        note=request.inquiry.reference,
        lifted_at__isnull=True,
    )


def _take_back_consequences(request: PlacementRequest, *, at: datetime) -> None:
    """Exclusion and contact pause that only this answer had caused."""
    TherapistExclusion.objects.filter(
        patient_id=request.search.patient_id,
        therapist_id=request.therapist_id,
        source=ExclusionSource.NOT_SUITABLE,
    ).delete()
    if not request.inquiry.requests.filter(answered_at__isnull=False).exists():
        for pause in _answer_pauses(request):
            contact.lift_pause(pause=pause, at=at)

"""Opening, pausing, resuming and ending searches."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock, move, operation, record_start
from apps.matching.enums import (
    OPEN_REQUESTS,
    OPEN_SEARCHES,
    RUNNING_SEARCHES,
    UNSENT_REQUESTS,
    ExclusionSource,
    RequestStatus,
    SearchStatus,
)
from apps.matching.models import PlacementRequest, PlacementSearch, TherapistExclusion
from apps.matching.services import inquiries
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient
from apps.patients.services import status as patient_status
from apps.therapists.models import Therapist

NO_PAUSE: dict[str, Any] = {"paused_from": None, "paused_until": None, "pause_reason": ""}


@transaction.atomic
def open_search(
    *, patient: Patient, actor: Any, at: datetime, today: date, is_kostenerstattung: bool = False
) -> PlacementSearch:
    """Begin a search. Raises Refused naming missing prerequisites, or if one is open already."""
    with operation():
        patient = lock(patient)
        if patient.searches.filter(status__in=OPEN_SEARCHES).exists():
            raise Refused(_("This patient already has an open search."))
        if patient.status != PatientStatus.SEARCHING:
            patient_status.begin_search(patient=patient, actor=actor, at=at, today=today)
        search = PlacementSearch.objects.create(
            patient=patient, started_on=today, is_kostenerstattung=is_kostenerstattung
        )
        record_start(search, actor=actor, at=at)
    return search


@transaction.atomic
def update(
    *, search: PlacementSearch, changes: Mapping[str, Any], seen_at: datetime | None = None
) -> PlacementSearch:
    """Change the note, and Kostenerstattung while nobody is being asked.

    `seen_at` is the row's `updated_at` as the person saw it: a different one raises StaleState. Raises
    Refused where others would have to be asked.
    """
    fresh = lock(search)
    if seen_at is not None and fresh.updated_at != seen_at:
        raise StaleState()
    is_wanted = changes.get("is_kostenerstattung", fresh.is_kostenerstattung)
    if is_wanted != fresh.is_kostenerstattung and not _is_quiet(fresh):
        raise Refused(_("Kostenerstattung changes only in an open search without open requests."))
    for name in ("note", "is_kostenerstattung"):
        setattr(fresh, name, changes.get(name, getattr(fresh, name)))
    fresh.save(update_fields=["note", "is_kostenerstattung", "updated_at"])
    return fresh


@transaction.atomic
def pause(
    *,
    search: PlacementSearch,
    paused_from: date,
    until: date | None,
    reason: str,
    actor: Any,
    at: datetime,
    today: date,
) -> PlacementSearch:
    """No new requests and no reminders from `paused_from` to `until` (both included; None: until resumed).

    Unsent requests are taken out; what therapists have been asked stays open. A pause of the future is
    noted and begins by itself.
    """
    if not reason.strip():
        raise Refused(_("Please say why the search pauses."))
    if until is not None and until < max(paused_from, today):
        raise Refused(_("The pause must end after it begins, and not in the past."))
    fields = {"paused_from": paused_from, "paused_until": until, "pause_reason": reason.strip()}
    with operation():
        search = lock(search)
        if paused_from > today:
            return _note_future_pause(search, fields)
        moved = move(search, to=SearchStatus.PAUSED, actor=actor, at=at, reason=reason, fields=fields)
        inquiries.take_out(requests=_unsent(moved), actor=actor, at=at, reason=_("search paused"))
        return moved


@transaction.atomic
def resume(*, search: PlacementSearch, actor: Any, at: datetime, reason: str = "") -> PlacementSearch:
    """End a pause. Raises StaleState where there is none: trial sessions end by "did not fit" alone."""
    if lock(search).status != SearchStatus.PAUSED:
        raise StaleState()
    return move(search, to=SearchStatus.ACTIVE, actor=actor, at=at, reason=reason, fields=NO_PAUSE)


def resume_due(*, today: date, at: datetime) -> int:
    """Begin the pauses whose first day has come, end those whose last day is over; returns how many."""
    over = PlacementSearch.objects.filter(status=SearchStatus.PAUSED, paused_until__lt=today)
    begin = PlacementSearch.objects.filter(status=SearchStatus.ACTIVE, paused_from__lte=today)
    count = 0
    for search in over.order_by("id"):
        resume(search=search, actor=None, at=at, reason="pause over")
        count += 1
    for search in begin.order_by("id"):
        _begin_noted_pause(search, today=today, at=at)
        count += 1
    return count


@transaction.atomic
def cancel(*, search: PlacementSearch, reason: str, actor: Any, at: datetime, today: date) -> PlacementSearch:
    """End a search without a place: unsent requests vanish, asked therapists are told.

    Raises Refused during trial sessions: the therapist who said yes needs an answer first.
    """
    if not reason.strip():
        raise Refused(_("Please say why the search is cancelled."))
    with operation():
        search = lock(search)
        if search.status == SearchStatus.TRIAL:
            raise Refused(_("Trial sessions are running. Say first that they did not fit, then cancel."))
        withdraw_open(search=search, except_for=None, actor=actor, at=at, reason=_("search cancelled"))
        moved = move(
            search,
            to=SearchStatus.CANCELLED,
            actor=actor,
            at=at,
            reason=reason,
            fields={"ended_on": today, **NO_PAUSE},
        )
        patient_status.cancel_search(patient=search.patient, actor=actor, at=at)
        return moved


@transaction.atomic
def undo_cancel(*, search: PlacementSearch, actor: Any, at: datetime) -> PlacementSearch:
    """The cancellation was a mis-click: the search goes on; requests withdrawn by it are not asked again."""
    try:
        with operation(), transaction.atomic():
            moved = move(
                search,
                to=SearchStatus.ACTIVE,
                actor=actor,
                at=at,
                reason=_("cancellation undone"),
                fields={"ended_on": None},
                undo=True,
            )
            patient_status.undo(patient=moved.patient, to=PatientStatus.SEARCHING, actor=actor, at=at)
            return moved
    except IntegrityError:
        raise StaleState(_("A newer search of this patient is open.")) from None


def withdraw_open(
    *, search: PlacementSearch, except_for: PlacementRequest | None, actor: Any, at: datetime, reason: str
) -> int:
    """Withdraw all open and waiting-list requests of a locked search, but one; returns how many.

    Unsent ones leave their inquiries; therapists already asked are told kindly and offered alternatives.
    """
    others = search.requests.exclude(pk=except_for.pk if except_for else 0)
    count = inquiries.take_out(
        requests=others.filter(status__in=UNSENT_REQUESTS), actor=actor, at=at, reason=reason
    )
    asked = others.filter(status__in=[RequestStatus.SENT, RequestStatus.WAITLISTED])
    locked = asked.select_for_update(of=("self",)).select_related("inquiry__therapist", "search__patient")
    for request in locked.order_by("id"):
        move(request, to=RequestStatus.WITHDRAWN, actor=actor, at=at, reason=reason, fields={"ended_at": at})
        inquiries.settle(inquiry=request.inquiry, actor=actor, at=at)
        inquiries.tell_withdrawal(inquiry=request.inquiry, requests=[request], actor=actor, at=at)
        count += 1
    return count


@transaction.atomic
def exclude_therapist(
    *,
    patient: Patient,
    therapist: Therapist,
    source: ExclusionSource,
    reason: str,
    actor: Any,
    at: datetime,
) -> TherapistExclusion:
    """Put a therapist on the patient's exclusion list and take unsent requests back. Twice is once."""
    exclusion, _created = TherapistExclusion.objects.get_or_create(
        patient=patient, therapist=therapist, defaults={"source": source, "reason": reason}
    )
    unsent = PlacementRequest.objects.filter(
        search__patient=patient, therapist=therapist, status__in=UNSENT_REQUESTS
    )
    inquiries.take_out(requests=unsent, actor=actor, at=at, reason=_("therapist excluded"))
    return exclusion


@transaction.atomic
def include_therapist(*, patient: Patient, therapist: Therapist) -> bool:
    """Take a therapist off the exclusion list again; False where nobody had put them there.

    Raises Refused for what a therapist said or trial sessions showed: undo that instead.
    """
    exclusion = TherapistExclusion.objects.select_for_update().filter(patient=patient, therapist=therapist)
    found = exclusion.first()
    if found is None:
        return False
    if found.source not in (ExclusionSource.PATIENT, ExclusionSource.STAFF):
        raise Refused(_("This exclusion follows from an answer or from trial sessions: undo that instead."))
    found.delete()
    return True


def _is_quiet(search: PlacementSearch) -> bool:
    """Open, and nobody is being asked for it."""
    is_asked = search.requests.filter(status__in=OPEN_REQUESTS).exists()
    return search.status in OPEN_SEARCHES and not is_asked


def _unsent(search: PlacementSearch) -> Any:
    return search.requests.filter(status__in=UNSENT_REQUESTS)


def _note_future_pause(search: PlacementSearch, fields: dict[str, Any]) -> PlacementSearch:
    if search.status not in RUNNING_SEARCHES:
        raise StaleState()
    for name, value in fields.items():
        setattr(search, name, value)
    search.save(update_fields=[*fields, "updated_at"])
    return search


def _begin_noted_pause(search: PlacementSearch, *, today: date, at: datetime) -> None:
    if search.paused_until is not None and search.paused_until < today:
        PlacementSearch.objects.filter(pk=search.pk).update(**NO_PAUSE)
        return
    pause(
        search=search,
        paused_from=search.paused_from or today,
        until=search.paused_until,
        reason=search.pause_reason,
        actor=None,
        at=at,
        today=today,
    )

"""Trial sessions and their end: only a confirmed place counts as success."""

from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from apps.core.errors import Refused, StaleState
from apps.core.transitions import lock, move, operation
from apps.matching.enums import ExclusionSource, RequestStatus, SearchStatus, SessionOutcome
from apps.matching.models import PlacementRequest, PlacementSearch, TherapistExclusion, TrialSession
from apps.matching.services.patient_news import take_back_place
from apps.patients.enums import PatientStatus, Purpose
from apps.patients.selectors import has_consent
from apps.patients.services import status as patient_status

R = RequestStatus


@transaction.atomic
def plan_session(*, request: PlacementRequest, planned_at: datetime) -> TrialSession:
    """Note the date of a trial session. The same date twice is one session."""
    if lock(request).status != R.ACCEPTED:
        raise StaleState()
    session, _created = TrialSession.objects.get_or_create(request=request, planned_at=planned_at)
    return session


@transaction.atomic
def record_session(*, session: TrialSession, outcome: SessionOutcome) -> TrialSession:
    session.outcome = outcome
    session.save(update_fields=["outcome", "updated_at"])
    return session


@transaction.atomic
def release_identity(*, request: PlacementRequest, actor: Any, at: datetime, today: date) -> PlacementRequest:
    """Note that name and phone may go to the accepting therapist. Raises Refused without the consent."""
    request = lock(request)
    if request.status != R.ACCEPTED:
        raise StaleState()
    if not has_consent(patient_id=request.search.patient_id, purpose=Purpose.IDENTITY, on=today):
        raise Refused(
            _("The patient has not consented to passing the identity on. Record the consent first.")
        )
    if request.identity_released_at is None:
        request.identity_released_at = at
        request.save(update_fields=["identity_released_at", "updated_at"])
    return request


@transaction.atomic
def confirm(*, request: PlacementRequest, actor: Any, at: datetime, today: date) -> PlacementRequest:
    """Both sides continue: the place is confirmed, the search is over."""
    with operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        confirmed = move(request, to=R.CONFIRMED, actor=actor, at=at)
        move(search, to=SearchStatus.PLACED, actor=actor, at=at, fields={"ended_on": today})
        patient_status.enter_therapy(patient=search.patient, actor=actor, at=at, today=today)
        return confirmed


@transaction.atomic
def did_not_fit(*, request: PlacementRequest, reason: str, actor: Any, at: datetime) -> PlacementRequest:
    """The trial sessions did not fit: the search goes on, this therapist is excluded."""
    if not reason.strip():
        raise Refused(_("Please say what did not fit."))
    with operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        ended = move(request, to=R.NOT_FITTING, actor=actor, at=at, reason=reason, fields={"ended_at": at})
        take_back_place(patient=search.patient, actor=actor, at=at, reason=reason)
        move(search, to=SearchStatus.ACTIVE, actor=actor, at=at, reason=reason)
        TherapistExclusion.objects.get_or_create(
            patient_id=search.patient_id,
            therapist_id=request.therapist_id,
            defaults={"source": ExclusionSource.NOT_FITTING, "reason": reason},
        )
        return ended


@transaction.atomic
def undo_confirm(*, request: PlacementRequest, actor: Any, at: datetime, reason: str) -> PlacementRequest:
    """The confirmation was a mis-click: back to trial sessions."""
    with operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        undone = move(request, to=R.ACCEPTED, actor=actor, at=at, reason=reason, undo=True)
        move(
            search,
            to=SearchStatus.TRIAL,
            actor=actor,
            at=at,
            reason=reason,
            fields={"ended_on": None},
            undo=True,
        )
        patient_status.undo(
            patient=search.patient, to=PatientStatus.SEARCHING, actor=actor, at=at, reason=reason
        )
        return undone


@transaction.atomic
def undo_did_not_fit(*, request: PlacementRequest, actor: Any, at: datetime, reason: str) -> PlacementRequest:
    """ "Did not fit" was a mis-click: trial sessions go on, the exclusion is taken back.

    Raises StaleState once the search has gone on to another place, a pause or an end.
    """
    with operation():
        search = PlacementSearch.objects.select_for_update().get(pk=request.search_id)
        undone = move(
            request, to=R.ACCEPTED, actor=actor, at=at, reason=reason, fields={"ended_at": None}, undo=True
        )
        move(search, to=SearchStatus.TRIAL, actor=actor, at=at, reason=reason)
        TherapistExclusion.objects.filter(
            patient_id=search.patient_id,
            therapist_id=request.therapist_id,
            source=ExclusionSource.NOT_FITTING,
        ).delete()
        return undone

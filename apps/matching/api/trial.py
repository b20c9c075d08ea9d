"""After an acceptance: identity, trial sessions, confirmed place or not."""

from django.http import HttpRequest, HttpResponse

from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.matching.api.common import Told, acting, acting_today, found
from apps.matching.api.request_told import told
from apps.matching.api.requests import endpoints
from apps.matching.api.schemas.requests import RequestOut, SessionOutcomeIn, TrialSessionIn
from apps.matching.api.schemas.shared import ReasonIn
from apps.matching.models import PlacementRequest, TrialSession
from apps.matching.selectors.lists import request_page
from apps.matching.services import trial


@endpoints.post(
    "/{request_id}/release-identity",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Note that name and phone may go to the accepting therapist",
    operation_id="release_identity",
    description="Refused (409) without the patient's consent for this purpose. Nothing is sent.",
)
def release_identity(request: HttpRequest, request_id: RowId, response: HttpResponse) -> Told:
    trial.release_identity(request=_asked(request_id), **acting_today(request))
    return told(request, response, request_id, "release_identity")


@endpoints.post(
    "/{request_id}/trial-sessions",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Note the date of a trial session",
    operation_id="plan_trial_session",
)
def plan_trial_session(
    request: HttpRequest, request_id: RowId, data: TrialSessionIn, response: HttpResponse
) -> Told:
    trial.plan_session(request=_asked(request_id), planned_at=data.planned_at)
    return told(request, response, request_id, "plan_trial_session")


@endpoints.post(
    "/{request_id}/trial-sessions/{session_id}/outcome",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Record how a trial session went",
    operation_id="record_trial_session",
    description="Held, `no_show`, cancelled; or planned again after a mis-click.",
)
def record_trial_session(
    request: HttpRequest, request_id: RowId, session_id: RowId, data: SessionOutcomeIn, response: HttpResponse
) -> Told:
    session = found(TrialSession.objects.filter(request=request_id), session_id)
    trial.record_session(session=session, outcome=data.outcome)
    return told(request, response, request_id, "record_trial_session")


@endpoints.post(
    "/{request_id}/confirm",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Confirm the place",
    operation_id="confirm_place",
    description="Both sides continue: the search is over.",
)
def confirm_place(request: HttpRequest, request_id: RowId, response: HttpResponse) -> Told:
    trial.confirm(request=_asked(request_id), **acting_today(request))
    return told(request, response, request_id, "confirm_place")


@endpoints.post(
    "/{request_id}/undo-confirm",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Undo a confirmation",
    operation_id="undo_confirm",
)
def undo_confirm(request: HttpRequest, request_id: RowId, data: ReasonIn, response: HttpResponse) -> Told:
    trial.undo_confirm(request=_asked(request_id), reason=data.reason, **acting(request))
    return told(request, response, request_id, "undo_confirm")


@endpoints.post(
    "/{request_id}/did-not-fit",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Trial sessions did not fit",
    operation_id="note_did_not_fit",
    description="The search goes on; this therapist is excluded for the patient.",
)
def note_did_not_fit(request: HttpRequest, request_id: RowId, data: ReasonIn, response: HttpResponse) -> Told:
    trial.did_not_fit(request=_asked(request_id), reason=data.reason, **acting(request))
    return told(request, response, request_id, "note_did_not_fit")


@endpoints.post(
    "/{request_id}/undo-did-not-fit",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Undo “did not fit”",
    operation_id="undo_did_not_fit",
)
def undo_did_not_fit(request: HttpRequest, request_id: RowId, data: ReasonIn, response: HttpResponse) -> Told:
    trial.undo_did_not_fit(request=_asked(request_id), reason=data.reason, **acting(request))
    return told(request, response, request_id, "undo_did_not_fit")


def _asked(request_id: int) -> PlacementRequest:
    return found(request_page(), request_id)

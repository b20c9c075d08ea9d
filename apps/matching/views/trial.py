"""After an acceptance: identity, trial sessions, confirmed place or not."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import working
from apps.core.errors import Refused
from apps.matching.enums import SessionOutcome
from apps.matching.forms import ReasonForm, SessionForm
from apps.matching.models import PlacementRequest, TrialSession
from apps.matching.selectors.lists import request_page
from apps.matching.services import trial
from apps.matching.views.shared import ask, done, posted, reads_and_writes


@working
@reads_and_writes
def release_identity(request: HttpRequest, pk: int) -> HttpResponse:
    accepted = _accepted(pk)
    if request.method == "POST":
        trial.release_identity(
            request=accepted, actor=request.user, at=timezone.now(), today=timezone.localdate()
        )
        text = _("Released: name and phone may now be told to the therapist.")
        return done(request, text, accepted.inquiry)
    return _ask(
        request,
        accepted,
        title=_("Release the identity"),
        text=_("%(name)s may learn who the patient is.") % {"name": accepted.therapist.full_name},
        button=_("Release the identity"),
        consequences=[
            _("Without the patient's consent for this purpose it is refused."),
            _("Nothing is sent by this: send a one-time link afterwards, or tell them on the phone."),
        ],
    )


@working
@require_POST
def plan_session(request: HttpRequest, pk: int) -> HttpResponse:
    accepted = _accepted(pk)
    form = SessionForm(request.POST, prefix=f"session-{pk}")
    if not form.is_valid():
        raise Refused(_("Please give day and time of the trial session."))
    trial.plan_session(request=accepted, planned_at=form.cleaned_data["planned_at"])
    return done(request, _("The trial session is noted."), accepted.inquiry)


@working
@require_POST
def record_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(TrialSession.objects.select_related("request__inquiry"), pk=pk)
    outcome = request.POST.get("outcome", "")
    if outcome not in SessionOutcome.values:
        raise Refused(_("Please say how the trial session went."))
    trial.record_session(session=session, outcome=SessionOutcome(outcome))
    return done(request, _("Recorded."), session.request.inquiry)


@working
@reads_and_writes
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    accepted = _accepted(pk)
    if request.method == "POST":
        trial.confirm(request=accepted, actor=request.user, at=timezone.now(), today=timezone.localdate())
        return done(request, _("The place is confirmed."), accepted.inquiry)
    return _ask(
        request,
        accepted,
        title=_("Confirm the place"),
        text=_("Patient and therapist both want to continue."),
        button=_("Confirm the place"),
        tone="success",
        icon="check",
        consequences=[_("The search is over."), _("The patient's status becomes “in therapy”.")],
    )


@working
@reads_and_writes
def did_not_fit(request: HttpRequest, pk: int) -> HttpResponse:
    accepted, form = _accepted(pk), ReasonForm(posted(request))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        trial.did_not_fit(request=accepted, reason=reason, actor=request.user, at=timezone.now())
        return done(request, _("Recorded. The search goes on."), accepted.search)
    return _ask(
        request,
        accepted,
        form=form,
        title=_("It did not fit"),
        text=_("The trial sessions end without a place."),
        button=_("Record it"),
        tone="danger",
        consequences=[
            _("The search goes on, with the waiting time it had."),
            _("%(name)s is excluded for this patient.") % {"name": accepted.therapist.full_name},
        ],
    )


@working
@reads_and_writes
def undo_confirm(request: HttpRequest, pk: int) -> HttpResponse:
    accepted, form = _accepted(pk), ReasonForm(posted(request))
    if form.is_valid():
        trial.undo_confirm(
            request=accepted, actor=request.user, at=timezone.now(), reason=form.cleaned_data["reason"]
        )
        return done(request, _("Undone: back to trial sessions."), accepted.inquiry)
    return _ask(
        request,
        accepted,
        form=form,
        title=_("Undo the confirmation"),
        text=_("The confirmation was a mis-click."),
        button=_("Undo"),
        icon="undo",
        consequences=[_("The search is in trial sessions again."), _("The patient is searching again.")],
    )


@working
@reads_and_writes
def undo_did_not_fit(request: HttpRequest, pk: int) -> HttpResponse:
    ended, form = _accepted(pk), ReasonForm(posted(request))
    if form.is_valid():
        trial.undo_did_not_fit(
            request=ended, actor=request.user, at=timezone.now(), reason=form.cleaned_data["reason"]
        )
        return done(request, _("Undone: back to trial sessions."), ended.inquiry)
    return _ask(
        request,
        ended,
        form=form,
        title=_("Undo “did not fit”"),
        text=_("“Did not fit” was a mis-click."),
        button=_("Undo"),
        icon="undo",
        consequences=[
            _("The search is in trial sessions again."),
            _("%(name)s is no longer excluded for this patient.") % {"name": ended.therapist.full_name},
        ],
    )


def _accepted(pk: int) -> PlacementRequest:
    return get_object_or_404(request_page(), pk=pk)


def _ask(request: HttpRequest, accepted: PlacementRequest, **context: Any) -> HttpResponse:
    subtitle = f"{accepted.search.patient.case_code} · {accepted.therapist.full_name}"
    return ask(request, subtitle=subtitle, cancel_url=accepted.inquiry.get_absolute_url(), **context)

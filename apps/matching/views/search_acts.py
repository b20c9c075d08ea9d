"""What is done with a search: ask a therapist, exclude one, pause, resume, cancel."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from apps.accounts.permissions import working
from apps.matching.enums import UNSENT_REQUESTS, ExclusionSource
from apps.matching.forms import ExcludeForm, PauseForm, ReasonForm
from apps.matching.models import PlacementSearch
from apps.matching.selectors.previews import withdrawal
from apps.matching.services import rounds, searches
from apps.matching.views.shared import ask, done, posted, reads_and_writes
from apps.therapists.models import Therapist


@working
@require_POST
def add_request(request: HttpRequest, pk: int, therapist_pk: int) -> HttpResponse:
    """Into the therapist's draft inquiry, or a new one; nothing is sent before its release."""
    search, therapist = _search(pk), get_object_or_404(Therapist, pk=therapist_pk)
    added = rounds.add_request(
        search=search, therapist=therapist, actor=request.user, at=timezone.now(), today=timezone.localdate()
    )
    text = _("Added to the draft inquiry %(reference)s to %(name)s. It is sent when you release it.")
    values = {"reference": added.inquiry.reference, "name": therapist.full_name}
    return done(request, text % values, search)


@working
@reads_and_writes
def exclude(request: HttpRequest, pk: int, therapist_pk: int) -> HttpResponse:
    search, therapist = _search(pk), get_object_or_404(Therapist, pk=therapist_pk)
    form = ExcludeForm(posted(request))
    if form.is_valid():
        searches.exclude_therapist(
            patient=search.patient,
            therapist=therapist,
            source=ExclusionSource(form.cleaned_data["source"]),
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=timezone.now(),
        )
        return done(request, _("%(name)s is excluded.") % {"name": therapist.full_name}, search)
    return _ask(
        request,
        search,
        form=form,
        title=_("Exclude a therapist"),
        text=_("%(name)s will not be proposed for this patient any more.") % {"name": therapist.full_name},
        button=_("Exclude"),
        consequences=[_("A request that has not been sent is taken out of its inquiry.")],
    )


@working
@reads_and_writes
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    search, today = _search(pk), timezone.localdate()
    form = PauseForm(posted(request), initial={"paused_from": today})
    if form.is_valid():
        searches.pause(search=search, **form.cleaned_data, actor=request.user, at=timezone.now(), today=today)
        return done(request, _("The pause is recorded."), search)
    return _ask(
        request,
        search,
        form=form,
        title=_("Pause the search"),
        text=_("No new requests and no reminders during the pause."),
        button=_("Pause"),
        consequences=_of_pause(search),
    )


@working
@require_POST
def resume(request: HttpRequest, pk: int) -> HttpResponse:
    search = _search(pk)
    searches.resume(search=search, actor=request.user, at=timezone.now())
    return done(request, _("The search goes on."), search)


@working
@reads_and_writes
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    search, form = _search(pk), ReasonForm(posted(request))
    if form.is_valid():
        searches.cancel(
            search=search,
            reason=form.cleaned_data["reason"],
            actor=request.user,
            at=timezone.now(),
            today=timezone.localdate(),
        )
        return done(request, _("The search is cancelled."), search)
    return _ask(
        request,
        search,
        form=form,
        title=_("Cancel the search"),
        text=_("The search ends without a place."),
        button=_("Cancel the search"),
        tone="danger",
        consequences=[
            *withdrawal(search=search).sentences,
            _("The patient's status becomes “search cancelled”."),
            _("The cancellation can be undone; withdrawn requests are not asked again by that."),
        ],
    )


@working
@require_POST
def undo_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    search = _search(pk)
    searches.undo_cancel(search=search, actor=request.user, at=timezone.now())
    return done(request, _("The search goes on."), search)


def _search(pk: int) -> PlacementSearch:
    return get_object_or_404(PlacementSearch.objects.select_related("patient"), pk=pk)


def _ask(request: HttpRequest, search: PlacementSearch, **context: Any) -> HttpResponse:
    return ask(request, subtitle=search.patient.case_code, cancel_url=search.get_absolute_url(), **context)


def _of_pause(search: PlacementSearch) -> list[str]:
    unsent = search.requests.filter(status__in=UNSENT_REQUESTS).count()
    text = ngettext(
        "%(count)s request that has not been sent is taken out of its inquiry.",
        "%(count)s requests that have not been sent are taken out of their inquiries.",
        unsent,
    )
    return [
        *([text % {"count": unsent}] if unsent else []),
        _("What therapists have been asked already stays open; they may still answer."),
        _("With a last day the search resumes by itself."),
    ]

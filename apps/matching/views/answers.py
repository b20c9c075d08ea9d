"""Answers of therapists: write down, undo, settle a second acceptance."""

from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, HttpResponseClientRefresh

from apps.accounts.permissions import working
from apps.core import parameters as operating
from apps.matching.enums import RUNNING_SEARCHES, AnswerSource, RequestStatus
from apps.matching.forms import AnswerForm, ReasonForm
from apps.matching.models import PlacementRequest
from apps.matching.selectors.lists import request_page
from apps.matching.selectors.previews import withdrawal
from apps.matching.services import answers
from apps.matching.views.inquiries import card
from apps.matching.views.shared import ask, done, note_access, posted, reads_and_writes
from apps.therapists.selectors import may_be_emailed


@working
@require_POST
def record(request: HttpRequest, pk: int) -> HttpResponse:
    asked, today = _asked(pk), timezone.localdate()
    form = AnswerForm(request.POST, request=asked, today=today)
    if not form.is_valid():
        return _shown_again(request, asked, form)
    booked = answers.record_answer(
        request=asked,
        answer=form.answer,
        source=AnswerSource(form.cleaned_data["source"]),
        actor=request.user,
        at=timezone.now(),
        today=today,
    )
    return _recorded(request, booked)


@working
@reads_and_writes
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    asked, form = _asked(pk), ReasonForm(posted(request))
    if form.is_valid():
        answers.undo_answer(
            request=asked, actor=request.user, at=timezone.now(), reason=form.cleaned_data["reason"]
        )
        return done(request, _("Undone. The request waits for an answer again."), asked.inquiry)
    return ask(
        request,
        form=form,
        title=_("Undo the answer"),
        subtitle=_subject(asked),
        text=_("The answer was a mis-click: the request waits for an answer again."),
        button=_("Undo"),
        icon="undo",
        consequences=_of_undo(asked),
        cancel_url=asked.inquiry.get_absolute_url(),
    )


@working
@reads_and_writes
def resolve_conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """`?take=1` takes the place, else the therapist is thanked."""
    asked, take = _asked(pk), request.GET.get("take") == "1"
    if request.method == "POST":
        answers.resolve_conflict(
            request=asked, take=take, actor=request.user, at=timezone.now(), today=timezone.localdate()
        )
        return done(request, _("The place is taken.") if take else _("Thanked."), asked.inquiry)
    return ask(
        request,
        title=_("Take this place") if take else _("Thank and decline"),
        subtitle=_subject(asked),
        text=_take_text(asked) if take else _("The patient has found a place elsewhere."),
        button=_("Take this place") if take else _("Thank"),
        consequences=_of_taking(asked) if take else _of_thanking(asked),
        cancel_url=asked.inquiry.get_absolute_url(),
    )


def _asked(pk: int) -> PlacementRequest:
    return get_object_or_404(request_page(), pk=pk)


def _subject(asked: PlacementRequest) -> str:
    return f"{asked.search.patient.case_code} · {asked.therapist.full_name}"


def _recorded(request: HttpRequest, booked: PlacementRequest) -> HttpResponse:
    if booked.status == RequestStatus.CONFLICT:
        messages.warning(request, _("Recorded as a second acceptance. Please settle it."))
    else:
        label = booked.get_status_display()
        messages.success(request, _("Recorded: %(answer)s.") % {"answer": label})
    page = booked.inquiry.get_absolute_url()
    htmx = getattr(request, "htmx", None)
    if htmx and urlsplit(htmx.current_url_abs_path or "").path == page:
        return HttpResponseClientRefresh()  # going to a #part of the page one is on loads nothing
    url = f"{page}#request-{booked.pk}"
    return HttpResponseClientRedirect(url) if htmx else redirect(url)


def _shown_again(request: HttpRequest, asked: PlacementRequest, form: AnswerForm) -> HttpResponse:
    """With what is missing: for htmx the form alone, else on a page of its own."""
    note_access(request, [asked.search.patient_id])
    context: dict[str, Any] = {"card": {**card(asked), "form": form}, "inquiry": asked.inquiry}
    is_part = getattr(request, "htmx", False)
    return render(request, "matching/answer_form.html" if is_part else "matching/answer.html", context)


def _of_undo(asked: PlacementRequest) -> list[str]:
    consequences = [_("The contact pause and an exclusion that only this answer caused are lifted.")]
    if asked.status == RequestStatus.ACCEPTED:
        consequences += [
            _("The search goes on."),
            _("Requests it had withdrawn wait again, where the therapist has not been told yet."),
        ]
    return consequences


def _take_text(asked: PlacementRequest) -> str:
    if asked.search.status in RUNNING_SEARCHES:
        return _("The search has no place any more: this acceptance may be taken.")
    return _("The search has a place on trial or is over. End that one first, then this one can be taken.")


def _of_taking(asked: PlacementRequest) -> list[str]:
    return [
        *withdrawal(search=asked.search, except_for=asked).sentences,
        _("Trial sessions with %(name)s begin.") % {"name": asked.therapist.full_name},
    ]


def _of_thanking(asked: PlacementRequest) -> list[str]:
    was_written = asked.inquiry.contacts.filter(email__kind="inquiry").exists()
    policy = operating.current(at=timezone.now()).email_policy
    names = {"names": asked.therapist.full_name}
    if was_written or may_be_emailed(therapist=asked.therapist, policy=policy):
        return [_("E-mail with thanks to: %(names)s.") % names]
    return [_("A short call with thanks is planned to: %(names)s.") % names]

"""One act per view: review, status, pauses, objection. What asks first does so on the page of a GET."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import working
from apps.core.forms import posted
from apps.therapists.forms import BlockForm, ObjectionForm, PauseForm, ReasonForm
from apps.therapists.models import ContactPause, Therapist
from apps.therapists.selectors import contact_state
from apps.therapists.services import contact, status
from apps.therapists.views.edit import reads_and_writes, succeeds


@working
@require_POST
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    status.verify(therapist=therapist, actor=request.user, at=timezone.now())
    return _reviewed(request, therapist, _("Verified. The therapist may be contacted from now on."))


@working
@require_POST
def unverify(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    status.unverify(therapist=therapist, actor=request.user, at=timezone.now())
    return _reviewed(request, therapist, _("Waiting for review again."))


@working
@reads_and_writes
def block(request: HttpRequest, pk: int) -> HttpResponse:
    therapist, form = get_object_or_404(Therapist, pk=pk), BlockForm(posted(request))
    return _confirmed(
        request,
        therapist,
        form,
        act=partial(status.block, actor=request.user),
        message=_("Blocked."),
        title=_("Block"),
        text=_("Nobody contacts a blocked therapist."),
        button=_("Block"),
        consequences=[
            _("No new requests, e-mails or calls."),
            _("Inquiries that have not been sent are checked again."),
            _("With a last day the block ends by itself."),
        ],
    )


@working
@require_POST
def unblock(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    status.unblock(therapist=therapist, actor=request.user, at=timezone.now())
    return _done(request, therapist, _("Active again."))


@working
@reads_and_writes
def deactivate(request: HttpRequest, pk: int) -> HttpResponse:
    therapist, form = get_object_or_404(Therapist, pk=pk), ReasonForm(posted(request))
    return _confirmed(
        request,
        therapist,
        form,
        act=partial(status.deactivate, actor=request.user),
        message=_("Inactive. The record and its history stay."),
        title=_("Set inactive"),
        text=_("For somebody who has retired or moved away for good."),
        button=_("Set inactive"),
        consequences=[
            _("No new requests, e-mails or calls."),
            _("Inquiries that have not been sent are checked again."),
            _("The record and its history stay; it can become active again."),
        ],
    )


@working
@require_POST
def reactivate(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    status.reactivate(therapist=therapist, actor=request.user, at=timezone.now())
    return _done(request, therapist, _("Active again."))


@working
@reads_and_writes
def pause(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    form = PauseForm(posted(request), initial={"starts_on": timezone.localdate()})
    return _confirmed(
        request,
        therapist,
        form,
        act=contact.pause,
        message=_("The contact pause is recorded."),
        tab="contact",
        title=_("Contact pause"),
        text=_("Nobody behind the same mailbox or number is contacted during the pause."),
        button=_("Begin the pause"),
        consequences=[
            _("No new requests, e-mails or calls until the last day; then it ends by itself."),
            _("Inquiries that have not been sent are checked again."),
        ],
    )


@working
@require_POST
def lift_pause(request: HttpRequest, pk: int, pause_pk: int) -> HttpResponse:
    row = get_object_or_404(ContactPause.objects.select_related("therapist"), pk=pause_pk, therapist=pk)
    contact.lift_pause(pause=row, at=timezone.now())
    return _done(request, row.therapist, _("The contact pause is over."), tab="contact")


@working
@reads_and_writes
def object_to_contact(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    form = ObjectionForm(posted(request), initial={"on": timezone.localdate()})
    return _confirmed(
        request,
        therapist,
        form,
        act=partial(status.object_to_contact, actor=request.user),
        message=_("Recorded: this therapist is never contacted again."),
        title=_("Objection to further contact"),
        text=_("%(name)s does not want to be contacted any more.") % {"name": therapist.full_name},
        button=_("Record the objection"),
        tone="danger",
        consequences=[
            _("No e-mail and no call will ever go to this therapist again."),
            _("Inquiries that have not been sent are cancelled."),
            _("The therapist is no longer proposed for anybody."),
            _("An objection is final: it cannot be taken back."),
        ],
    )


def _reviewed(request: HttpRequest, therapist: Therapist, message: str) -> HttpResponse:
    """For htmx both cells of the list that changed, else back to the record."""
    if getattr(request, "htmx", False):
        state = contact_state(therapist, timezone.localdate())
        context = {"record": therapist, "contact": state, "table": {"can_work": True}}
        return render(request, "therapists/columns/reviewed.html", context)
    return _done(request, therapist, message)


def _done(request: HttpRequest, therapist: Therapist, message: str, tab: str = "detail") -> HttpResponse:
    messages.success(request, message)
    return redirect(f"therapists:{tab}", therapist.pk)


def _confirmed(
    request: HttpRequest,
    therapist: Therapist,
    form: Form,
    *,
    act: Callable[..., object],
    message: str,
    tab: str = "detail",
    **page: Any,
) -> HttpResponse:
    """The page that asks; once its form is filled in, the act and the way back to the record."""
    if form.is_valid() and succeeds(
        lambda: act(therapist=therapist, at=timezone.now(), **form.cleaned_data), form
    ):
        return _done(request, therapist, message, tab)
    return render(request, "therapists/act.html", {"therapist": therapist, "form": form, **page})

"""What else is decided about a registration: added to a known patient, turned down, another letter."""

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import working
from apps.core.forms import add_errors, posted
from apps.intake import selectors
from apps.intake.comparison import HOURS, Comparison, compare
from apps.intake.forms import MergeForm
from apps.intake.models import Registration
from apps.intake.services import confirmation, review
from apps.intake.views.shared import done, note_access, opened, reads_and_writes, shown_consents
from apps.patients.forms import ReasonForm
from apps.patients.models import Patient


@working
@reads_and_writes
def merge(request: HttpRequest, pk: int, patient_pk: int) -> HttpResponse:
    """What differs, value by value; the ticked ones are taken over."""
    registration = opened(pk)
    patient = get_object_or_404(
        Patient.objects.select_related("insurer").prefetch_related("availability", "consents"), pk=patient_pk
    )
    note_access(request, {patient.pk})
    if not registration.is_open:
        return redirect(registration)
    found = compare(registration, patient, today=timezone.localdate())
    choices = {one.key: one.is_taken for one in found.differences}
    form = MergeForm(posted(request), choices=choices, initial={"seen": registration.corrections})
    if form.is_valid() and _merge(request, registration, patient, found, form):
        text = _("The registration is part of %(name)s now.") % {"name": patient.full_name}
        return done(request, text, patient)
    return render(request, "intake/merge.html", _merge_context(registration, patient, found, form))


@working
@reads_and_writes
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    registration, form = opened(pk), ReasonForm(posted(request))
    if form.is_valid():
        review.reject(registration=registration, actor=request.user, at=timezone.now(), **form.cleaned_data)
        text = _("Turned down. This can be undone on the page of the registration.")
        return done(request, text, registration)
    context = {
        "registration": registration,
        "form": form,
        "title": _("Turn the registration down"),
        "text": _("Nobody is written to. Please say why, for whoever looks at it later."),
        "button": _("Turn down"),
        "consequences": [_("No patient is registered."), _("What was handed in is deleted some time later.")],
    }
    return render(request, "intake/act.html", context)


@working
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    registration = opened(pk)
    review.undo_rejection(registration=registration, actor=request.user, at=timezone.now())
    return done(request, _("The registration waits again."), registration)


@working
@require_POST
def resend(request: HttpRequest, pk: int) -> HttpResponse:
    registration = opened(pk)
    confirmation.resend(registration=registration, actor=request.user, at=timezone.now())
    text = _("A letter with a new link is on its way; the one before opens no more.")
    return done(request, text, registration)


def _merge(
    request: HttpRequest, registration: Registration, patient: Patient, found: Comparison, form: MergeForm
) -> bool:
    """Whether it worked; what a record does not take is told by the form."""
    taken = {one.key for one in found.differences if form.is_taken(one.key)}
    try:
        review.merge(
            registration=registration,
            patient=patient,
            changes=found.changes(taken),
            hours=found.hours if HOURS in taken else None,
            seen=form.cleaned_data["seen"],
            actor=request.user,
            at=timezone.now(),
        )
    except ValidationError as error:
        add_errors(error, form)
        return False
    return True


def _merge_context(
    registration: Registration, patient: Patient, found: Comparison, form: MergeForm
) -> dict[str, Any]:
    email = found.proposed.email
    return {
        "registration": registration,
        "patient": patient,
        "form": form,
        "lines": [(one, form[f"take_{one.key}"]) for one in found.differences],
        "consents": shown_consents(selectors.new_consents(registration, patient, email=email)),
        "is_confirmed": selectors.is_confirmed(registration, email),
    }

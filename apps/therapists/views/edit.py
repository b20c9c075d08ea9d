"""Pages that change the record: person, practices, approvals, hours."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.permissions import working
from apps.core.forms import add_errors, posted
from apps.therapists import selectors
from apps.therapists.enums import HoursKind
from apps.therapists.forms import ApprovalsForm, HoursForm, PracticeForm, TherapistForm
from apps.therapists.models import Therapist
from apps.therapists.services import records

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@working
@reads_and_writes
def create(request: HttpRequest) -> HttpResponse:
    forms = _forms_of_new(posted(request))
    if request.method == "POST" and are_valid(*forms.values()):
        saved: list[Therapist] = []
        if succeeds(lambda: saved.append(_create(request, forms)), forms["form"], forms["practice_form"]):
            messages.success(
                request, _("Recorded. Please have the record verified before the first contact.")
            )
            return redirect(saved[0])
    return render(request, "therapists/create.html", forms)


@working
@reads_and_writes
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    form = TherapistForm(posted(request), instance=therapist)
    if form.is_valid() and succeeds(lambda: _update(request, form), form):
        messages.success(request, _("Saved."))
        return redirect(therapist)
    return render(request, "therapists/edit.html", {"therapist": therapist, "form": form})


@working
@reads_and_writes
def approvals(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist, pk=pk)
    present = therapist.approvals.values_list("method", "age_group", "setting")
    form = ApprovalsForm(posted(request), present=present)
    if form.is_valid():
        records.set_approvals(therapist=therapist, approvals=form.approvals, at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("therapists:offer", pk)
    return render(request, "therapists/edit_approvals.html", {"therapist": therapist, "form": form})


@working
@reads_and_writes
def hours(request: HttpRequest, pk: int) -> HttpResponse:
    therapist = get_object_or_404(Therapist.objects.prefetch_related("hours"), pk=pk)
    present = {kind.value: selectors.hours(therapist, kind) for kind in HoursKind}
    form = HoursForm(posted(request), present=present)
    if form.is_valid():
        records.set_week(
            therapist=therapist, phone=form.phone_hours, working=form.working_hours, at=timezone.now()
        )
        messages.success(request, _("Saved."))
        return redirect("therapists:hours", pk)
    return render(request, "therapists/edit_hours.html", {"therapist": therapist, "form": form})


def are_valid(*forms_of_page: Any) -> bool:
    """Asks every form, so that each shows its errors."""
    return not [form for form in forms_of_page if not form.is_valid()]


def succeeds(call: Callable[[], object], *forms_of_page: Any) -> bool:
    """Make the one domain call; a ValidationError is shown at the forms instead."""
    try:
        call()
    except ValidationError as error:
        add_errors(error, *forms_of_page)
        return False
    return True


def _forms_of_new(data: Any) -> dict[str, Any]:
    return {
        "form": TherapistForm(data),
        "practice_form": PracticeForm(data),
        "approvals_form": ApprovalsForm(data),
        "hours_form": HoursForm(data),
    }


def _create(request: HttpRequest, forms: dict[str, Any]) -> Therapist:
    return records.create(
        data=forms["form"].cleaned_data,
        practices=[forms["practice_form"].cleaned_data],
        approvals=forms["approvals_form"].approvals,
        phone_hours=forms["hours_form"].phone_hours,
        working_hours=forms["hours_form"].working_hours,
        actor=request.user,
        at=timezone.now(),
    )


def _update(request: HttpRequest, form: TherapistForm) -> Therapist:
    return records.update(
        therapist=form.instance,
        changes=form.changes,
        actor=request.user,
        at=timezone.now(),
        seen_at=form.instance.updated_at,
    )

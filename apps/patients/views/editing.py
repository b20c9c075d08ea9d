"""Registering and changing patients."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from apps.accounts.permissions import working
from apps.core.errors import StaleState
from apps.core.forms import STALE, add_errors, posted
from apps.patients.forms import AvailabilityForm, FirstConsentsForm, PatientForm
from apps.patients.models import Patient
from apps.patients.services import registration
from apps.patients.services.duplicates import Double, in_form
from apps.patients.views.common import log_access, opened, page_context


@working
@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    data = posted(request)
    form, hours = PatientForm(data), AvailabilityForm(data)
    consents = FirstConsentsForm(data, today=timezone.localdate())
    doubles: list[Double] = []
    reason = request.POST.get("create_anyway_reason", "").strip()
    if all([form.is_valid(), hours.is_valid(), consents.is_valid()]):
        doubles = _doubles(request, form)
        is_told_apart = "create_anyway" in request.POST and bool(reason)
        if is_told_apart or not doubles:
            patient = _register(request, form, hours, consents, doubles, reason)
            if patient:
                messages.success(request, _("%(name)s is registered.") % {"name": patient.full_name})
                return redirect(patient)
    is_reason_missing = "create_anyway" in request.POST and not reason
    context = {
        "forms": [form, hours, consents],
        "doubles": doubles,
        "is_reason_missing": is_reason_missing,
        "reason": reason,
    }
    return render(request, "patients/create.html", context)


@working
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    form = PatientForm(posted(request), instance=patient)
    if form.is_valid() and _update(request, patient, form):
        messages.success(request, _("Saved."))
        return redirect(patient)
    context = page_context(patient, "", forms=[form])
    return render(request, "patients/edit.html", context)


@working
@require_http_methods(["GET", "POST"])
def availability(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    intervals = [row.interval for row in patient.availability.all()]
    form = AvailabilityForm(posted(request), intervals=intervals)
    if form.is_valid():
        registration.set_availability(patient=patient, intervals=form.intervals, at=timezone.now())
        messages.success(request, _("Saved."))
        return redirect("patients:wishes", pk)
    context = page_context(patient, "", forms=[form])
    return render(request, "patients/edit.html", context)


def _doubles(request: HttpRequest, form: PatientForm) -> list[Double]:
    doubles = in_form(form.cleaned_data)
    for double in doubles:
        log_access(request, double.patient)
    return doubles


def _register(
    request: HttpRequest,
    form: PatientForm,
    hours: AvailabilityForm,
    consents: FirstConsentsForm,
    doubles: list[Double],
    reason: str,
) -> Patient | None:
    try:
        return registration.register(
            data=form.cleaned_data,
            actor=request.user,
            at=timezone.now(),
            availability=hours.intervals,
            consents=consents.days,
            proof=consents.cleaned_data["proof"],
            not_same_as=[double.patient for double in doubles],
            reason=reason if doubles else "",
        )
    except ValidationError as error:
        add_errors(error, form)
        return None


def _update(request: HttpRequest, patient: Patient, form: PatientForm) -> bool:
    seen_at = patient.updated_at
    try:
        registration.update(
            patient=patient, changes=form.changes, actor=request.user, at=timezone.now(), seen_at=seen_at
        )
    except ValidationError as error:
        add_errors(error, form)
    except StaleState:  # between reading the row and locking it
        form.add_error(None, STALE)
    return form.is_valid()

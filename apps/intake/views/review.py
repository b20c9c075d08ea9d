"""One registration: everything that came in, beside who may be the same person; mended and decided here."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.permissions import viewing, working
from apps.core.errors import StaleState
from apps.core.forms import add_errors
from apps.intake import reading, selectors
from apps.intake.enums import RegistrationStatus
from apps.intake.forms import RegistrationForm
from apps.intake.models import Registration
from apps.intake.services import review
from apps.intake.views.shared import entries, facts, note_access, opened, shown_consents, shown_problems
from apps.patients.forms import AvailabilityForm
from apps.patients.models import Patient
from apps.patients.services.duplicates import Double

ACCEPT = "accept"


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    registration = opened(pk)
    said = reading.values(registration)
    doubles = _doubles(request, registration, said)
    return render(request, "intake/detail.html", _context(registration, said, doubles))


@working
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Save what was mended, or accept: both with the whole form."""
    registration = opened(pk)
    if not registration.is_open:
        return _decided(request, registration)
    form, hours = _forms(registration, request.POST)
    if not all([form.is_valid(), hours.is_valid()]):
        return _again(request, registration, form, hours)
    if request.POST.get("act") == ACCEPT:
        return _accept(request, registration, form, hours)
    review.correct(
        registration=registration,
        fields=form.patient_data,
        hours=hours.intervals,
        seen=form.cleaned_data["seen"],
        actor=request.user,
        at=timezone.now(),
    )
    messages.success(request, _("Saved. The registration still waits."))
    return redirect(registration)


def _accept(
    request: HttpRequest, registration: Registration, form: RegistrationForm, hours: AvailabilityForm
) -> HttpResponse:
    doubles = _doubles(request, registration, form.patient_data)
    reason = request.POST.get("create_anyway_reason", "").strip()
    if doubles and not ("create_anyway" in request.POST and reason):
        return _again(request, registration, form, hours, doubles)
    try:
        patient = review.accept(
            registration=registration,
            data=form.patient_data,
            hours=hours.intervals,
            seen=form.cleaned_data["seen"],
            actor=request.user,
            at=timezone.now(),
            not_same_as=[double.patient for double in doubles],
            reason=reason if doubles else "",
        )
    except ValidationError as error:
        add_errors(error, form)
        return _again(request, registration, form, hours, doubles)
    except StaleState:
        registration = opened(registration.pk)
        if registration.is_open:
            raise
        return _decided(request, registration)
    messages.success(request, _("%(name)s is registered.") % {"name": patient.full_name})
    return redirect(patient)


def _decided(request: HttpRequest, registration: Registration) -> HttpResponse:
    """A second click, or somebody else was faster: show what has become of it."""
    messages.info(request, _("This registration has been decided on already."))
    return redirect(registration.patient or registration)


def _again(
    request: HttpRequest,
    registration: Registration,
    form: RegistrationForm,
    hours: AvailabilityForm,
    doubles: list[Double] | None = None,
) -> HttpResponse:
    """The page once more with what was typed and what is wrong with it."""
    said = reading.values(registration)
    found = _doubles(request, registration, said) if doubles is None else doubles
    reason = request.POST.get("create_anyway_reason", "").strip()
    context = _context(registration, said, found, forms=[form, hours]) | {
        "is_again": True,
        "asks_about_doubles": bool(doubles),
        "is_reason_missing": "create_anyway" in request.POST and not reason,
        "reason": reason,
    }
    return render(request, "intake/detail.html", context)


def _doubles(request: HttpRequest, registration: Registration, said: reading.Values) -> list[Double]:
    """Who may be the same person; whoever is shown is noted, and the patient it has become."""
    doubles = selectors.doubles(said) if registration.is_open else []
    shown = {double.patient.pk for double in doubles} | {registration.patient_id or 0}
    note_access(request, shown - {0})
    return doubles


def _forms(registration: Registration, data: Any = None) -> tuple[RegistrationForm, AvailabilityForm]:
    proposed = _proposed(reading.values(registration))
    return (
        RegistrationForm(data, instance=proposed, seen=registration.corrections),
        AvailabilityForm(data, intervals=reading.hours(registration)),
    )


def _proposed(said: reading.Values) -> Patient:
    return reading.as_patient(said, today=timezone.localdate())


def _context(
    registration: Registration, said: reading.Values, doubles: list[Double], **extra: Any
) -> dict[str, Any]:
    email = said.get("email") or ""
    context = {
        "registration": registration,
        "problems": shown_problems(registration, said) if registration.is_open else [],
        "doubles": doubles,
        "email": email,
        "is_confirmed": selectors.is_confirmed(registration, email),
        "consents": shown_consents(reading.consents(registration)),
        "hours": reading.hours(registration),
        "entries": entries(registration),
        "facts": facts(_proposed(said)) if registration.payload else [],
        "can_undo": registration.status == RegistrationStatus.REJECTED and registration.payload is not None,
    }
    if registration.is_open:
        context["forms"] = list(_forms(registration))
    return context | extra

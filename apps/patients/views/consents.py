"""Consents of one patient: seen, given, withdrawn."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts.permissions import viewing, working
from apps.core.forms import add_errors, posted
from apps.patients import selectors
from apps.patients.enums import Purpose
from apps.patients.forms import GiveConsentForm, WithdrawConsentForm
from apps.patients.models import Consent, Patient
from apps.patients.services import consents
from apps.patients.views.common import opened, page_context


@viewing
@require_GET
def show(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    form = GiveConsentForm(in_force=_in_force(patient), initial={"given_on": timezone.localdate()})
    return _page(request, patient, form)


@working
@require_POST
def give(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    form = GiveConsentForm(request.POST, in_force=_in_force(patient))
    if form.is_valid() and _give(patient, form):
        messages.success(request, _("The consent is recorded."))
        return redirect("patients:consents", pk)
    return _page(request, patient, form)


@working
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, pk: int, purpose: str) -> HttpResponse:
    patient, purpose = opened(request, pk), _purpose(purpose)
    form = WithdrawConsentForm(posted(request), initial={"withdrawn_on": timezone.localdate()})
    if form.is_valid() and _withdraw(patient, purpose, form):
        messages.success(request, _("The withdrawal is recorded."))
        return redirect("patients:consents", pk)
    context = page_context(patient, "consents", form=form, purpose=purpose, effects=_effects(purpose))
    return render(request, "patients/withdraw_consent.html", context)


def _page(request: HttpRequest, patient: Patient, form: GiveConsentForm) -> HttpResponse:
    today = timezone.localdate()
    in_force = selectors.consents_in_force(patient=patient, on=today)
    rows = [(consent, consent in in_force) for consent in patient.consents.all()]
    context = page_context(patient, "consents", rows=rows, form=form)
    return render(request, "patients/consents.html", context)


def _in_force(patient: Patient) -> set[str]:
    """Also those whose day is still to come: a second one cannot be given beside them."""
    rows = Consent.objects.filter(patient=patient, withdrawn_on__isnull=True)
    return set(rows.values_list("purpose", flat=True))


def _purpose(value: str) -> Purpose:
    try:
        return Purpose(value)
    except ValueError:
        raise Http404 from None


def _give(patient: Patient, form: GiveConsentForm) -> bool:
    data = form.cleaned_data
    try:
        consents.give(
            patient=patient,
            purpose=Purpose(data["purpose"]),
            on=data["given_on"],
            proof=data["proof"],
            at=timezone.now(),
        )
    except ValidationError as error:
        add_errors(error, form)
    return form.is_valid()


def _withdraw(patient: Patient, purpose: Purpose, form: WithdrawConsentForm) -> bool:
    try:
        consents.withdraw(
            patient=patient, purpose=purpose, on=form.cleaned_data["withdrawn_on"], at=timezone.now()
        )
    except ValidationError as error:
        add_errors(error, form)
    return form.is_valid()


def _effects(purpose: Purpose) -> list[str]:
    """What a withdrawal means for the patient's case."""
    return {
        Purpose.HEALTH_DATA: [_("No search can begin."), _("No therapist may be asked any more.")],
        Purpose.PSEUDONYMOUS: [_("No search can begin."), _("No therapist may be asked any more.")],
        Purpose.IDENTITY: [_("No therapist learns name and phone number, not even after saying yes.")],
        Purpose.EMAIL: [_("The patient gets no e-mail any more.")],
    }[purpose]

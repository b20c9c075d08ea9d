"""The end of a therapy and its correction. Beginning and cancelling a search belong to the search itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from apps.accounts.permissions import working
from apps.core.errors import StaleState
from apps.core.forms import posted
from apps.patients.enums import PatientStatus
from apps.patients.forms import ReasonForm
from apps.patients.models import Patient
from apps.patients.services import status
from apps.patients.views.common import opened, page_context

S = PatientStatus


@dataclass(frozen=True)
class Step:
    """A change of status that a coordinator confirms on a page of its own."""

    before: frozenset[str]
    question: str | Promise
    button: str | Promise
    effect: str | Promise
    act: Callable[..., Patient]


def _reopen(**kwargs: Any) -> Patient:
    return status.undo(to=S.IN_THERAPY, **kwargs)


STEPS = {
    "complete": Step(
        frozenset({S.IN_THERAPY}),
        gettext_lazy("Has the therapy come to its regular end?"),
        gettext_lazy("Therapy completed"),
        gettext_lazy("The case is closed. A new search may follow at any time."),
        status.complete_therapy,
    ),
    "discontinue": Step(
        frozenset({S.IN_THERAPY}),
        gettext_lazy("Has the therapy ended early?"),
        gettext_lazy("Therapy discontinued"),
        gettext_lazy("The case is closed. A new search may follow at any time."),
        status.discontinue_therapy,
    ),
    "reopen": Step(
        frozenset({S.THERAPY_COMPLETED, S.THERAPY_DISCONTINUED}),
        gettext_lazy("Was the end of the therapy entered by mistake?"),
        gettext_lazy("Back to “in therapy”"),
        gettext_lazy("The patient counts as in therapy again; the history keeps both entries."),
        _reopen,
    ),
}


@working
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    step = _step(name)
    patient = opened(request, pk)
    if patient.status not in step.before:
        raise StaleState()
    form = ReasonForm(posted(request))
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        step.act(patient=patient, actor=request.user, at=timezone.now(), reason=reason)
        messages.success(request, _("Saved."))
        return redirect(patient)
    context = page_context(patient, "", step=step, form=form, effects=[step.effect])
    return render(request, "patients/therapy.html", context)


def _step(name: str) -> Step:
    try:
        return STEPS[name]
    except KeyError:
        raise Http404 from None

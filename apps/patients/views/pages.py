"""One patient: a page per tab."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.core import timeline
from apps.core.enums import Language, Method
from apps.core.templatetags.ui import labels
from apps.patients import selectors
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient
from apps.patients.views.common import opened, page_context


@viewing
@require_GET
def overview(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    context = page_context(patient, "detail")
    rows = selectors.checklist(patient=patient, today=context["today"])
    context["checklist"] = [row for row in rows if row.is_blocking]
    context["warnings"] = [row for row in rows if not row.is_blocking]
    context["missing_count"] = sum(not row.is_met for row in context["checklist"])
    context["can_begin"] = PatientStatus.SEARCHING in Patient.TRANSITIONS[patient.status]
    return render(request, "patients/detail.html", context)


@viewing
@require_GET
def clinical(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    symptoms = ", ".join(selectors.symptom_names(codes=patient.symptoms or []))
    return render(request, "patients/clinical.html", page_context(patient, "clinical", symptoms=symptoms))


@viewing
@require_GET
def wishes(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    intervals = selectors.weekly_intervals(patient=patient)
    methods = labels(patient.wished_methods, Method) or _("any method")
    languages = labels(patient.languages or [Language.DE], Language)
    context = page_context(patient, "wishes", intervals=intervals, methods=methods, languages=languages)
    return render(request, "patients/wishes.html", context)


@viewing
@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    patient = opened(request, pk)
    found = timeline.story_page(timeline.story(timeline.PATIENT, pk), query=request.GET)
    return render(request, "patients/history.html", page_context(patient, "history", story=found))

"""Writing notes and striking them out. They are read on the history page of the person."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.permissions import working
from apps.communication.forms import NoteForm
from apps.communication.models import Note
from apps.communication.services import notes
from apps.core.audit import record_access
from apps.patients.models import Patient
from apps.therapists.models import Therapist


@working
@require_POST
def add_of_patient(request: HttpRequest, pk: int) -> HttpResponse:
    return _add(request, patient=get_object_or_404(Patient, pk=pk))


@working
@require_POST
def add_of_therapist(request: HttpRequest, pk: int) -> HttpResponse:
    return _add(request, therapist=get_object_or_404(Therapist, pk=pk))


@working
@require_POST
def strike(request: HttpRequest, pk: int) -> HttpResponse:
    note = get_object_or_404(Note, pk=pk)
    _log(request, note.patient_id)
    notes.strike(note=note, actor=request.user, at=timezone.now())  # type: ignore[arg-type]
    messages.success(request, _("The note is struck out."))
    return _back(note.patient_id, note.therapist_id)


def _add(request: HttpRequest, **person: Any) -> HttpResponse:
    form = NoteForm(request.POST)
    patient, therapist = person.get("patient"), person.get("therapist")
    _log(request, patient.pk if patient else None)
    if form.is_valid():
        notes.add(text=form.cleaned_data["text"], actor=request.user, at=timezone.now(), **person)  # type: ignore[arg-type]
        messages.success(request, _("The note is kept."))
    else:
        messages.error(request, " ".join(str(error) for error in form.errors["text"]))
    return _back(patient.pk if patient else None, therapist.pk if therapist else None)


def _log(request: HttpRequest, patient_id: int | None) -> None:
    if patient_id is not None:
        record_access(
            actor=request.user, patient_id=patient_id, purpose="communication:note", at=timezone.now()
        )


def _back(patient_id: int | None, therapist_id: int | None) -> HttpResponse:
    if patient_id is not None:
        return redirect("patients:history", patient_id)
    return redirect("therapists:history", therapist_id)

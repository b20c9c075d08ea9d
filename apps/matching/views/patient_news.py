"""Letters to a patient that a person sends: read first, then put into the queue."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import working
from apps.communication.models import EmailMessage
from apps.communication.services.queue import Letter
from apps.core.errors import Refused
from apps.matching.models import PlacementSearch
from apps.matching.selectors import patient_news as news
from apps.matching.services import patient_news
from apps.matching.views.shared import done, note_access, reads_and_writes
from apps.patients.models import Patient


@working
@reads_and_writes
def welcome(request: HttpRequest, pk: int) -> HttpResponse:
    patient = get_object_or_404(Patient, pk=pk)
    return _letter_page(
        request,
        patient,
        title=_("Welcome letter"),
        keys=[news.welcome_key(patient)],
        write=lambda today: patient_news.welcome(patient=patient, today=today),
        send=lambda **who: patient_news.send_welcome(patient=patient, **who),
        back=patient.get_absolute_url(),
    )


@working
@reads_and_writes
def missing_documents(request: HttpRequest, pk: int) -> HttpResponse:
    patient = get_object_or_404(Patient, pk=pk)
    return _letter_page(
        request,
        patient,
        title=_("Ask for missing documents"),
        keys=news.missing_keys(patient, timezone.localdate()),
        write=lambda today: patient_news.missing_documents(patient=patient, today=today),
        send=lambda **who: patient_news.send_missing_documents(patient=patient, **who),
        back=patient.get_absolute_url(),
    )


@working
@reads_and_writes
def search_ended(request: HttpRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(PlacementSearch.objects.select_related("patient"), pk=pk)
    return _letter_page(
        request,
        search.patient,
        title=_("Tell the patient that the search has ended"),
        keys=[news.ended_key(search)],
        write=lambda today: patient_news.search_ended(search=search, today=today),
        send=lambda **who: patient_news.send_search_ended(search=search, **who),
        back=search.get_absolute_url(),
    )


def _letter_page(
    request: HttpRequest,
    patient: Patient,
    *,
    title: str,
    keys: list[str],
    write: Callable[[Any], Letter],
    send: Callable[..., EmailMessage],
    back: str,
) -> HttpResponse:
    note_access(request, [patient.pk])
    if request.method == "POST":
        send(actor=request.user, at=timezone.now())
        return done(request, _("The letter is in the queue."), back)
    context: dict[str, Any] = {
        "title": title,
        "patient": patient,
        "back": back,
        "present": news.written(keys=keys),
    }
    try:
        letter = write(timezone.localdate())
        context |= {"subject": letter.subject, "text": letter.text}
    except Refused as error:
        context["refusal"] = error.message
    return render(request, "matching/patient_letter.html", context)

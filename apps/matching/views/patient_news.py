"""Letters to a patient that a person sends: read first, then put into the queue."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import working
from apps.matching.models import PlacementSearch, RefusalEvidence
from apps.matching.selectors import patient_news as news
from apps.matching.selectors.lists import request_page
from apps.matching.services import patient_news
from apps.matching.views.letter_page import letter_page
from apps.matching.views.shared import note_access, reads_and_writes
from apps.patients.models import Patient


@working
@reads_and_writes
def welcome(request: HttpRequest, pk: int) -> HttpResponse:
    patient, today = get_object_or_404(Patient, pk=pk), timezone.localdate()
    return _page(
        request,
        patient,
        title=_("Welcome letter"),
        keys=[news.welcome_key(patient)],
        write=lambda: patient_news.welcome(patient=patient, today=today),
        send=lambda **who: patient_news.send_welcome(patient=patient, **who),
        back=patient.get_absolute_url(),
    )


@working
@reads_and_writes
def missing_documents(request: HttpRequest, pk: int) -> HttpResponse:
    patient, today = get_object_or_404(Patient, pk=pk), timezone.localdate()
    return _page(
        request,
        patient,
        title=_("Ask for missing documents"),
        keys=news.missing_keys(patient, today),
        write=lambda: patient_news.missing_documents(patient=patient, today=today),
        send=lambda **who: patient_news.send_missing_documents(patient=patient, **who),
        back=patient.get_absolute_url(),
    )


@working
@reads_and_writes
def search_ended(request: HttpRequest, pk: int) -> HttpResponse:
    search = get_object_or_404(PlacementSearch.objects.select_related("patient"), pk=pk)
    today = timezone.localdate()
    return _page(
        request,
        search.patient,
        title=_("Tell the patient that the search has ended"),
        keys=[news.ended_key(search)],
        write=lambda: patient_news.search_ended(search=search, today=today),
        send=lambda **who: patient_news.send_search_ended(search=search, **who),
        back=search.get_absolute_url(),
    )


@working
@reads_and_writes
def place_call(request: HttpRequest, pk: int) -> HttpResponse:
    accepted, today = get_object_or_404(request_page(), pk=pk), timezone.localdate()
    return _page(
        request,
        accepted.search.patient,
        title=_("Write to the patient: please call the practice"),
        keys=[news.place_call_key(accepted)],
        write=lambda: patient_news.place_call(request=accepted, today=today),
        send=lambda **who: patient_news.send_place_call(request=accepted, **who),
        back=accepted.inquiry.get_absolute_url(),
        consequences=[_("The patient learns the name and the phone number of the practice.")],
    )


@working
@reads_and_writes
def evidence_ready(request: HttpRequest, pk: int) -> HttpResponse:
    evidence = get_object_or_404(RefusalEvidence.objects.select_related("patient"), pk=pk)
    today = timezone.localdate()
    return _page(
        request,
        evidence.patient,
        title=_("Tell the patient that it is ready"),
        keys=[news.evidence_key(evidence)],
        write=lambda: patient_news.evidence_ready(evidence=evidence, today=today),
        send=lambda **who: patient_news.send_evidence_ready(evidence=evidence, **who),
        back=reverse("matching:evidence", args=[evidence.pk]),
        consequences=[_("The document itself is not attached: you hand it over in another way.")],
    )


def _page(request: HttpRequest, patient: Patient, **page: Any) -> HttpResponse:
    note_access(request, [patient.pk])
    return letter_page(request, subtitle=patient.case_code, address=patient.email, **page)

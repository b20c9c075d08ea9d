"""The list of patients and its export: one filter, one order, the same rows."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.audit import record_accesses
from apps.core.contacts import readable_phone
from apps.core.exports import list_response, record_ids, records
from apps.patients import selectors
from apps.patients.filters import PatientFilter
from apps.patients.models import Patient
from apps.patients.tables import PatientTable, missing_text

ROWS_A_PAGE = 50


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "patients/list.html", {"filter": chosen, "table": table})


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    """What the page shows as a file. No clinical facts."""
    _filter, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    ids = record_ids(table)
    record_accesses(patient_ids=ids, actor=request.user, purpose="patients:export", at=timezone.now())
    lines = _lines(records(table), table)
    return list_response(request, name="patients", file_format=file_format, lines=lines, count=len(ids))


def _chosen(request: HttpRequest) -> tuple[PatientFilter, PatientTable]:
    today = timezone.localdate()
    chosen = PatientFilter(request.GET, queryset=selectors.patient_list(), request=request, today=today)
    parameters = selectors.parameters_on(today)
    return chosen, PatientTable(chosen.qs, today=today, parameters=parameters)


def _lines(patients: Iterable[Patient], table: PatientTable) -> Iterator[list[Any]]:
    yield [
        *(_("Case code"), _("Last name"), _("First name"), _("Status"), _("PLZ"), _("Town")),
        *(_("E-mail"), _("Phone"), _("Insurance"), _("Insurer"), _("Start date"), _("Prerequisites")),
    ]
    for patient in patients:
        yield _line(patient, table)


def _line(patient: Patient, table: PatientTable) -> list[Any]:
    return [
        *(patient.case_code, patient.last_name, patient.first_name, patient.get_status_display()),
        *(patient.plz, patient.city, patient.email, readable_phone(patient.phone)),
        patient.get_insurance_kind_display(),
        patient.insurer or "",
        patient.started_on or "",
        missing_text(patient, table.today, table.parameters),
    ]

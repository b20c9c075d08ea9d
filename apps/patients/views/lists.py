"""The list of patients and its export: one filter, one order, the same rows."""

import csv
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.templatetags.ui import phone
from apps.patients import selectors
from apps.patients.filters import PatientFilter
from apps.patients.models import Patient
from apps.patients.services.access import record_export
from apps.patients.tables import PatientTable, missing_text

ROWS_A_PAGE = 50
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "patients/list.html", {"filter": chosen, "table": table})


@working
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """CSV as German Excel opens it: semicolons, UTF-8 with a mark at the start. No clinical facts."""
    _filter, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    patients = [row.record for row in table.rows]
    ids = [patient.pk for patient in patients]
    record_export(patient_ids=ids, actor=request.user, purpose="patients:export", at=timezone.now())
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="patients-{table.today:%Y-%m-%d}.csv"'
    response.write("\ufeff")
    writer = csv.writer(response, delimiter=";")
    writer.writerows([_harmless(cell) for cell in line] for line in _lines(patients, table))
    return response


def _chosen(request: HttpRequest) -> tuple[PatientFilter, PatientTable]:
    today = timezone.localdate()
    chosen = PatientFilter(request.GET, queryset=selectors.patient_list(), request=request, today=today)
    parameters = selectors.parameters_on(today)
    return chosen, PatientTable(chosen.qs, today=today, parameters=parameters)


def _lines(patients: list[Patient], table: PatientTable) -> Iterator[list[Any]]:
    yield [
        *(_("Case code"), _("Last name"), _("First name"), _("Status"), _("PLZ"), _("Town")),
        *(_("E-mail"), _("Phone"), _("Insurance"), _("Insurer"), _("Start date"), _("Prerequisites")),
    ]
    for patient in patients:
        yield _line(patient, table)


def _line(patient: Patient, table: PatientTable) -> list[Any]:
    return [
        *(patient.case_code, patient.last_name, patient.first_name, patient.get_status_display()),
        *(patient.plz, patient.city, patient.email, phone(patient.phone)),
        patient.get_insurance_kind_display(),
        patient.insurer or "",
        patient.started_on or "",
        missing_text(patient, table.today, table.parameters),
    ]


def _harmless(cell: Any) -> str:
    """Text that a spreadsheet would take for a formula gets an apostrophe."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text

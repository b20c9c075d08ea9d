"""The list of searches, its export, and opening a search."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core import parameters as operating
from apps.core.audit import record_accesses
from apps.core.exports import list_response
from apps.matching.filters import SearchFilter
from apps.matching.models import PlacementSearch
from apps.matching.selectors.lists import search_list, unresolved_conflicts
from apps.matching.selectors.overview import outlook
from apps.matching.services import searches
from apps.matching.tables import SearchTable
from apps.matching.views.shared import ROWS_A_PAGE, done
from apps.patients.models import Patient


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {"filter": chosen, "table": table, "conflict_count": unresolved_conflicts().count()}
    return render(request, "matching/searches.html", context)


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    _filter, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    ids = [row.record.patient_id for row in table.rows]
    record_accesses(
        patient_ids=ids, actor=request.user, purpose="matching:searches_export", at=timezone.now()
    )
    return list_response(
        request, name="searches", file_format=file_format, lines=_lines(table), count=len(ids)
    )


@working
@require_POST
def open_search(request: HttpRequest, patient_pk: int) -> HttpResponse:
    search = searches.open_search(
        patient=get_object_or_404(Patient, pk=patient_pk),
        is_kostenerstattung=request.POST.get("is_kostenerstattung") == "on",
        actor=request.user,
        at=timezone.now(),
        today=timezone.localdate(),
    )
    return done(request, _("The search has begun."), search)


def _chosen(request: HttpRequest) -> tuple[SearchFilter, SearchTable]:
    chosen = SearchFilter(request.GET, queryset=search_list().order_by("started_on", "pk"), request=request)
    today, parameters = timezone.localdate(), operating.current(at=timezone.now())
    found = outlook(today=today, parameters=parameters)
    return chosen, SearchTable(chosen.qs, today=today, outlook=found)


def _lines(table: SearchTable) -> Iterator[list[Any]]:
    yield [
        *(_("Case code"), _("Last name"), _("First name"), _("PLZ"), _("Town"), _("Status")),
        *(_("Waiting since"), _("Candidates"), _("What blocks"), _("Open requests"), _("Last contact")),
    ]
    records = [row.record for row in table.rows]
    blocked_by = table.outlook.blocked_by([record.pk for record in records])
    for record in records:
        count = table.outlook.candidate_count(record.pk)
        yield _line(record, count, blocked_by.get(record.pk, ""))


def _line(search: PlacementSearch, candidates: int | None, blocked_by: str | Promise) -> list[Any]:
    patient = search.patient
    last = getattr(search, "last_request_at", None)
    return [
        *(patient.case_code, patient.last_name, patient.first_name, patient.plz, patient.city),
        search.get_status_display(),
        search.started_on,
        candidates,
        blocked_by,
        getattr(search, "open_requests", 0),
        timezone.localdate(last) if last else "",
    ]

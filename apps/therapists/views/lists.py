"""The list of therapists and its export: one filter, one order, the same rows."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.contacts import readable_phone
from apps.core.enums import Language
from apps.core.exports import list_response, records
from apps.core.templatetags.ui import labels
from apps.therapists.filters import TherapistFilter
from apps.therapists.models import Therapist
from apps.therapists.selectors import contact_state, main_practice, therapist_list, unreviewed
from apps.therapists.tables import BY_NAME, TherapistTable, free_places

ROWS_A_PAGE = 50


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen, table = _chosen(request)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {"filter": chosen, "table": table, "waiting": unreviewed().count()}
    return render(request, "therapists/list.html", context)


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    _filter, table = _chosen(request)
    RequestConfig(request, paginate=False).configure(table)
    count = len(table.rows)
    return list_response(
        request, name="therapists", file_format=file_format, lines=_lines(table), count=count
    )


def _chosen(request: HttpRequest) -> tuple[TherapistFilter, TherapistTable]:
    today = timezone.localdate()
    rows = therapist_list(today).order_by(*BY_NAME)
    chosen = TherapistFilter(request.GET, queryset=rows, request=request)
    is_allowed = getattr(request.user, "can_work", False)
    return chosen, TherapistTable(chosen.qs, today=today, can_work=is_allowed)


def _lines(table: TherapistTable) -> Iterator[list[Any]]:
    yield [
        *(_("Last name"), _("First name"), _("Title"), _("Practice"), _("Street"), _("PLZ"), _("Town")),
        *(_("Phone"), _("E-mail"), _("Seat"), _("Approvals"), _("Languages"), _("Free places")),
        *(_("Contact"), _("Status"), _("Review")),
    ]
    for therapist in records(table):
        yield _line(therapist, table)


def _line(therapist: Therapist, table: TherapistTable) -> list[Any]:
    practice = main_practice(therapist)
    address = ("name", "street", "plz", "city")
    return [
        *(therapist.last_name, therapist.first_name, therapist.title),
        *(getattr(practice, name, "") for name in address),
        readable_phone(practice.phone) if practice else "",
        practice.email if practice else "",
        therapist.get_seat_display(),
        ", ".join(str(approval) for approval in therapist.approvals.all()),
        labels(therapist.languages, Language),
        free_places(therapist),
        contact_state(therapist, table.today).label,
        therapist.get_status_display(),
        therapist.get_review_status_display(),
    ]

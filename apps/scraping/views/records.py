"""Review: the list of records that wait, one of them, and a person's word on it."""

import json
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.scraping import comparison
from apps.scraping.enums import Standing
from apps.scraping.filters import RecordFilter, VanishedFilter
from apps.scraping.models import DirectoryRecord
from apps.scraping.selectors import review, sources
from apps.scraping.services import deciding, decisions, recognising
from apps.scraping.tables import RecordTable, VanishedTable
from apps.scraping.views.shared import ROWS_A_PAGE, refusing, tabs, with_undo
from apps.therapists.models import Therapist
from apps.therapists.selectors import matching_text

BY_NAME = ("last_name", "first_name", "pk")
MOST_FOUND = 5


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen = RecordFilter(request.GET, queryset=review.waiting_records().order_by(*BY_NAME))
    table = RecordTable(chosen.qs, today=timezone.localdate(), queue=_queue(request.GET))
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {"tabs": tabs("review"), "filter": chosen, "table": table, "run": _number(request, "run")}
    return render(request, "scraping/review.html", context)


@viewing
@require_GET
def vanished(request: HttpRequest) -> HttpResponse:
    rows = review.vanished_records().select_related("sighting").order_by("-vanished_on", *BY_NAME)
    chosen = VanishedFilter(request.GET, queryset=rows)
    table = VanishedTable(chosen.qs)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {"tabs": tabs("vanished"), "filter": chosen, "table": table}
    return render(request, "scraping/vanished.html", context)


@viewing
@require_GET
def record(request: HttpRequest, pk: int) -> HttpResponse:
    row = _record(pk)
    seen_on, query = row.sighting.on, request.GET.get("person", "").strip()
    is_waiting = row.standing in review.WAITING
    people = _people(row, query) if is_waiting else [row.therapist] if row.therapist else []
    context = {
        "record": row,
        "seen_on": seen_on,
        "is_waiting": is_waiting,
        "is_stale": sources.is_stale(source=row.source, fetched_on=seen_on, today=timezone.localdate()),
        "facts": comparison.facts(row),
        "people": people,
        "rows": comparison.side_by_side(row, people) if people else [],
        "person": query,
        "payload": json.dumps(row.payload, ensure_ascii=False, indent=2, sort_keys=True),
        "queue": _queue(request.GET),
        "left": RecordFilter(request.GET, queryset=review.waiting_records()).qs.count(),
        "can_reopen": row.standing in (Standing.DECLINED, Standing.LINKED) and row.matched_by != "taken",
    }
    return render(request, "scraping/record.html", context)


@working
@require_POST
def take(request: HttpRequest, pk: int) -> HttpResponse:
    row = _record(pk)
    is_checked = "is_checked" in request.POST
    with refusing():
        therapist = decisions.take_new(
            record=row, actor=request.user, at=timezone.now(), is_checked=is_checked
        )
    text = _("Taken over and verified:") if is_checked else _("Taken over, waits for verification:")
    link = format_html('{} <a href="{}">{}</a>', text, therapist.get_absolute_url(), therapist.full_name)
    return _next(request, row, link)


@working
@require_POST
def link(request: HttpRequest, pk: int) -> HttpResponse:
    row = _record(pk)
    therapist = get_object_or_404(Therapist, pk=_number(request, "therapist"))
    deciding.link_and_compare(record=row, therapist=therapist, actor=request.user, at=timezone.now())
    text = _("%(record)s belongs to %(therapist)s now; what it says differently stands under “Changes”.")
    said = text % {"record": _name(row), "therapist": therapist.full_name}
    return _next(request, row, _undoable(request, row, said))


@working
@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    row = _record(pk)
    decisions.decline(record=row, actor=request.user, at=timezone.now())
    text = _("%(record)s is not wanted and does not come back.") % {"record": _name(row)}
    return _next(request, row, _undoable(request, row, text))


@working
@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    row = _record(pk)
    decisions.reopen(record=row, actor=request.user, at=timezone.now())
    messages.success(request, _("Taken back; the record waits again."))
    return redirect("scraping:record", pk)


def _record(pk: int) -> DirectoryRecord:
    rows = DirectoryRecord.objects.select_related(
        "source", "sighting", "therapist", "decided_by", "first_run__source"
    )
    return get_object_or_404(rows, pk=pk)


def _people(row: DirectoryRecord, query: str) -> list[Therapist]:
    """Whom an unclear record may mean, and whom a person has looked for."""
    found = recognising.candidates(record=row) if row.standing == Standing.UNCLEAR else []
    if not query:
        return found
    known = {one.pk for one in found}
    looked_for = matching_text(Therapist.objects.exclude(pk__in=known), query).order_by(*BY_NAME)
    return [*found, *looked_for[:MOST_FOUND]]


def _name(row: DirectoryRecord) -> str:
    return " ".join(filter(None, (row.title, row.first_name, row.last_name)))


def _undoable(request: HttpRequest, row: DirectoryRecord, text: str) -> Any:
    return with_undo(request, text, undo_url=reverse("scraping:reopen_record", args=[row.pk]))


def _queue(query: QueryDict) -> str:
    """What the list was narrowed down by, to go on with the next record of it."""
    kept = QueryDict(mutable=True)
    for name in RecordFilter.base_filters:
        if query.get(name):
            kept[name] = str(query[name])
    return kept.urlencode()


def _number(request: HttpRequest, name: str) -> int:
    """0 where it is no number of a row."""
    text = (request.POST if request.method == "POST" else request.GET).get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _next(request: HttpRequest, row: DirectoryRecord, message: Any) -> HttpResponse:
    """On to the next one of the list it was opened from, from the beginning again after the last."""
    messages.success(request, message)
    queue = _queue(QueryDict(request.POST.get("queue", "")))
    waiting = RecordFilter(QueryDict(queue), queryset=review.waiting_records()).qs.order_by(*BY_NAME)
    later = Q(last_name__gt=row.last_name) | Q(last_name=row.last_name, first_name__gt=row.first_name)
    same_name = Q(last_name=row.last_name, first_name=row.first_name, pk__gt=row.pk)
    following = waiting.filter(later | same_name).first() or waiting.first()
    url = reverse("scraping:record", args=[following.pk]) if following else reverse("scraping:review")
    return redirect(f"{url}?{queue}" if queue else url)

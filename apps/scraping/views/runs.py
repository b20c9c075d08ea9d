"""Runs: the list, one with its numbers and problems, its progress, and what can be done with it."""

import json
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core.csv_export import csv_response
from apps.scraping.enums import BulkKind
from apps.scraping.filters import RunFilter
from apps.scraping.models import BulkDecision, ImportRun, RunProblem
from apps.scraping.selectors import review
from apps.scraping.services import bulk, runs, upkeep
from apps.scraping.tables import ProblemTable, RunTable
from apps.scraping.views.shared import ROWS_A_PAGE, done, tabs


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen = RunFilter(request.GET, queryset=ImportRun.objects.select_related("source", "started_by"))
    table = RunTable(chosen.qs)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "scraping/runs.html", {"tabs": tabs("runs"), "filter": chosen, "table": table})


@viewing
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    row = _run(pk)
    problems = ProblemTable(row.problems.all())
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(problems)
    context = {
        **_state(row),
        "problems": problems,
        "has_problems": bool(problems.page.object_list.data),
        "waiting": review.waiting_records(run=row).count(),
        "proposals": review.open_proposals(run=row).count(),
    }
    return render(request, "scraping/run.html", context)


@viewing
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks again every two seconds; when the work is over the page is loaded anew."""
    if not getattr(request, "htmx", False):
        return run(request, pk=pk)
    state = _state(_run(pk))
    response = render(request, "scraping/run_progress.html", state)
    if not state["is_busy"]:
        response["HX-Refresh"] = "true"
    return response


@working
@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    row = runs.cancel(run=get_object_or_404(ImportRun, pk=pk), actor=request.user, at=timezone.now())
    text = _("Cancelled.") if row.has_ended else _("The run ends after its present step.")
    return done(request, text, row)


@working
@require_POST
def take_note(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ImportRun, pk=pk)
    upkeep.take_note(run=row, actor=request.user)
    return done(request, _("Noted. The run is off the work list."), row)


@working
@require_GET
def problems(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ImportRun.objects.select_related("source"), pk=pk)
    return csv_response(f"{row.source.key}-{row.pk}-problems.csv", _lines(row))


@working
@require_POST
def cancel_decision(request: HttpRequest, pk: int) -> HttpResponse:
    decision = get_object_or_404(BulkDecision.objects.select_related("run"), pk=pk)
    bulk.cancel(decision=decision)
    return done(request, _("It ends after the present record; what was taken stays."), decision.run)


def _run(pk: int) -> ImportRun:
    rows = ImportRun.objects.select_related("source", "started_by", "noticed_by")
    return get_object_or_404(rows, pk=pk)


def _state(row: ImportRun) -> dict[str, Any]:
    """What its head shows; `is_busy` while anything about it still moves."""
    decisions = list(row.decisions.select_related("decided_by"))
    is_compared = row.worked_up_at is not None
    return {
        "run": row,
        "decisions": decisions,
        "is_compared": is_compared,
        "is_busy": not row.has_ended or not is_compared or any(one.ended_at is None for one in decisions),
        "has_trouble": row.has_ended and (row.status in TROUBLED or row.is_unusual),
        "kinds": BulkKind,
    }


TROUBLED = ("failed", "stopped")


def _lines(row: ImportRun) -> Iterator[list[Any]]:
    yield [_("Kind"), _("Where"), _("Reason"), _("As it came")]
    for problem in row.problems.iterator(chunk_size=500):
        yield [problem.get_kind_display(), problem.where, problem.reason, payload_text(problem)]


def payload_text(problem: RunProblem) -> str:
    return "" if problem.payload is None else json.dumps(problem.payload, ensure_ascii=False)

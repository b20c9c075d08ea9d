"""Simulations: the list, a new one, its progress and its result."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.core import parameters as operating
from apps.core.csv_export import csv_response
from apps.core.errors import Refused
from apps.matching import simulation_report as report
from apps.matching.models import SimulationRun
from apps.matching.selectors import simulations as selectors
from apps.matching.services import simulations
from apps.matching.simulation_filters import SimulationFilter
from apps.matching.simulation_forms import INVENTED, OWN, SimulationForm
from apps.matching.simulation_tables import SimulationTable
from apps.matching.views.shared import ROWS_A_PAGE, done, posted, reads_and_writes


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen = SimulationFilter(request.GET, queryset=selectors.run_list())
    table = SimulationTable(chosen.qs)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "matching/simulations.html", {"filter": chosen, "table": table})


@working
@reads_and_writes
def create(request: HttpRequest) -> HttpResponse:
    now = timezone.now()
    current = operating.current(at=now)
    form = SimulationForm(posted(request), initial=_usual(), parameters=current)
    if request.method == "POST" and form.is_valid():
        run = simulations.queue(
            wish=form.wish,
            is_own_world=form.is_own_world,
            changed=form.changed,
            actor=request.user,
            at=now,
        )
        return done(request, _("The simulation waits for a worker. You may leave this page."), run)
    context = {"form": form, "parameters_title": _("Operating parameters to try out")}
    return render(request, "matching/simulation_form.html", context)


@viewing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(SimulationRun.objects.select_related("created_by"), pk=pk)
    context = {"run": run, "facts": _facts(run), "result": _result(run.result) if run.result else None}
    return render(request, "matching/simulation.html", context)


@viewing
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks again every two seconds; when the run is over the page is loaded anew."""
    if not getattr(request, "htmx", False):
        return detail(request, pk=pk)
    run = get_object_or_404(SimulationRun.objects.defer("partial", "result"), pk=pk)
    response = render(request, "matching/simulation_progress.html", {"run": run})
    if run.is_over:
        response["HX-Refresh"] = "true"
    return response


@working
@require_POST
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(SimulationRun, pk=pk)
    simulations.stop(run=run, actor=request.user, at=timezone.now())
    return done(request, _("The simulation is stopped."), run)


@viewing
@require_GET
def export(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(SimulationRun, pk=pk)
    if run.result is None:
        raise Refused(_("This simulation has no result. Please wait until it is done, or start another one."))
    return csv_response(f"simulation-{run.pk}.csv", report.csv_lines(run.result))


def _usual() -> dict[str, Any]:
    """What the form begins with: the agency's own figures where there are any."""
    today = timezone.localdate()
    habits = selectors.habits(today=today)
    return {
        "world": OWN if selectors.waiting_count(today=today) else INVENTED,
        "arrivals_per_week": habits.arrivals_per_week or selectors.INVENTED_ARRIVALS,
        "contacts_per_week": habits.contacts_per_week or selectors.INVENTED_CONTACTS,
    }


def _facts(run: SimulationRun) -> list[tuple[Any, Any]]:
    asked = run.asked
    invented = [
        (_("Therapists"), asked["therapists"]),
        (_("Waiting at the start"), asked["waiting_at_start"]),
    ]
    return [
        (_("Starts with"), _("our own records") if run.is_own_world else _("invented world")),
        (_("Weeks"), asked["weeks"]),
        (_("New patients per week"), asked["arrivals_per_week"]),
        (_("Contacts per week"), asked["contacts_per_week"]),
        (_("Repetitions"), len(asked["seeds"])),
        *([] if run.is_own_world else invented),
        *(
            (operating.DEFINITIONS[name].label, value)
            for name, value in run.changed_parameters.items()
            if name in operating.DEFINITIONS
        ),
        (_("Started by"), run.created_by.display_name if run.created_by else None),
        (_("Started"), date_format(timezone.localtime(run.created_at), "SHORT_DATETIME_FORMAT")),
    ]


def _result(result: report.Result) -> dict[str, Any]:
    return {
        "heading": report.heading(result),
        "rows": report.rows(result),
        "conclusions": report.conclusions(result),
        "pictures": report.pictures(result),
        "colours": report.PAGE_COLOURS,
    }

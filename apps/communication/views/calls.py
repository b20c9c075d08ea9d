"""The list of calls. The sheet of one call belongs to matching, which knows what it is about."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing
from apps.communication import selectors
from apps.communication.tables import MadeCallTable

ROWS_A_PAGE = 50


@viewing
@require_GET
def planned(request: HttpRequest) -> HttpResponse:
    groups = selectors.planned_calls(at=timezone.now())
    return render(request, "communication/calls.html", {"groups": groups, "tabs": _tabs("calls")})


@viewing
@require_GET
def made(request: HttpRequest) -> HttpResponse:
    table = MadeCallTable(selectors.made_calls())
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "communication/made_calls.html", {"table": table, "tabs": _tabs("made_calls")})


def _tabs(current: str) -> list[dict[str, object]]:
    return [
        {"url": reverse(f"communication:{name}"), "label": label, "is_current": name == current}
        for name, label in (("calls", _("Planned")), ("made_calls", _("Made")))
    ]

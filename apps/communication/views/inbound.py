"""The inbox: the list, and what a person decides without booking. The page of a message is in matching."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.communication import tray
from apps.communication.forms import ReasonForm
from apps.communication.inbound_tables import InboundTable
from apps.communication.models import InboundMessage
from apps.communication.services import inbound

ROWS_A_PAGE = 50
Act = Callable[..., InboundMessage]


@viewing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    tab = tray.tab_named(request.GET.get("tab", ""))
    rows: QuerySet[InboundMessage] = tray.messages(tab)
    table = InboundTable(rows)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    return render(request, "communication/inbox.html", {"table": table, "tabs": _tabs(tab), "tab": tab})


@working
@require_POST
def finish(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(InboundMessage, pk=pk)
    inbound.finish(message=message, actor=request.user, at=timezone.now())
    return _next(request, _("Marked as done."))


@working
@require_POST
def park(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(InboundMessage, pk=pk)
    inbound.park(message=message, actor=request.user, at=timezone.now())
    return _next(request, _("Parked."))


@working
@require_POST
def take_back(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(InboundMessage, pk=pk)
    inbound.take_back(message=message, actor=request.user, at=timezone.now())
    messages.success(request, _("The message waits for a decision again."))
    return redirect("matching:inbound", pk)


@working
@require_http_methods(["GET", "HEAD", "POST"])
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    message = get_object_or_404(InboundMessage, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        inbound.dismiss(message=message, actor=request.user, at=timezone.now(), **form.cleaned_data)
        return _next(request, _("Put aside."))
    context = {"message": message, "form": form, "back": reverse("matching:inbound", args=[pk])}
    return render(request, "communication/inbound_dismiss.html", context)


def _next(request: HttpRequest, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect("communication:inbox")


def _tabs(current: str) -> list[dict[str, Any]]:
    counts = tray.open_counts()
    return [
        {
            "url": f"{reverse('communication:inbox')}?tab={name}",
            "label": label,
            "is_current": name == current,
            "count": counts.get(name),
        }
        for name, label in tray.TABS.items()
    ]

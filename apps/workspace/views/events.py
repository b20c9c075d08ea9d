"""Domain events for the management: the newest, one with its deliveries, and what was parked."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.shortcuts import redirect as go
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import managing
from apps.events import selectors, services
from apps.events.catalogue import subscriber_registry, type_registry
from apps.events.models import DomainEvent
from apps.workspace.event_tables import (
    UNKNOWN,
    EventFilter,
    EventTable,
    ParkedFilter,
    ParkedTable,
    state_badge,
)

ROWS_A_PAGE = 50
ROWS_SHOWN = 10_000  # counting all events there ever were would take longer than showing them

reads_and_writes = require_http_methods(["GET", "HEAD", "POST"])


@managing
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    chosen = EventFilter(request.GET, queryset=selectors.events(), request=request)
    table = EventTable(chosen.qs[:ROWS_SHOWN])
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {"filter": chosen, "table": table, "parked_count": selectors.parked().count()}
    return render(request, "events/list.html", context)


@managing
@require_GET
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """The payload as far as the type declares it."""
    event = get_object_or_404(DomainEvent, pk=pk)
    declared = type_registry.get(event.type)
    known = declared.payload if declared else {}
    deliveries = {row.subscriber: row for row in event.deliveries.order_by("subscriber")}
    subscribers = {row.name for row in subscriber_registry.get(event.type, [])}
    context = {
        "event": event,
        "declared": declared,
        "state": state_badge(event),
        "payload": [(name, _shown(value)) for name, value in event.payload.items() if name in known],
        "deliveries": deliveries.values(),
        "undelivered": sorted(subscribers - deliveries.keys()),
        "redrives": event.redrives.select_related("actor"),
    }
    return render(request, "events/event.html", context)


@managing
@require_GET
def parked(request: HttpRequest) -> HttpResponse:
    chosen = ParkedFilter(request.GET, queryset=selectors.parked(), request=request)
    table = ParkedTable(chosen.qs)
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {
        "filter": chosen,
        "table": table,
        "counts": list(selectors.parked_counts()),
        "unknown": UNKNOWN,
        "query": request.GET.urlencode(),
    }
    return render(request, "events/parked.html", context)


@managing
@require_POST
def redrive(request: HttpRequest, pk: int) -> HttpResponse:
    event = get_object_or_404(DomainEvent, pk=pk)
    if services.redrive(event=event, actor=request.user, at=timezone.now()):
        messages.success(request, _("The event is handed over once more within a minute."))
    else:
        messages.info(request, _("The event is not parked any more."))
    return go("events:event", event.pk)


@managing
@reads_and_writes
def redrive_parked(request: HttpRequest) -> HttpResponse:
    """All that the list shows: the filter stands in the address. GET asks, POST does."""
    chosen = ParkedFilter(request.GET, queryset=selectors.parked(), request=request)
    back = f"{reverse('events:parked')}?{request.GET.urlencode()}"
    if not chosen.is_valid():  # never everything where a filter was not understood
        return go(back)
    if request.method == "POST":
        count = services.redrive_many(events=chosen.qs, actor=request.user, at=timezone.now())
        text = ngettext("%(count)s parked event waits again.", "%(count)s parked events wait again.", count)
        messages.success(request, text % {"count": count})
        return go("events:parked")
    return render(request, "events/redrive.html", _question(chosen.qs.count()) | {"back": back})


def _question(count: int) -> dict[str, Any]:
    text = ngettext(
        "Hand %(count)s parked event over once more?", "Hand %(count)s parked events over once more?", count
    )
    return {
        "text": text % {"count": count},
        "button": _("Hand over once more"),
        "consequences": [
            _("Each event gets another five attempts; what was handled already is not handled twice."),
            _("What fails again is parked again."),
            _("Your name and the moment are kept with each event."),
        ],
    }


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

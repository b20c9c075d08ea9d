"""The lists of calls. The sheet of one call belongs to matching, which knows what it is about."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET
from django_tables2 import RequestConfig

from apps.accounts.permissions import viewing, working
from apps.communication import selectors
from apps.communication.forms import WhoseForm
from apps.communication.models import PhoneCall
from apps.communication.selectors import calls as reading
from apps.communication.services.call_planning import coordinators
from apps.communication.tables import MadeCallTable
from apps.core.exports import list_response
from apps.core.templatetags.ui import phone
from apps.core.weekly import clock

ROWS_A_PAGE = 50
TABS = (
    ("calls", gettext_lazy("Now")),
    ("planned_calls", gettext_lazy("Planned")),
    ("made_calls", gettext_lazy("Made")),
)


@viewing
@require_GET
def now(request: HttpRequest) -> HttpResponse:
    """Who can be reached at this moment, and whose phone hours come next."""
    at, user = timezone.now(), request.user
    chosen = _chosen(request)
    ready = _ready(chosen, user, at)
    openings = reading.next_openings(at=at, whose=chosen.choice, user=user)
    context = {
        "ready": [(call, _closes(call)) for call in ready[:ROWS_A_PAGE]],
        "ready_count": len(ready),
        "openings": openings[:ROWS_A_PAGE],
        "opening_count": len(openings),
        "held": reading.in_hand(user=user, at=at),  # type: ignore[arg-type]
        "free_since": at - reading.CLAIM,
    }
    return render(request, "communication/calls.html", {**context, **_shared("calls", chosen)})


@viewing
@require_GET
def planned(request: HttpRequest) -> HttpResponse:
    chosen = _chosen(request)
    groups = reading.planned_calls(at=timezone.now(), whose=chosen.choice, user=request.user)
    context = {"groups": groups, **_shared("planned_calls", chosen)}
    return render(request, "communication/planned_calls.html", context)


@viewing
@require_GET
def made(request: HttpRequest) -> HttpResponse:
    chosen = _chosen(request)
    table = _made_table(request, chosen, page={"per_page": ROWS_A_PAGE})
    context = {"table": table, **_shared("made_calls", chosen)}
    return render(request, "communication/made_calls.html", context)


@working
@require_GET
def export(request: HttpRequest, file_format: str) -> HttpResponse:
    """The list that is shown (`list`: a name of TABS), with the same filter, as a file."""
    at, chosen = timezone.now(), _chosen(request)
    kind = request.GET.get("list", "")
    if kind == "made_calls":
        rows = [row.record for row in _made_table(request, chosen, page=False).rows]
    elif kind == "calls":
        rows = _ready(chosen, request.user, at)
    else:
        kind = "planned_calls"
        groups = reading.planned_calls(at=at, whose=chosen.choice, user=request.user)
        rows = [call for group in groups for call in group.calls]
    name = kind.replace("_", "-")
    return list_response(request, name=name, file_format=file_format, lines=_lines(rows), count=len(rows))


def _chosen(request: HttpRequest) -> WhoseForm:
    return WhoseForm(request.GET, coordinators=coordinators())


def _ready(chosen: WhoseForm, user: Any, at: Any) -> list[PhoneCall]:
    calls = reading.of_coordinator(reading.reachable(at=at), chosen.choice, user)
    return list(calls[: reading.CALLS_SHOWN])


def _made_table(request: HttpRequest, chosen: WhoseForm, *, page: Any) -> MadeCallTable:
    table = MadeCallTable(selectors.made_calls(whose=chosen.choice, user=request.user))
    RequestConfig(request, paginate=page).configure(table)
    return table


def _shared(current: str, chosen: WhoseForm) -> dict[str, Any]:
    query = f"?whose={chosen.choice}" if chosen.choice else ""
    tabs = [
        {"url": reverse(f"communication:{name}") + query, "label": label, "is_current": name == current}
        for name, label in TABS
    ]
    return {"tabs": tabs, "filter": {"form": chosen}, "whose": chosen.choice, "list_name": current}


def _closes(call: Any) -> str:
    return clock(call.closes_minute) if call.closes_minute is not None else ""


def _lines(calls: Iterable[PhoneCall]) -> Iterator[list[Any]]:
    yield [
        *(_("From"), _("Until"), _("Therapist"), _("Practice"), _("Phone"), _("Purpose"), _("Attempt")),
        *(_("Inquiry"), _("Coordinator"), _("Status"), _("Outcome"), _("Made")),
    ]
    for call in calls:
        yield _line(call)


def _line(call: PhoneCall) -> list[Any]:
    contact = getattr(call, "inquiry_contact", None)
    return [
        *(call.starts_at, call.ends_at, call.therapist, call.practice or ""),
        *(phone(call.phone), call.get_purpose_display(), call.attempt),
        *(contact.inquiry.reference if contact else "", _name(call.coordinator)),
        *(call.get_status_display(), call.get_outcome_display(), call.done_at),
    ]


def _name(user: Any) -> str:
    return user.display_name if user else ""

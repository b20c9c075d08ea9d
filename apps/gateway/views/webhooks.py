"""Webhooks of a client, as the management sees them. Clients make them by themselves (the API)."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_tables2 import RequestConfig

from apps.accounts.permissions import managing
from apps.gateway import selectors
from apps.gateway.enums import BY_ITSELF, DisabledReason
from apps.gateway.models import WebhookDelivery, WebhookSubscription
from apps.gateway.services import delivering, webhooks
from apps.gateway.tables import DeliveryFilter, DeliveryTable

ROWS_A_PAGE = 50
ROWS_SHOWN = 10_000  # counting all deliveries there ever were would take longer than showing them


@managing
@require_GET
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookSubscription.objects.select_related("client"), pk=pk)
    chosen = DeliveryFilter(
        request.GET, queryset=selectors.deliveries(subscription=row).order_by("-event_id"), request=request
    )
    table = DeliveryTable(chosen.qs[:ROWS_SHOWN], exclude=() if row.is_active else ("acts",))
    RequestConfig(request, paginate={"per_page": ROWS_A_PAGE}).configure(table)
    context = {
        "webhook": row,
        "is_off_by_itself": row.disabled_reason in BY_ITSELF,
        "counts": selectors.delivery_counts(subscription=row),
        "filter": chosen,
        "table": table,
        "now": timezone.now(),
    }
    return render(request, "gateway/webhook.html", context)


@managing
@require_POST
def enable(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookSubscription, pk=pk)
    webhooks.enable(subscription=row, at=timezone.now())
    messages.success(request, _("Switched on. What was missed meanwhile is sent first."))
    return redirect(row)


@managing
@require_POST
def disable(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookSubscription, pk=pk)
    webhooks.disable(subscription=row, reason=DisabledReason.BY_STAFF, at=timezone.now())
    messages.success(request, _("Switched off. Nothing is sent until it is switched on again."))
    return redirect(row)


@managing
@require_POST
def ping(request: HttpRequest, pk: int) -> HttpResponse:
    """At once, so that the answer can be told: 15 seconds at most."""
    row = get_object_or_404(WebhookSubscription, pk=pk)
    outcome = delivering.send_ping(subscription=row, at=timezone.now())
    if outcome.is_delivered:
        messages.success(
            request, _("The receiver has answered with %(status)s.") % {"status": outcome.status}
        )
    else:
        why = outcome.trouble.label if outcome.trouble else ""
        text = _("The receiver could not be reached: %(why)s (%(status)s).")
        messages.warning(request, text % {"why": why, "status": outcome.status or "–"})
    return redirect(row)


@managing
@require_POST
def redeliver(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(WebhookDelivery.objects.select_related("subscription"), pk=pk)
    webhooks.redeliver(delivery=row, at=timezone.now())
    messages.success(request, _("The event is sent within a minute."))
    return redirect(row.subscription)

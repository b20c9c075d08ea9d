from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.events.catalogue import type_registry
from apps.gateway.enums import DeliveryState
from apps.gateway.models import WebhookDelivery
from apps.gateway.selectors import STATES

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


def moment(value: Any) -> str:
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")


def _types() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(type_registry)]


class ClientTable(tables.Table):
    """Over `selectors.clients`: no query per row."""

    name = tables.Column(_("Client"), linkify=("gateway:client", [tables.A("pk")]))
    is_active = tables.TemplateColumn(
        verbose_name=_("Status"),
        template_name="gateway/columns/client_state.html",
        order_by=("is_active", "pk"),
    )
    scopes = tables.TemplateColumn(
        verbose_name=_("Rights"), template_name="gateway/columns/scopes.html", orderable=False
    )
    requests_per_minute = tables.Column(_("Requests per minute"), attrs=NUMBER)
    token_count = tables.Column(_("Valid tokens"), attrs=NUMBER)
    last_used_at = tables.Column(_("Last used"))
    webhook_count = tables.TemplateColumn(
        verbose_name=_("Webhooks"),
        template_name="gateway/columns/webhooks.html",
        order_by=("webhook_count", "pk"),
    )

    caption = _("Clients")

    class Meta:
        empty_text = _("No program has access yet.")

    def render_last_used_at(self, value: Any) -> str:
        return moment(value)


class DeliveryFilter(django_filters.FilterSet):
    """Over `selectors.deliveries`."""

    state = django_filters.ChoiceFilter(
        label=_("Status"), choices=DeliveryState.choices, method="filter_state"
    )
    type = django_filters.ChoiceFilter(
        label=_("Type"),
        field_name="event__type",
        choices=_types,
    )
    subject_id = django_filters.CharFilter(label=_("Number of the record"), field_name="event__subject_id")

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(STATES[DeliveryState(value)])


class DeliveryTable(tables.Table):
    """Over `selectors.deliveries`, the newest events first."""

    occurred_at = tables.Column(
        _("When"),
        accessor="event__occurred_at",
        orderable=False,
        linkify=("events:event", [tables.A("event_id")]),
    )
    type = tables.Column(_("Type"), accessor="event__type", orderable=False)
    subject_id = tables.Column(_("Number of the record"), accessor="event__subject_id", orderable=False)
    state = tables.Column(_("Status"), accessor="pk", orderable=False)
    attempts = tables.Column(_("Attempts"), orderable=False, attrs=NUMBER)
    last_attempt_at = tables.Column(_("Last attempt"), orderable=False)
    answer = tables.Column(_("Answer"), accessor="pk", orderable=False)
    next_attempt_at = tables.Column(_("Next attempt"), orderable=False)
    acts = tables.TemplateColumn(
        verbose_name="", template_name="gateway/columns/redeliver.html", orderable=False
    )

    caption = _("Deliveries")

    class Meta:
        empty_text = _("No delivery fits.")

    def render_occurred_at(self, value: Any) -> str:
        return moment(value)

    render_last_attempt_at = render_occurred_at

    def render_next_attempt_at(self, record: WebhookDelivery, value: Any) -> str:
        return "—" if record.delivered_at else moment(value)

    def render_state(self, record: WebhookDelivery) -> str:
        value = {"waiting": "waiting", "retrying": "failed", "delivered": "done"}[record.state]
        return render_to_string("components/state.html", {"value": value, "label": record.state.label})

    def render_answer(self, record: WebhookDelivery) -> str:
        parts = [str(record.last_status or ""), record.get_last_trouble_display()]
        return " ".join(part for part in parts if part) or "—"

"""Lists of events: always the newest first, so that a page is one step along the key."""

from datetime import date, timedelta
from typing import Any

import django_filters
import django_tables2 as tables
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.core.forms import day_input
from apps.core.timeline import start_of
from apps.events.catalogue import subscriber_names, type_registry
from apps.events.models import DomainEvent
from apps.events.selectors import STATES

UNKNOWN = "unknown"  # stands in an address for "nobody knows which subscriber"


def _types() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(type_registry)]


def _subscribers() -> list[tuple[str, Any]]:
    return [*((name, name) for name in subscriber_names()), (UNKNOWN, _("not known"))]


def moment(value: Any) -> str:
    """To the second: events of one minute are many."""
    local = timezone.localtime(value)
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M:%S}"


class EventFilter(django_filters.FilterSet):
    """Over `events.selectors.events`; both days are included. Moments are compared, not days: an index
    knows those."""

    type = django_filters.ChoiceFilter(label=_("Type"), choices=_types)
    subject_id = django_filters.CharFilter(label=_("Number of the record"))
    state = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("waiting", _("waiting")), ("done", _("done")), ("parked", _("parked"))],
        method="filter_state",
    )
    since = django_filters.DateFilter(label=_("From"), method="filter_since", widget=day_input())
    until = django_filters.DateFilter(label=_("Until"), method="filter_until", widget=day_input())

    class Meta:
        model = DomainEvent
        fields: list[str] = []

    def filter_state(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(STATES[value])

    def filter_since(self, queryset: QuerySet, name: str, value: date) -> QuerySet:
        return queryset.filter(occurred_at__gte=start_of(value))

    def filter_until(self, queryset: QuerySet, name: str, value: date) -> QuerySet:
        return queryset.filter(occurred_at__lt=start_of(value + timedelta(days=1)))


class ParkedFilter(django_filters.FilterSet):
    """Over `events.selectors.parked`."""

    subscriber = django_filters.ChoiceFilter(
        label=_("Subscriber"), choices=_subscribers, method="filter_subscriber"
    )
    type = django_filters.ChoiceFilter(label=_("Type"), choices=_types)
    error = django_filters.CharFilter(label=_("Error"), field_name="last_error")
    since = django_filters.DateFilter(label=_("Parked since"), method="filter_since", widget=day_input())

    class Meta:
        model = DomainEvent
        fields: list[str] = []

    def filter_subscriber(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(failed_subscriber="" if value == UNKNOWN else value)

    def filter_since(self, queryset: QuerySet, name: str, value: date) -> QuerySet:
        return queryset.filter(parked_at__gte=start_of(value))


class EventTable(tables.Table):
    occurred_at = tables.Column(_("When"), orderable=False, linkify=("events:event", [tables.A("pk")]))
    type = tables.Column(_("Type"), orderable=False)
    subject_id = tables.Column(_("Number of the record"), orderable=False)
    state = tables.Column(_("Status"), orderable=False, accessor="pk")
    attempts = tables.Column(_("Attempts"), orderable=False, attrs={"td": {"class": "num"}})

    caption = _("Events")

    class Meta:
        empty_text = _("No event fits.")

    def render_occurred_at(self, value: Any) -> str:
        return moment(value)

    def render_state(self, record: DomainEvent) -> str:
        return state_badge(record)


class ParkedTable(tables.Table):
    parked_at = tables.Column(_("Parked"), orderable=False, linkify=("events:event", [tables.A("pk")]))
    type = tables.Column(_("Type"), orderable=False)
    subject_id = tables.Column(_("Number of the record"), orderable=False)
    failed_subscriber = tables.Column(_("Subscriber"), orderable=False, empty_values=())
    last_error = tables.Column(_("Error"), orderable=False)
    error_place = tables.Column(_("Place of the error"), orderable=False)
    acts = tables.TemplateColumn(
        verbose_name="", template_name="events/columns/redrive.html", orderable=False
    )

    caption = _("Parked events")

    class Meta:
        empty_text = _("Nothing is parked.")

    def render_parked_at(self, value: Any) -> str:
        return moment(value)

    def render_failed_subscriber(self, value: str) -> str:
        return value or _now("not known")


def state_badge(event: DomainEvent) -> str:
    value = "parked" if event.parked_at else "done" if event.dispatched_at else "waiting"
    labels = {"parked": _now("parked"), "done": _now("done"), "waiting": _now("waiting")}
    return render_to_string("components/state.html", {"value": value, "label": labels[value]})

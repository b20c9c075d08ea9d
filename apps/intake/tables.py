from datetime import datetime
from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.intake.models import Registration


class RegistrationTable(tables.Table):
    """Over `selectors.registrations`: no query per row."""

    applicant = tables.Column(gettext_lazy("Name"), orderable=False, empty_values=())
    received_at = tables.Column(gettext_lazy("Received"), order_by=("received_at", "pk"))
    source = tables.Column(gettext_lazy("From"), orderable=False)
    status = tables.Column(gettext_lazy("Status"), order_by=("status", "received_at", "pk"))
    problems = tables.Column(gettext_lazy("To mend"), orderable=False, empty_values=())

    caption = gettext_lazy("Registrations")

    class Meta:
        empty_text = gettext_lazy("No registration waits here.")

    def render_applicant(self, record: Registration) -> str:
        name = record.applicant or _("the content was deleted")
        return format_html(
            '<a href="{}">{}</a> <small class="muted">#{}</small>', record.get_absolute_url(), name, record.pk
        )

    def render_received_at(self, value: datetime) -> str:
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")

    def render_status(self, record: Registration) -> str:
        label = record.get_status_display()
        return render_to_string("components/state.html", {"value": record.status, "label": label})

    def render_problems(self, value: list[Any]) -> str:
        if not value:
            return "—"
        return ngettext("%(count)s field", "%(count)s fields", len(value)) % {"count": len(value)}

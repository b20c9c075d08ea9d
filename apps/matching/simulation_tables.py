from datetime import datetime

import django_tables2 as tables
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.matching.models import SimulationRun

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


class SimulationTable(tables.Table):
    """Over `simulations.run_list`: no query per row."""

    created_at = tables.Column(
        _("Started"), order_by=("pk",), linkify=lambda record: record.get_absolute_url()
    )
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="matching/columns/state.html", order_by=("status", "pk")
    )
    progress_percent = tables.Column(_("Progress"), order_by=("progress_percent", "pk"), attrs=NUMBER)
    is_own_world = tables.Column(_("Starts with"), order_by=("is_own_world", "pk"))
    weeks = tables.Column(_("Weeks"), accessor="asked__weeks", orderable=False, attrs=NUMBER)
    contacts = tables.Column(
        _("Contacts per week"), accessor="asked__contacts_per_week", orderable=False, attrs=NUMBER
    )
    created_by = tables.Column(
        _("Started by"), order_by=("created_by__last_name", "created_by__first_name", "pk")
    )

    caption = _("Simulations")

    class Meta:
        empty_text = _("No simulation fits. “New simulation” tries out your figures; no record is touched.")

    def render_created_at(self, value: datetime) -> str:
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")

    def render_progress_percent(self, value: int) -> str:
        return f"{value} %"

    def render_is_own_world(self, value: bool) -> str:
        return str(_("our own records") if value else _("invented world"))

    def render_created_by(self, record: SimulationRun) -> str:
        return record.created_by.display_name if record.created_by else ""

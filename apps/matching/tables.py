from datetime import date, datetime
from typing import Any

import django_tables2 as tables
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from apps.core.templatetags.ui import duration
from apps.matching.models import Inquiry, PlacementSearch, Round

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


def local_day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


class SearchTable(tables.Table):
    """Over `lists.search_list`: no query per row. Every order ends with the key, so pages do not overlap."""

    patient = tables.TemplateColumn(
        verbose_name=_("Patient"),
        template_name="matching/columns/patient.html",
        order_by=("patient__last_name", "patient__first_name", "pk"),
    )
    place = tables.Column(
        _("Place"), accessor="patient__plz", order_by=("patient__plz", "pk"), empty_values=()
    )
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="matching/columns/state.html", order_by=("status", "pk")
    )
    started_on = tables.Column(_("Waiting since"), order_by=("started_on", "pk"))
    waiting = tables.Column(
        _("Waiting for"), accessor="started_on", order_by=("-started_on", "pk"), attrs=NUMBER
    )
    open_requests = tables.Column(_("Open requests"), order_by=("open_requests", "pk"), attrs=NUMBER)
    last_request_at = tables.Column(_("Last contact"), order_by=("last_request_at", "pk"))

    caption = _("Searches")

    class Meta:
        empty_text = _("No search fits. Change the filter, or open a search on the page of a patient.")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def render_place(self, record: PlacementSearch) -> str:
        return f"{record.patient.plz} {record.patient.city}"

    def render_started_on(self, value: date) -> str:
        return date_format(value, "SHORT_DATE_FORMAT")

    def render_waiting(self, record: PlacementSearch) -> str:
        """Until the end of the search, where it has one."""
        return duration(((record.ended_on or self.today) - record.started_on).days)

    def render_last_request_at(self, value: Any) -> str:
        return local_day(value)


class InquiryTable(tables.Table):
    """Over `lists.inquiry_list`."""

    reference = tables.Column(
        _("Reference"), order_by=("pk",), linkify=lambda record: record.get_absolute_url()
    )
    therapist = tables.Column(
        _("Therapist"), order_by=("therapist__last_name", "therapist__first_name", "pk"), linkify=True
    )
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="matching/columns/state.html", order_by=("status", "pk")
    )
    channel = tables.Column(_("Channel"), order_by=("channel", "pk"))
    answered_count = tables.Column(_("Answered"), order_by=("answered_count", "pk"), attrs=NUMBER)
    accepted_count = tables.Column(_("Accepted"), order_by=("accepted_count", "pk"), attrs=NUMBER)
    last_contact_at = tables.Column(_("Last contact"), order_by=("last_contact_at", "pk"))

    caption = _("Inquiries")

    class Meta:
        empty_text = _("No inquiry fits. Plan a round, or add a request on the page of a search.")

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def render_answered_count(self, record: Any) -> str:
        """ "1 of 3": requests with an answer among all of the inquiry."""
        return f"{record.answered_count} " + _("of %(total)s") % {"total": record.request_count}

    def render_channel(self, record: Inquiry) -> str:
        return record.get_channel_display()

    def render_last_contact_at(self, value: Any) -> str:
        return local_day(value)


class RoundTable(tables.Table):
    """Over `lists.round_list`."""

    planned_for = tables.Column(
        _("Planned for"), order_by=("pk",), linkify=lambda record: record.get_absolute_url()
    )
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="matching/columns/state.html", orderable=False
    )
    inquiry_count = tables.Column(_("Inquiries"), orderable=False, attrs=NUMBER)
    request_count = tables.Column(_("Requests"), orderable=False, attrs=NUMBER)
    searches_count = tables.Column(_("Searches"), orderable=False, attrs=NUMBER)
    candidates_count = tables.Column(_("Candidates"), orderable=False, attrs=NUMBER)
    created_by = tables.Column(_("Planned by"), orderable=False)

    caption = _("Rounds")

    class Meta:
        empty_text = _("No round has been planned yet. “Plan a round” proposes the contacts of this week.")

    def render_planned_for(self, record: Round) -> str:
        return date_format(record.planned_for, "SHORT_DATE_FORMAT")

    def render_created_by(self, record: Round) -> str:
        return record.created_by.display_name if record.created_by else ""

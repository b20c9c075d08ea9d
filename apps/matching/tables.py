from datetime import date, datetime
from functools import cached_property
from typing import Any

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_tables2.data import TableQuerysetData

from apps.core.templatetags.ui import duration
from apps.matching.models import Inquiry, PlacementSearch, Round
from apps.matching.selectors.lists import with_candidate_count
from apps.matching.selectors.overview import Outlook

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


def local_day(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


def state_badge(row: Any) -> SafeString:
    """A cell of `components/state.html`. A template column would work out the navigation for every cell."""
    values = {"value": row.status, "label": row.get_status_display()}
    return render_to_string("components/state.html", values)


class PageFirst(TableQuerysetData):
    """Finds the rows of the page first: else figures would be worked out for all rows before it as well."""

    def __init__(self, data: QuerySet[Any]) -> None:
        super().__init__(data)
        self._rows = data.order_by()

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice):
            return super().__getitem__(key)
        ids = list(self.data.values_list("pk", flat=True)[key])
        rows = self._rows.in_bulk(ids)
        return [rows[pk] for pk in ids if pk in rows]


class SearchTable(tables.Table):
    """Over `lists.search_list`: no query per row. Every order ends with the key, so pages do not overlap."""

    patient = tables.Column(
        _("Patient"), order_by=("patient__last_name", "patient__first_name", "pk"), empty_values=()
    )
    place = tables.Column(
        _("Place"), accessor="patient__plz", order_by=("patient__plz", "pk"), empty_values=()
    )
    status = tables.Column(_("Status"), order_by=("status", "pk"))
    started_on = tables.Column(_("Waiting since"), order_by=("started_on", "pk"))
    waiting = tables.Column(
        _("Waiting for"), accessor="started_on", order_by=("-started_on", "pk"), attrs=NUMBER
    )
    candidates = tables.Column(_("Candidates"), accessor="pk", empty_values=(), attrs=NUMBER)
    open_requests = tables.Column(_("Open requests"), order_by=("open_requests", "pk"), attrs=NUMBER)
    last_request_at = tables.Column(_("Last contact"), order_by=("last_request_at", "pk"))

    caption = _("Searches")

    class Meta:
        empty_text = _("No search fits. Change the filter, or open a search on the page of a patient.")

    def __init__(
        self, searches: QuerySet[PlacementSearch], *, today: date, outlook: Outlook, **kwargs: Any
    ) -> None:
        self.today, self.outlook = today, outlook
        super().__init__(PageFirst(searches), **kwargs)

    @cached_property
    def _blocked_by(self) -> dict[int, str | Promise]:
        """Worked out for the rows of the page at once."""
        return self.outlook.blocked_by([row.record.pk for row in self.paginated_rows])

    def order_candidates(
        self, searches: QuerySet[PlacementSearch], is_descending: bool
    ) -> tuple[QuerySet[PlacementSearch], bool]:
        """Searches nobody plans for have no number and come last."""
        counted = with_candidate_count(searches, self.outlook.counts)
        column = F("candidate_count")
        order = column.desc(nulls_last=True) if is_descending else column.asc(nulls_last=True)
        return counted.order_by(order, "started_on", "pk"), True

    def render_patient(self, record: PlacementSearch) -> SafeString:
        return format_html(
            '<a href="{}">{}</a> <span class="muted nowrap">{}</span>',
            *(record.get_absolute_url(), record.patient, record.patient.case_code),
        )

    def render_status(self, record: PlacementSearch) -> SafeString:
        return state_badge(record)

    def render_candidates(self, record: PlacementSearch) -> SafeString | str:
        """The number, and the wish that blocks where there is nobody."""
        count = self.outlook.candidate_count(record.pk)
        if count is None:
            return "—"
        blocked_by = self._blocked_by.get(record.pk)
        if not blocked_by:
            return str(count)
        return format_html('{}<div class="muted small text-wrap">{}</div>', count, blocked_by)

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
    status = tables.Column(_("Status"), order_by=("status", "pk"))
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

    def render_status(self, record: Inquiry) -> SafeString:
        return state_badge(record)

    def render_channel(self, record: Inquiry) -> str:
        return record.get_channel_display()

    def render_last_contact_at(self, value: Any) -> str:
        return local_day(value)


class RoundTable(tables.Table):
    """Over `lists.round_list`."""

    planned_for = tables.Column(
        _("Planned for"), order_by=("pk",), linkify=lambda record: record.get_absolute_url()
    )
    status = tables.Column(_("Status"), orderable=False)
    inquiry_count = tables.Column(_("Inquiries"), orderable=False, attrs=NUMBER)
    request_count = tables.Column(_("Requests"), orderable=False, attrs=NUMBER)
    searches_count = tables.Column(_("Searches"), orderable=False, attrs=NUMBER)
    candidates_count = tables.Column(_("Candidates"), orderable=False, attrs=NUMBER)
    created_by = tables.Column(_("Planned by"), orderable=False)

    caption = _("Rounds")

    class Meta:
        empty_text = _("No round has been planned yet. “Plan a round” proposes the contacts of this week.")

    def render_status(self, record: Round) -> SafeString:
        return state_badge(record)

    def render_planned_for(self, record: Round) -> str:
        return date_format(record.planned_for, "SHORT_DATE_FORMAT")

    def render_created_by(self, record: Round) -> str:
        return record.created_by.display_name if record.created_by else ""

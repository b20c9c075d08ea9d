from datetime import date
from typing import Any

import django_tables2 as tables
from django.contrib.humanize.templatetags.humanize import intcomma
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.scraping.models import DirectoryRecord, ImportRun, RunProblem
from apps.scraping.selectors.sources import is_stale

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}
BY_NAME = ("last_name", "first_name", "pk")


class RunTable(tables.Table):
    """Over runs with their source and who started them: no query per row."""

    id = tables.Column(_("Run"), order_by=("pk",))
    source = tables.Column(_("Source"), order_by=("source__name", "pk"))
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="scraping/columns/run_state.html", order_by=("status", "pk")
    )
    fetched_on = tables.Column(_("As of"), order_by=("fetched_on", "pk"))
    seen = tables.Column(_("Seen"), order_by=("seen", "pk"), attrs=NUMBER)
    new = tables.Column(_("New"), order_by=("new", "pk"), attrs=NUMBER)
    changed = tables.Column(_("Changed"), order_by=("changed", "pk"), attrs=NUMBER)
    unchanged = tables.Column(_("Unchanged"), order_by=("unchanged", "pk"), attrs=NUMBER)
    rejected = tables.Column(_("Rejected"), order_by=("rejected", "pk"), attrs=NUMBER)
    failed = tables.Column(_("Failed"), order_by=("failed", "pk"), attrs=NUMBER)
    vanished = tables.Column(_("Vanished"), order_by=("vanished", "pk"), attrs=NUMBER)

    caption = _("Runs")

    class Meta:
        empty_text = _("No run yet. Upload a file of a source, or have it fetched.")

    def render_id(self, record: ImportRun) -> str:
        moment = date_format(timezone.localtime(record.created_at), "SHORT_DATETIME_FORMAT")
        return format_html(
            '<a href="{}">#{}</a> <small class="muted">{}</small>',
            record.get_absolute_url(),
            record.pk,
            moment,
        )

    def render_fetched_on(self, value: date) -> str:
        return date_format(value, "SHORT_DATE_FORMAT")

    def render_seen(self, value: int) -> str:
        return intcomma(value)

    render_new = render_changed = render_unchanged = render_rejected = render_failed = render_vanished = (
        render_seen
    )


class ProblemTable(tables.Table):
    kind = tables.Column(_("Kind"), orderable=False)
    where = tables.Column(_("Where"), orderable=False)
    reason = tables.Column(_("Reason"), orderable=False)
    payload = tables.Column(_("As it came"), orderable=False)

    caption = _("Problems")

    class Meta:
        empty_text = _("Every entry became a record.")

    def render_payload(self, record: RunProblem) -> str:
        return render_to_string("scraping/columns/payload.html", {"payload": record.payload})


class RecordTable(tables.Table):
    """Over `review.waiting_records`. Links carry the filter: a decision leads to the next record of it."""

    name = tables.Column(_("Name"), accessor="pk", order_by=BY_NAME)
    place = tables.Column(_("Place"), accessor="pk", order_by=("plz", *BY_NAME))
    standing = tables.TemplateColumn(
        verbose_name=_("State"),
        template_name="scraping/columns/standing.html",
        order_by=("standing", *BY_NAME),
    )
    source = tables.Column(_("Source"), order_by=("source__name", *BY_NAME))
    doubts = tables.Column(_("Something to look at"), orderable=False)
    seen = tables.Column(_("Seen on"), accessor="sighting__on", order_by=("sighting__on", "pk"))

    caption = _("Records to review")

    class Meta:
        empty_text = _("Nothing waits for review here.")

    def __init__(self, *args: Any, today: date, queue: str, **kwargs: Any) -> None:
        self.today, self.queue = today, queue
        super().__init__(*args, **kwargs)

    def render_name(self, record: DirectoryRecord) -> str:
        context = {"record": record, "queue": self.queue}
        return render_to_string("scraping/columns/record_name.html", context)

    def render_place(self, record: DirectoryRecord) -> str:
        return ", ".join(filter(None, (f"{record.plz} {record.city}".strip(), record.street)))

    def render_doubts(self, value: list[str]) -> str:
        return render_to_string("scraping/columns/doubts.html", {"doubts": value})

    def render_seen(self, record: DirectoryRecord, value: date) -> str:
        context = {
            "day": value,
            "is_stale": is_stale(source=record.source, fetched_on=value, today=self.today),
        }
        return render_to_string("scraping/columns/seen.html", context)


class VanishedTable(tables.Table):
    """Over `review.vanished_records`."""

    therapist = tables.Column(
        _("Therapist"),
        linkify=lambda record: record.therapist.get_absolute_url(),
        order_by=("therapist__last_name", "therapist__first_name", "pk"),
    )
    status = tables.TemplateColumn(
        verbose_name=_("Status"),
        template_name="scraping/columns/therapist_state.html",
        order_by=("therapist__status", "pk"),
    )
    place = tables.Column(_("Place at the source"), accessor="pk", order_by=("plz", *BY_NAME))
    source = tables.Column(_("Source"), order_by=("source__name", "pk"))
    seen = tables.Column(_("Seen last"), accessor="sighting__on", order_by=("sighting__on", "pk"))
    vanished_on = tables.Column(_("Missing since"), order_by=("vanished_on", "pk"))

    caption = _("Vanished")

    class Meta:
        empty_text = _("Nobody has vanished: every known therapist is still shown by a source.")

    def render_place(self, record: DirectoryRecord) -> str:
        place = ", ".join(filter(None, (record.street, f"{record.plz} {record.city}".strip())))
        return format_html('<a href="{}">{}</a>', reverse("scraping:record", args=[record.pk]), place)

    def render_seen(self, value: date) -> str:
        return date_format(value, "SHORT_DATE_FORMAT")

    render_vanished_on = render_seen

from typing import Any

import django_tables2 as tables
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.geocoding.models import GeocodingJob
from apps.geocoding.services.lookup import sentence
from apps.geocoding.targets import Spot


class PlacesTable(tables.Table):
    """Over `overview.jobs`; the view gives `spots`, the records of the page's rows."""

    record = tables.Column(_("Address of"), accessor="pk", orderable=False)
    address = tables.Column(_("Address"), accessor="pk", orderable=False)
    outcome = tables.TemplateColumn(
        verbose_name=_("Outcome"),
        template_name="geocoding/columns/outcome.html",
        order_by=("precision", "pk"),
    )
    reason = tables.Column(_("Reason"), order_by=("reason", "pk"), empty_values=())
    tried_at = tables.Column(_("Last attempt"), order_by=("tried_at", "pk"))
    acts = tables.Column("", accessor="pk", orderable=False)

    caption = _("Places")

    class Meta:
        empty_text = _("Nothing here. Every address of this kind is dealt with.")

    spots: dict[tuple[str, int], Spot]
    request: HttpRequest

    def spot(self, job: GeocodingJob) -> Spot | None:
        return self.spots.get((job.kind, job.object_id))

    def render_address(self, record: GeocodingJob) -> str:
        """Of a patient PLZ and town: a list tells no street."""
        spot = self.spot(record)
        if spot is None:
            return "—"
        town = f"{spot.address.plz} {spot.address.city}".strip()
        if spot.address.is_private or not spot.address.street:
            return town or "—"
        return f"{spot.address.street}, {town}"

    def render_reason(self, record: GeocodingJob) -> str:
        return sentence(record.reason, record.distance_km)

    def render_tried_at(self, value: Any) -> str:
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")

    def render_record(self, record: GeocodingJob) -> str:
        spot = self.spot(record)
        if spot is None:
            return _now("The record is gone.")
        return format_html('<a href="{}">{}</a>', spot.url, spot.title) if spot.url else spot.title

    def render_acts(self, record: GeocodingJob) -> str:
        if self.spot(record) is None:
            return ""
        return render_to_string("geocoding/columns/acts.html", {"record": record}, request=self.request)

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from apps.communication.models import InboundMessage


class InboundTable(tables.Table):
    """Over `tray.messages`: no query per row; every order ends with the key."""

    received_at = tables.Column(_("Received"), order_by=("received_at", "pk"))
    subject = tables.Column(
        _("Subject"),
        orderable=False,
        empty_values=(),
        linkify=lambda record: reverse("matching:inbound", args=[record.pk]),
    )
    from_email = tables.Column(_("Sender"), order_by=("from_email", "pk"), empty_values=())
    person = tables.Column(_("Recognised as"), orderable=False, empty_values=())
    kind = tables.Column(_("Kind"), order_by=("kind", "pk"))
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="communication/columns/state.html", order_by=("status", "pk")
    )

    caption = _("Incoming messages")

    class Meta:
        empty_text = _("Nothing here.")

    def render_received_at(self, value: Any) -> str:
        return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")

    def render_subject(self, record: InboundMessage) -> str:
        return record.subject or _now("(no subject)")

    def render_from_email(self, record: InboundMessage) -> str:
        return record.from_name or record.from_email or "—"

    def render_person(self, record: InboundMessage) -> str:
        """Patients by their case code: a list shows no names that no page has noted the look at."""
        if record.therapist is not None:
            return str(record.therapist)
        return record.patient.case_code if record.patient is not None else ""

    def render_kind(self, record: InboundMessage) -> str:
        return record.get_kind_display()

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from apps.communication.models import EmailMessage, PhoneCall, UndeliverableAddress
from apps.core.templatetags.ui import phone
from apps.patients.models import Patient

NUMBER = {"td": {"class": "num"}, "th": {"class": "num"}}


def _moment(value: Any) -> str:
    return date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")


class EmailTable(tables.Table):
    """Over `selectors.email_list`: no query per row; every order ends with the key."""

    subject = tables.Column(
        _("Subject"),
        order_by=("subject", "pk"),
        linkify=lambda record: reverse("communication:email", args=[record.pk]),
    )
    to_name = tables.Column(_("To"), order_by=("to_name", "to_email", "pk"), empty_values=())
    kind = tables.Column(_("Letter"), order_by=("kind", "pk"))
    status = tables.TemplateColumn(
        verbose_name=_("Status"), template_name="communication/columns/state.html", order_by=("status", "pk")
    )
    created_at = tables.Column(_("Queued"), order_by=("pk",))
    sent_at = tables.Column(_("Sent"), order_by=("sent_at", "pk"))

    caption = _("E-mails")

    class Meta:
        empty_text = _("No e-mail fits. E-mails are written when an inquiry is released.")

    def render_to_name(self, record: EmailMessage) -> str:
        return f"{record.to_name} <{record.to_email}>" if record.to_name else record.to_email

    def render_kind(self, record: EmailMessage) -> str:
        return record.get_kind_display()

    def render_created_at(self, value: Any) -> str:
        return _moment(value)

    def render_sent_at(self, value: Any) -> str:
        return _moment(value)


class MarkedAddressTable(tables.Table):
    """Over `selectors.marked_addresses`."""

    address = tables.Column(_("Address"), order_by=("address", "pk"))
    whose = tables.Column(_("Of"), accessor="email", orderable=False, empty_values=())
    since = tables.Column(_("Since"), order_by=("since", "pk"))
    reply = tables.Column(_("Answer of the mail server"), orderable=False)
    clear = tables.TemplateColumn(
        verbose_name="", template_name="communication/columns/clear_address.html", orderable=False
    )

    caption = _("Addresses that do not work")

    class Meta:
        empty_text = _("All addresses work as far as we know.")

    def render_whose(self, record: UndeliverableAddress) -> Any:
        person = record.email and (record.email.therapist or record.email.patient)
        if not person:
            return ""
        name = person.case_code if isinstance(person, Patient) else str(person)
        return format_html('<a href="{}">{}</a>', person.get_absolute_url(), name)

    def render_since(self, value: Any) -> str:
        return _moment(value)


class MadeCallTable(tables.Table):
    """Over `selectors.made_calls`."""

    done_at = tables.Column(
        _("Made"),
        order_by=("done_at", "pk"),
        linkify=lambda record: reverse("matching:call", args=[record.pk]),
    )
    therapist = tables.Column(
        _("Therapist"), order_by=("therapist__last_name", "therapist__first_name", "pk"), linkify=True
    )
    phone = tables.Column(_("Phone"), orderable=False)
    purpose = tables.Column(_("Purpose"), order_by=("purpose", "pk"))
    outcome = tables.Column(_("Outcome"), order_by=("outcome", "pk"))
    attempt = tables.Column(_("Attempt"), order_by=("attempt", "pk"), attrs=NUMBER)
    coordinator = tables.Column(_("By"), order_by=("coordinator__last_name", "pk"))

    caption = _("Calls made")

    class Meta:
        empty_text = _("No call has been made yet.")

    def render_done_at(self, value: Any) -> str:
        return _moment(value)

    def render_phone(self, value: str) -> str:
        return phone(value)

    def render_purpose(self, record: PhoneCall) -> str:
        return record.get_purpose_display()

    def render_outcome(self, record: PhoneCall) -> str:
        return record.get_outcome_display()

    def render_coordinator(self, record: PhoneCall) -> str:
        return record.coordinator.display_name if record.coordinator else ""

from datetime import date
from typing import Any

import django_tables2 as tables
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.core.parameters import Parameters
from apps.core.templatetags.ui import days_ago
from apps.patients.enums import PatientStatus
from apps.patients.models import Patient
from apps.patients.selectors import missing_prerequisites

BY_NAME = ("last_name", "first_name", "pk")
MOST_NAMED = 2
WHOLE = {"td": {"class": "text-nowrap"}}


class PatientTable(tables.Table):
    """Over `selectors.patient_list`: no query per row. Every order ends with the key: no page overlaps."""

    name = tables.Column(
        gettext_lazy("Name"),
        accessor="pk",
        order_by=BY_NAME,
        linkify=lambda record: record.get_absolute_url(),
    )
    case_code = tables.Column(gettext_lazy("Case code"), attrs=WHOLE)
    status = tables.Column(gettext_lazy("Status"), order_by=("status", *BY_NAME))
    place = tables.Column(
        gettext_lazy("Place"),
        accessor="plz",
        order_by=("plz", "city", *BY_NAME),
        empty_values=(),
        attrs=WHOLE,
    )
    insurance = tables.Column(
        gettext_lazy("Insurance"),
        accessor="insurance_kind",
        order_by=("insurance_kind", *BY_NAME),
        attrs=WHOLE,
    )
    waiting = tables.Column(
        gettext_lazy("Waiting for"),
        accessor="started_on",
        order_by=("started_on", "pk"),
        attrs={"td": {"class": "num text-nowrap"}, "th": {"class": "num"}},
    )
    prerequisites = tables.Column(
        gettext_lazy("Prerequisites"), accessor="pk", orderable=False, empty_values=()
    )

    caption = gettext_lazy("Patients")

    class Meta:
        empty_text = gettext_lazy("No patient fits. Change the filter or register somebody new.")

    def __init__(self, *args: Any, today: date, parameters: Parameters, **kwargs: Any) -> None:
        self.today, self.parameters = today, parameters
        super().__init__(*args, **kwargs)

    def render_name(self, record: Patient) -> str:
        return str(record)

    def render_status(self, record: Patient) -> str:
        label = record.get_status_display()
        return render_to_string("components/state.html", {"value": record.status, "label": label})

    def render_place(self, record: Patient) -> str:
        return f"{record.plz} {record.city}".strip() or "—"

    def render_insurance(self, record: Patient) -> str:
        return record.get_insurance_kind_display()

    def render_waiting(self, record: Patient) -> str:
        """Only who is searching waits."""
        return days_ago(record.started_on, self.today) if record.status == PatientStatus.SEARCHING else "—"

    def render_prerequisites(self, record: Patient) -> str:
        return missing_text(record, self.today, self.parameters)


def missing_text(patient: Patient, today: date, parameters: Parameters) -> str:
    """ "complete", what is missing by name, or how many things are."""
    rows = missing_prerequisites(patient=patient, today=today, parameters=parameters)
    labels = [str(row.label) for row in rows if row.is_blocking]
    if not labels:
        return _("complete")
    if len(labels) > MOST_NAMED:
        return ngettext("%(count)s missing", "%(count)s missing", len(labels)) % {"count": len(labels)}
    return _("missing: %(labels)s") % {"labels": ", ".join(labels)}

"""What every page of one patient begins with."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.core.audit import record_access
from apps.patients.models import Patient
from apps.patients.selectors import age_on

TABS = (
    ("detail", _("Overview")),
    ("clinical", _("Clinical facts")),
    ("wishes", _("Wishes and hours")),
    ("consents", _("Consents")),
    ("history", _("History")),
)


@dataclass(frozen=True)
class Tab:
    url: str
    label: str | Promise
    is_current: bool


def opened(request: HttpRequest, pk: int) -> Patient:
    """The patient, with an entry in the log of accesses under the name of the page."""
    patient = get_object_or_404(Patient.objects.select_related("insurer"), pk=pk)
    log_access(request, patient)
    return patient


def log_access(request: HttpRequest, patient: Patient) -> None:
    assert request.resolver_match is not None  # a view runs only after its URL was resolved
    purpose = request.resolver_match.view_name
    record_access(actor=request.user, patient_id=patient.pk, purpose=purpose, at=timezone.now())


def page_context(patient: Patient, current: str, **extra: Any) -> dict[str, Any]:
    """Header and tab bar of templates/patients/base.html; pages of other apps about a patient may use it."""
    today = timezone.localdate()
    tabs = [
        Tab(reverse(f"patients:{name}", args=[patient.pk]), label, name == current) for name, label in TABS
    ]
    age = age_on(patient.birth_date, today)
    return {"patient": patient, "today": today, "age": age, "tabs": tabs, **extra}

"""What the list of patients can be narrowed down by. Used by the page and by its export alike."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from apps.patients import selectors
from apps.patients.enums import InsuranceKind, PatientStatus
from apps.patients.models import Patient

COMPLETE, MISSING = "complete", "missing"


class PatientFilter(django_filters.FilterSet):
    """Over `selectors.patient_list`. The prerequisites come last: they are worked out row by row."""

    q = django_filters.CharFilter(label=_("Name, case code, PLZ or town"), method="filter_text")
    status = django_filters.ChoiceFilter(label=_("Status"), choices=PatientStatus.choices)
    insurance_kind = django_filters.ChoiceFilter(label=_("Insurance"), choices=InsuranceKind.choices)
    prerequisites = django_filters.ChoiceFilter(
        label=_("Prerequisites"),
        choices=[(COMPLETE, _("complete")), (MISSING, _("something is missing"))],
        method="filter_prerequisites",
    )

    class Meta:
        model = Patient
        fields: list[str] = []

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def filter_text(self, queryset: QuerySet[Patient], name: str, value: str) -> QuerySet[Patient]:
        return selectors.find(text=value, patients=queryset)

    def filter_prerequisites(self, queryset: QuerySet[Patient], name: str, value: str) -> QuerySet[Patient]:
        ready = selectors.ready_ids(patients=queryset, today=self.today)
        return queryset.filter(pk__in=ready) if value == COMPLETE else queryset.exclude(pk__in=ready)

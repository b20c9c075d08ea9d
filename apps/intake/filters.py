"""What the list of registrations can be narrowed down by."""

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from apps.intake.enums import OPEN, RegistrationStatus
from apps.intake.models import Registration

ALL = "all"
STATUSES = [*RegistrationStatus.choices, (ALL, pgettext_lazy("registrations", "all"))]
PROBLEMS = [("with", _("something to mend")), ("without", _("nothing to mend"))]
CONFIRMED = [("yes", _("confirmed")), ("no", _("not confirmed"))]
AGES = [("1", _("a day or longer")), ("3", _("three days or longer")), ("7", _("a week or longer"))]


class RegistrationFilter(django_filters.FilterSet):
    """Over `selectors.registrations`; without another word those that wait."""

    status = django_filters.ChoiceFilter(
        label=_("Status"), choices=STATUSES, empty_label=_("waiting"), method="keep"
    )
    problems = django_filters.ChoiceFilter(label=_("Problems"), choices=PROBLEMS, method="filter_problems")
    confirmed = django_filters.ChoiceFilter(label=_("E-mail"), choices=CONFIRMED, method="filter_confirmed")
    age = django_filters.ChoiceFilter(label=_("Waiting for"), choices=AGES, method="filter_age")

    class Meta:
        model = Registration
        fields: list[str] = []

    def __init__(self, *args: Any, at: datetime, **kwargs: Any) -> None:
        self.at = at
        super().__init__(*args, **kwargs)

    def filter_queryset(self, queryset: QuerySet[Registration]) -> QuerySet[Registration]:
        rows = super().filter_queryset(queryset)
        status = self.form.cleaned_data.get("status")
        if status == ALL:
            return rows
        return rows.filter(status__in=[status] if status else OPEN)

    def keep(self, queryset: QuerySet[Registration], name: str, value: str) -> QuerySet[Registration]:
        """Seen to in `filter_queryset`, which also holds where nothing is chosen."""
        return queryset

    def filter_problems(
        self, queryset: QuerySet[Registration], name: str, value: str
    ) -> QuerySet[Registration]:
        return queryset.filter(problems=[]) if value == "without" else queryset.exclude(problems=[])

    def filter_confirmed(
        self, queryset: QuerySet[Registration], name: str, value: str
    ) -> QuerySet[Registration]:
        return queryset.filter(email_confirmed_at__isnull=value == "no")

    def filter_age(self, queryset: QuerySet[Registration], name: str, value: str) -> QuerySet[Registration]:
        return queryset.filter(received_at__lte=self.at - timedelta(days=int(value)))

"""What the list of therapists can be narrowed down by. Used by the page and by its export alike."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.core.enums import Language, Method
from apps.therapists.enums import AgeGroup, ReviewStatus, Seat, Setting, TherapistStatus
from apps.therapists.models import Approval, Therapist
from apps.therapists.selectors import CONTACT_STATES, in_contact_state, matching_text

FREE = {
    "individual": Q(free_individual_from__isnull=False),
    "group": Q(free_group_from__isnull=False),
    "possibly": Q(is_possibly_free=True),
}
FREE_CHOICES = [
    ("individual", _("individual place")),
    ("group", _("group place")),
    ("possibly", _("possibly has places")),
]
APPROVAL_FIELDS = ("method", "age_group", "setting")


class TherapistFilter(django_filters.FilterSet):
    """Over `selectors.therapist_list`. Method, age group and setting must be met by one approval."""

    q = django_filters.CharFilter(label=_("Name, practice, PLZ or town"), method="filter_text")
    method = django_filters.ChoiceFilter(label=_("Method"), choices=Method.choices, method="keep")
    age_group = django_filters.ChoiceFilter(label=_("Age group"), choices=AgeGroup.choices, method="keep")
    setting = django_filters.ChoiceFilter(label=_("Setting"), choices=Setting.choices, method="keep")
    seat = django_filters.ChoiceFilter(label=_("Seat"), choices=Seat.choices)
    language = django_filters.ChoiceFilter(
        label=_("Language"), choices=Language.choices, method="filter_language"
    )
    free = django_filters.ChoiceFilter(label=_("Free places"), choices=FREE_CHOICES, method="filter_free")
    contact = django_filters.ChoiceFilter(
        label=_("Contact"), choices=list(CONTACT_STATES.items()), method="filter_contact"
    )
    status = django_filters.ChoiceFilter(label=_("Status"), choices=TherapistStatus.choices)
    review_status = django_filters.ChoiceFilter(label=_("Review"), choices=ReviewStatus.choices)

    class Meta:
        model = Therapist
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Therapist]) -> QuerySet[Therapist]:
        queryset = super().filter_queryset(queryset)
        wanted = {name: value for name in APPROVAL_FIELDS if (value := self.form.cleaned_data.get(name))}
        if not wanted:
            return queryset
        return queryset.filter(Exists(Approval.objects.filter(therapist=OuterRef("pk"), **wanted)))

    def keep(self, queryset: QuerySet[Therapist], name: str, value: Any) -> QuerySet[Therapist]:
        """Nothing yet: approvals are filtered together in `filter_queryset`."""
        return queryset

    def filter_text(self, queryset: QuerySet[Therapist], name: str, value: str) -> QuerySet[Therapist]:
        return matching_text(queryset, value)

    def filter_language(self, queryset: QuerySet[Therapist], name: str, value: str) -> QuerySet[Therapist]:
        """No language recorded means German."""
        spoken = Q(languages__contains=[value])
        return queryset.filter(spoken | Q(languages=[]) if value == Language.DE else spoken)

    def filter_free(self, queryset: QuerySet[Therapist], name: str, value: str) -> QuerySet[Therapist]:
        return queryset.filter(FREE[value])

    def filter_contact(self, queryset: QuerySet[Therapist], name: str, value: str) -> QuerySet[Therapist]:
        return in_contact_state(queryset, value)

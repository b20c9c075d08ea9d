"""What the lists of matching can be narrowed down by; the exports use the same."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import parameters as operating
from apps.matching.enums import OPEN_SEARCHES, Channel, InquiryStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementSearch
from apps.matching.selectors.lists import matching_inquiries, without_candidates
from apps.patients.models import Patient
from apps.patients.selectors import find

WAITING_CHOICES = [
    ("14", _("two weeks or longer")),
    ("28", _("four weeks or longer")),
    ("56", _("eight weeks or longer")),
    ("84", _("twelve weeks or longer")),
]
CANDIDATE_CHOICES = [("none", _("without candidates today"))]


class SearchFilter(django_filters.FilterSet):
    """Over `lists.search_list`. Nobody said which status: the open ones, whom work waits for."""

    q = django_filters.CharFilter(label=_("Case code, name, PLZ or town"), method="filter_text")
    status = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("open", _("open")), *SearchStatus.choices],
        method="filter_status",
        initial="open",
    )
    waiting = django_filters.ChoiceFilter(
        label=_("Waiting"), choices=WAITING_CHOICES, method="filter_waiting"
    )
    candidates = django_filters.ChoiceFilter(
        label=_("Candidates"), choices=CANDIDATE_CHOICES, method="filter_candidates"
    )

    class Meta:
        model = PlacementSearch
        fields: list[str] = []

    def __init__(self, data: QueryDict, *args: Any, **kwargs: Any) -> None:
        data = data.copy()
        data.setdefault("status", "open")
        super().__init__(data, *args, **kwargs)

    def filter_status(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(status__in=OPEN_SEARCHES if value == "open" else [value])

    def filter_text(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(patient__in=find(text=value, patients=Patient.objects.all()).values("pk"))

    def filter_waiting(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(started_on__lte=timezone.localdate() - timedelta(days=int(value)))

    def filter_candidates(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        parameters = operating.current(at=timezone.now())
        return queryset.filter(pk__in=without_candidates(today=timezone.localdate(), parameters=parameters))


class InquiryFilter(django_filters.FilterSet):
    """Over `lists.inquiry_list`."""

    q = django_filters.CharFilter(label=_("Reference, therapist or case code"), method="filter_text")
    status = django_filters.ChoiceFilter(label=_("Status"), choices=InquiryStatus.choices)
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices)

    class Meta:
        model = Inquiry
        fields: list[str] = []

    def filter_text(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return matching_inquiries(queryset, value)

"""What the lists of imports can be narrowed down by."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.scraping import wording
from apps.scraping.enums import ENDED, RunKind, RunStatus, Standing
from apps.scraping.models import ChangeProposal, DirectoryRecord, ImportRun, Source

DOUBTS = [("with", _("with something to look at")), ("without", _("without"))]
WAITING = [choice for choice in Standing.choices if choice[0] in (Standing.NEW, Standing.UNCLEAR)]
KEPT = [("true", _("kept by hand")), ("false", _("not kept by hand"))]
ELSEWHERE = [("all", _("also those another source still shows"))]
TROUBLED = Q(status__in=(RunStatus.FAILED, RunStatus.STOPPED)) | Q(is_unusual=True)
NOTICE = [("troubled", _("failed, stopped or unusual")), ("open", _("… and nobody has taken note"))]


def _named(rows: QuerySet[Any], text: str, *names: str) -> QuerySet[Any]:
    """Those that have every word in one of the columns."""
    for word in text.split():
        found = Q()
        for name in names:
            found |= Q(**{f"{name}__icontains": word})
        rows = rows.filter(found)
    return rows


def _fields() -> list[tuple[str, str]]:
    return [(name, wording.label(name)) for name in wording.FIELD_NAMES]


class RunFilter(django_filters.FilterSet):
    source = django_filters.ModelChoiceFilter(label=_("Source"), queryset=Source.objects.all())
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=RunKind.choices)
    status = django_filters.ChoiceFilter(label=_("Status"), choices=RunStatus.choices)
    notice = django_filters.ChoiceFilter(label=_("Trouble"), choices=NOTICE, method="filter_notice")

    class Meta:
        model = ImportRun
        fields: list[str] = []

    def filter_notice(self, queryset: QuerySet[ImportRun], name: str, value: str) -> QuerySet[ImportRun]:
        troubled = queryset.filter(TROUBLED, status__in=ENDED)
        return troubled.filter(noticed_by__isnull=True) if value == "open" else troubled


class RecordFilter(django_filters.FilterSet):
    """Over `review.waiting_records`. `run`: in which they first came."""

    q = django_filters.CharFilter(label=_("Name, PLZ or town"), method="filter_text")
    source = django_filters.ModelChoiceFilter(label=_("Source"), queryset=Source.objects.all())
    standing = django_filters.ChoiceFilter(label=_("State"), choices=WAITING)
    doubts = django_filters.ChoiceFilter(
        label=_("Something to look at"), choices=DOUBTS, method="filter_doubts"
    )
    run = django_filters.NumberFilter(field_name="first_run", widget=forms.HiddenInput)

    class Meta:
        model = DirectoryRecord
        fields: list[str] = []

    def filter_text(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _named(queryset, value, "last_name", "first_name", "plz", "city")

    def filter_doubts(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(doubts=[]) if value == "without" else queryset.exclude(doubts=[])


class ProposalFilter(django_filters.FilterSet):
    """Over `review.open_proposals`."""

    q = django_filters.CharFilter(label=_("Name"), method="filter_text")
    source = django_filters.ModelChoiceFilter(
        label=_("Source"), queryset=Source.objects.all(), field_name="record__source"
    )
    field = django_filters.ChoiceFilter(label=_("Field"), choices=_fields)
    kept = django_filters.ChoiceFilter(label=_("Present value"), choices=KEPT, method="filter_kept")
    run = django_filters.NumberFilter(field_name="run", widget=forms.HiddenInput)

    class Meta:
        model = ChangeProposal
        fields: list[str] = []

    def filter_text(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _named(queryset, value, "therapist__last_name", "therapist__first_name")

    def filter_kept(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(is_hand_kept=value == "true")


class VanishedFilter(django_filters.FilterSet):
    """Over `review.vanished_records`; without another word those that no source shows any more."""

    q = django_filters.CharFilter(label=_("Name"), method="filter_text")
    source = django_filters.ModelChoiceFilter(label=_("Source"), queryset=Source.objects.all())
    elsewhere = django_filters.ChoiceFilter(label=_("Show"), choices=ELSEWHERE, method="keep")

    class Meta:
        model = DirectoryRecord
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("elsewhere") == "all" else nowhere_shown(rows)

    def keep(self, queryset: QuerySet[Any], name: str, value: Any) -> QuerySet[Any]:
        """Seen to in `filter_queryset`, which also holds where nothing is chosen."""
        return queryset

    def filter_text(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return _named(queryset, value, "therapist__last_name", "therapist__first_name")


def nowhere_shown(rows: QuerySet[DirectoryRecord]) -> QuerySet[DirectoryRecord]:
    """Without those whose therapist another source (or the same, at another address) still shows."""
    shown = DirectoryRecord.objects.filter(therapist=OuterRef("therapist"), vanished_on__isnull=True)
    return rows.filter(~Exists(shown))

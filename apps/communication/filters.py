import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage


class EmailFilter(django_filters.FilterSet):
    """Over `selectors.email_list`."""

    q = django_filters.CharFilter(label=_("Recipient or subject"), method="filter_text")
    status = django_filters.ChoiceFilter(label=_("Status"), choices=EmailStatus.choices)
    kind = django_filters.ChoiceFilter(label=_("Letter"), choices=LetterKind.choices)

    class Meta:
        model = EmailMessage
        fields: list[str] = []

    def filter_text(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        for word in value.split():
            named = Q(to_email__icontains=word) | Q(to_name__icontains=word)
            queryset = queryset.filter(named | Q(subject__icontains=word))
        return queryset

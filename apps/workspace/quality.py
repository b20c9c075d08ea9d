"""What could be better in the records: places that are rough, records that may be one person."""

from datetime import datetime
from typing import Any

from django.db.models import Count

from apps.core.enums import MergeKind, SuggestionStatus
from apps.core.imports.sections import ImportSection, shown_with_imports
from apps.core.models import DuplicateSuggestion
from apps.geocoding import overview


@shown_with_imports
def data_quality(_user: Any, at: datetime) -> ImportSection:
    rows = DuplicateSuggestion.objects.filter(status=SuggestionStatus.OPEN).order_by()
    doubles = dict(rows.values_list("kind").annotate(count=Count("pk")))
    patients = doubles.pop(MergeKind.PATIENT, 0)
    context = {
        "places": overview.progress(at=at),
        "therapists": sum(doubles.values()),
        "patients": patients,
    }
    return ImportSection("workspace/data_quality.html", context)

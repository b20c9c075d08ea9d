"""Uploaded files that wait or have lost their worker."""

from datetime import datetime, timedelta

from django.db.models import Case, F, Min, When
from django.utils.translation import gettext_lazy as _

from apps.core.doctor.queues import waits
from apps.core.imports.enums import WAITING, WORKING
from apps.core.imports.models import FileImport


@waits("file_imports", _("Uploaded files"), late_after=timedelta(minutes=30))
def waiting_since(at: datetime) -> datetime | None:
    """A file that is worked on counts from the worker's last sign of life, which comes every few seconds."""
    open_files = FileImport.objects.filter(status__in=[*WAITING, *WORKING])
    since = Case(
        When(status__in=WORKING, alive_at__isnull=False, then=F("alive_at")), default=F("updated_at")
    )
    return open_files.aggregate(since=Min(since))["since"]

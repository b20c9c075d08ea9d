"""What comes from files of people is not kept longer than it is needed."""

from datetime import datetime, timedelta

import structlog
from django.db import transaction

from apps.core.imports.enums import ENDED, WAITING, WORKING
from apps.core.imports.models import ColumnChoice, FileContent, FileImport, FileRow
from apps.core.imports.services.queue import cancel

log = structlog.get_logger(__name__)

KEEP_FOR = timedelta(days=14)  # after the end; the list of rejected rows can be downloaded until then
REMEMBER_COLUMNS_FOR = timedelta(days=730)


def forget_old(*, at: datetime) -> int:
    """Delete the content of imports that ended long ago, cancel those nobody went on with. Counts stay."""
    left = FileImport.objects.filter(updated_at__lt=at - KEEP_FOR).exclude(
        status__in=[*ENDED, *WAITING, *WORKING]
    )
    for file_import in left.order_by("pk"):
        cancel(file_import=file_import, actor=None, at=at)
    old = FileImport.objects.filter(finished_at__lt=at - KEEP_FOR, forgotten_at__isnull=True)
    count = sum(_forget(file_import, at) for file_import in old.order_by("pk"))
    ColumnChoice.objects.filter(chosen_at__lt=at - REMEMBER_COLUMNS_FOR).delete()
    if count:
        log.info("file_imports_forgotten", count=count)
    return count


@transaction.atomic
def _forget(file_import: FileImport, at: datetime) -> int:
    FileContent.objects.filter(file_import=file_import).delete()
    FileRow.objects.filter(file_import=file_import).delete()
    values = {"file_name": "", "header": [], "samples": [], "remarks": [], "forgotten_at": at}
    for name, value in values.items():
        setattr(file_import, name, value)
    file_import.save(update_fields=[*values, "updated_at"])
    return 1

from datetime import datetime, timedelta

import pytest

from apps.core.imports import doctor
from apps.core.imports.enums import FileStatus
from apps.core.imports.models import FileImport


@pytest.mark.django_db
def test_file_waits_since_it_was_queued_or_its_worker_was_last_heard(at: datetime) -> None:
    assert doctor.waiting_since(at) is None
    row = FileImport.objects.create(
        kind="patients", language="de", fingerprint="a", as_of=at.date(), status=FileStatus.UPLOADED
    )
    file = FileImport.objects.filter(pk=row.pk)
    file.update(updated_at=at)
    assert doctor.waiting_since(at) is None  # waits for a person
    file.update(status=FileStatus.TRIAL_QUEUED)
    assert doctor.waiting_since(at) == at
    file.update(status=FileStatus.RUNNING, alive_at=at + timedelta(minutes=2))
    assert doctor.waiting_since(at) == at + timedelta(minutes=2)
    file.update(status=FileStatus.DONE, finished_at=at)
    assert doctor.waiting_since(at) is None

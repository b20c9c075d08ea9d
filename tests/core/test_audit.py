from datetime import datetime

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import ProtectedError

from apps.accounts.models import User
from apps.core.audit import record_access
from apps.core.models import AccessEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry(viewer: User, at: datetime) -> AccessEntry:
    record_access(actor=viewer, patient_id=4711, purpose="patients:detail", at=at)
    return AccessEntry.objects.get()


def test_entry_says_who_when_whose_record_and_which_page(
    entry: AccessEntry, viewer: User, at: datetime
) -> None:
    assert (entry.actor, entry.at, entry.patient_id, entry.purpose) == (viewer, at, 4711, "patients:detail")
    assert str(entry) == "4711 patients:detail"


def test_database_refuses_to_change_an_entry(entry: AccessEntry) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        AccessEntry.objects.update(patient_id=1)
    assert AccessEntry.objects.get().patient_id == 4711


def test_database_refuses_to_delete_an_entry(entry: AccessEntry) -> None:
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), transaction.atomic():
        AccessEntry.objects.all().delete()
    assert AccessEntry.objects.count() == 1


def test_who_looked_cannot_be_deleted(entry: AccessEntry, viewer: User) -> None:
    with pytest.raises(ProtectedError):
        viewer.delete()

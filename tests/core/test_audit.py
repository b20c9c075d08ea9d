from datetime import datetime

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import ProtectedError
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.core.audit import acting, record_access, record_accesses
from apps.core.models import AccessEntry
from tests.factories.patients import PatientFactory

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


def test_record_accesses_writes_one_entry_per_patient_at_once(
    at: datetime, manager: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        record_accesses(patient_ids=[3, 1, 2], actor=manager, purpose="patients:export", at=at)
    rows = AccessEntry.objects.order_by("patient_id").values_list("patient_id", "actor", "purpose", "at")
    assert list(rows) == [(number, manager.pk, "patients:export", at) for number in (1, 2, 3)]


def test_record_accesses_of_nobody_writes_nothing(at: datetime, manager: User) -> None:
    record_accesses(patient_ids=[], actor=manager, purpose="patients:export", at=at)
    assert AccessEntry.objects.count() == 0


def test_acting_names_the_person_in_the_audit_trail(manager: User) -> None:
    with acting(None):
        nameless = PatientFactory()
    with acting(manager):
        named = PatientFactory()
    assert named.events.earliest("pgh_id").pgh_context.metadata["user"] == manager.pk
    assert nameless.events.earliest("pgh_id").pgh_context is None

from datetime import datetime

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.accounts.models import User
from apps.core.models import AccessEntry
from apps.patients.services.access import record_export

pytestmark = pytest.mark.django_db


def test_record_export_writes_one_entry_per_patient_at_once(
    at: datetime, manager: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        record_export(patient_ids=[3, 1, 2], actor=manager, purpose="patients:export", at=at)
    rows = AccessEntry.objects.order_by("patient_id").values_list("patient_id", "actor", "purpose", "at")
    assert list(rows) == [(number, manager.pk, "patients:export", at) for number in (1, 2, 3)]


def test_record_export_of_nobody_writes_nothing(at: datetime, manager: User) -> None:
    record_export(patient_ids=[], actor=manager, purpose="patients:export", at=at)
    assert AccessEntry.objects.count() == 0

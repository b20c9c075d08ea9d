"""Two records of one patient: consents, searches, status, and that undoing leaves nothing behind."""

from datetime import date, datetime
from typing import Any

import pytest

from apps.accounts.models import User
from apps.communication.models import EmailMessage, Note
from apps.core.errors import Refused
from apps.core.merging import merge as merging
from apps.core.merging.undo import forget_old, undo
from apps.core.models import MergeRecord
from apps.matching.models import RefusalEvidence, TherapistExclusion
from apps.patients import selectors
from apps.patients.models import Patient
from tests.core.merging.dump import different, dump
from tests.factories.matching import RequestFactory, SearchFactory
from tests.factories.patients import ConsentFactory, PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db


def merge(kept: Patient, other: Patient, at: datetime, actor: Any = None, **chosen: str) -> MergeRecord:
    ids = {"kept_id": kept.pk, "dropped_id": other.pk}
    return merging.merge(kind="patient", **ids, chosen=chosen, actor=actor, at=at)


@pytest.fixture
def pair(coordinator: User, at: datetime) -> tuple[Patient, Patient]:
    kept = PatientFactory(first_name="Clara", last_name="Ahorn", email="")
    other = PatientFactory(
        first_name="Clara",
        last_name="Ahorn-Buche",
        complaints="Kaum Schlaf",
        searching=True,
        availability=((0, 700, 900), (5, 600, 720)),
    )
    request = RequestFactory(search__patient=other)
    therapist = TherapistFactory()
    for patient in (kept, other):
        TherapistExclusion.objects.create(patient=patient, therapist=therapist, reason="x")
        Note.objects.create(patient=patient, text="Notiz", written_at=at, author=coordinator)
        EmailMessage.objects.create(
            patient=patient,
            kind="status",
            to_email="c@example.org",
            subject="Stand",
            text="…",
            message_id=f"<{patient.pk}@example.org>",
        )
    RefusalEvidence.objects.create(patient=other, period_from=date(2026, 1, 1), period_to=date(2026, 2, 1))
    SearchFactory(patient=kept, ended=True)
    assert request.search.patient == other
    return kept, other


@pytest.mark.parametrize(
    "chosen",
    [{}, {"complaints": "other", "availability": "both"}, {"availability": "other", "place": "other"}],
)
def test_merge_then_undo_leaves_the_database_equal(
    pair: Any, coordinator: User, at: datetime, chosen: dict[str, str]
) -> None:
    before = dump()
    record = merge(*pair, at, coordinator, **chosen)
    assert different(before, dump()) != {}
    undo(record=record, actor=coordinator, at=at, reason="two people")
    assert different(before, dump()) == {}


def test_case_goes_on_where_it_was(pair: Any, at: datetime) -> None:
    kept, other = pair
    merge(kept, other, at, complaints="other")
    kept.refresh_from_db()
    assert (kept.status, kept.started_on, kept.email) == ("searching", date(2026, 11, 2), other.email)
    assert kept.complaints == "Kaum Schlaf"
    assert (kept.searches.count(), kept.emails.count(), kept.notes.count()) == (2, 2, 2)
    assert (kept.exclusions.count(), kept.evidences.count(), kept.consents.count()) == (1, 1, 4)
    assert list(kept.history.values_list("old", "new")) == [("open", "searching")]


def test_two_open_searches_are_refused(at: datetime) -> None:
    kept, other = (SearchFactory().patient for _number in range(2))
    with pytest.raises(Refused, match=r"(?i)suche|search"):
        merge(kept, other, at)


def test_two_numbers_of_the_insured_are_two_people(at: datetime) -> None:
    kept, other = PatientFactory(), PatientFactory(kvnr="X987654326", kvnr_index="other")
    with pytest.raises(Refused, match="KVNR"):
        merge(kept, other, at)


def test_withdrawn_consent_stays_withdrawn(at: datetime) -> None:
    """Given in one record, withdrawn later in the other: nobody may use it."""
    kept = PatientFactory(consents=["email"])
    other = PatientFactory(consents=())
    ConsentFactory(patient=other, purpose="email", given_on=date(2026, 10, 1), withdrawn_on=date(2026, 11, 1))
    merge(kept, other, at)
    assert selectors.has_consent(patient_id=kept.pk, purpose="email", on=date(2026, 11, 23)) is False
    assert kept.consents.count() == 2


def test_consent_given_again_after_the_withdrawal_holds(at: datetime) -> None:
    kept, other = PatientFactory(consents=()), PatientFactory(consents=())
    ConsentFactory(patient=kept, purpose="email", given_on=date(2026, 11, 5))
    ConsentFactory(patient=other, purpose="email", given_on=date(2026, 10, 1), withdrawn_on=date(2026, 11, 1))
    merge(kept, other, at)
    assert selectors.has_consent(patient_id=kept.pk, purpose="email", on=date(2026, 11, 23)) is True


def test_old_case_code_finds_the_kept_record(pair: Any, at: datetime) -> None:
    kept, other = pair
    record = merge(kept, other, at)
    found = selectors.find(text=other.case_code.lower(), patients=Patient.objects.all())
    assert list(found) == [kept]
    undo(record=record, actor=None, at=at, reason="x")
    assert list(selectors.find(text=other.case_code, patients=Patient.objects.all())) == [other]


def test_log_is_encrypted_and_emptied_one_day(pair: Any, at: datetime) -> None:
    from datetime import timedelta

    from django.db import connection

    record = merge(*pair, at)
    with connection.cursor() as cursor:
        cursor.execute("SELECT log, names FROM core_mergerecord")
        [(log, names)] = cursor.fetchall()
    assert "Schlaf" not in log
    assert "Ahorn" not in log + names
    assert forget_old(at=at + timedelta(days=100)) == 0
    assert forget_old(at=at + timedelta(days=200)) == 1
    with pytest.raises(Refused):
        undo(record=record, actor=None, at=at, reason="x")
    assert MergeRecord.objects.filter(log__isnull=True).count() == 1

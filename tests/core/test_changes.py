"""Traces of changes: every commit is told once, whoever made it and however long it took."""

from datetime import timedelta

import pytest
from django.db import connections, transaction

from apps.core.changes import changes_since, forget_old, snapshot
from apps.core.models import RowChange
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory
from tests.matching.acts import AT

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_changed_is_nothing() -> None:
    TherapistFactory()
    changes = changes_since(snapshot())
    assert (changes.therapists, changes.patients) == (frozenset(), frozenset())


def test_a_change_is_told_once() -> None:
    therapist = TherapistFactory()
    before = snapshot()
    therapist.knows_agency = True
    therapist.save(update_fields=["knows_agency"])
    changes = changes_since(before)
    assert changes.therapists == {therapist.pk}
    assert changes_since(changes.snapshot).therapists == frozenset()


def test_a_transaction_that_ends_late_is_not_missed() -> None:
    first, second = TherapistFactory(), TherapistFactory()
    before = snapshot()
    slow = connections.create_connection("default")
    try:
        slow.set_autocommit(False)
        with slow.cursor() as cursor:
            cursor.execute("UPDATE therapists_therapist SET knows_agency = TRUE WHERE id = %s", [first.pk])
        type(second).objects.filter(pk=second.pk).update(knows_agency=True)
        early = changes_since(before)
        slow.commit()
    finally:
        slow.close()
    late = changes_since(early.snapshot)
    assert (early.therapists, late.therapists) == ({second.pk}, {first.pk})


def test_what_was_rolled_back_is_not_told() -> None:
    therapist = TherapistFactory()
    before = snapshot()
    with transaction.atomic():
        type(therapist).objects.filter(pk=therapist.pk).update(knows_agency=True)
        transaction.set_rollback(True)
    assert changes_since(before).therapists == frozenset()


def test_everything_that_decides_about_a_therapist_is_traced() -> None:
    therapist = TherapistFactory(approvals=[("VT", "adults", "individual")], working_hours=[(0, 480, 600)])
    acts = [
        lambda: therapist.approvals.all().delete(),
        lambda: therapist.hours.all().delete(),
        lambda: therapist.practices.update(email="new@example.org"),
        lambda: therapist.workplaces.update(is_main=True),
        lambda: InquiryFactory(therapist=therapist),
    ]
    for act in acts:
        before = snapshot()
        act()
        assert changes_since(before).therapists == {therapist.pk}


def test_everything_that_decides_about_a_search_is_traced() -> None:
    search = SearchFactory(patient=PatientFactory(searching=True, availability=[(0, 480, 600)]))
    patient = search.patient
    acts = [
        lambda: type(patient).objects.filter(pk=patient.pk).update(max_distance_km=7),
        lambda: patient.availability.all().delete(),
        lambda: patient.consents.update(proof="signed again"),
        lambda: type(search).objects.filter(pk=search.pk).update(note="x"),
        lambda: RequestFactory(search=search),
    ]
    for act in acts:
        before = snapshot()
        act()
        assert changes_since(before).patients == {patient.pk}


def test_old_traces_are_forgotten() -> None:
    TherapistFactory()
    RowChange.objects.update(at=AT - timedelta(days=3))
    TherapistFactory()
    recent = RowChange.objects.filter(at__gt=AT - timedelta(days=2)).count()
    assert forget_old(at=AT) > 0
    assert RowChange.objects.count() == recent

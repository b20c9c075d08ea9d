"""What is kept in the process is always what the database says."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from apps.matching.models import AcceptanceFit, PlacementSearch
from apps.matching.selectors import kept, world
from apps.therapists.models import Therapist
from tests.factories.matching import InquiryFactory, RequestFactory, SearchFactory
from tests.factories.patients import PatientFactory
from tests.factories.therapists import ContactPauseFactory, TherapistFactory
from tests.matching.acts import AT, TODAY, current
from tests.matching.unpacked import search_records, therapist_records

pytestmark = pytest.mark.django_db(transaction=True)


def seen() -> tuple[Any, ...]:
    """What is kept, as records, with the standing."""
    found, standing = world.outlook(today=TODAY, parameters=current())
    columns = [column.tolist() for column in standing.columns()]
    return search_records(found.search_columns), therapist_records(found.therapist_columns), columns


def check_against_reading_all() -> None:
    """`seen` brings the kept rows up to date; a process that has just started reads all of them."""
    up_to_date = seen()
    kept.forget()
    assert up_to_date == seen()


def a_small_world() -> tuple[Therapist, PlacementSearch]:
    people = [TherapistFactory(approvals=[("VT", "adults", "individual")]) for _number in range(3)]
    searches = [SearchFactory() for _number in range(3)]
    seen()
    return people[1], searches[1]


def test_nothing_changed_needs_no_reading() -> None:
    a_small_world()
    parameters = current()
    with CaptureQueriesContext(connection) as captured:
        world.outlook(today=TODAY, parameters=parameters)
    assert len(captured) == 1  # what has changed


@pytest.mark.parametrize(
    "changes",
    [
        {"is_possibly_free": True},
        {"wished_diagnoses": ["F32"]},
        {"languages": ["tr"]},
        {"status": "inactive"},
        {"prefers_group": True},
    ],
)
def test_a_changed_therapist_is_read_again(changes: dict[str, Any]) -> None:
    therapist, _search = a_small_world()
    Therapist.objects.filter(pk=therapist.pk).update(**changes)
    check_against_reading_all()


def test_hours_approvals_pauses_and_contacts_of_a_therapist_are_read_again() -> None:
    therapist, search = a_small_world()
    therapist.hours.all().delete()
    therapist.approvals.all().delete()
    check_against_reading_all()
    ContactPauseFactory(therapist=therapist)
    check_against_reading_all()
    RequestFactory(search=search, status="rejected", locked_until=TODAY, inquiry__therapist=therapist)
    check_against_reading_all()


def test_a_pause_reaches_everybody_behind_the_mailbox() -> None:
    therapist, _search = a_small_world()
    colleague = Therapist.objects.exclude(pk=therapist.pk).first()
    assert colleague is not None
    Therapist.objects.filter(pk=colleague.pk).update(contact_group=therapist.contact_group_id)
    check_against_reading_all()
    ContactPauseFactory(therapist=colleague)
    check_against_reading_all()


def test_new_moved_and_deleted_therapists_are_noticed() -> None:
    therapist, _search = a_small_world()
    newcomer = TherapistFactory()
    check_against_reading_all()
    therapist.practices.update(latitude=52.5, longitude=13.4)
    check_against_reading_all()
    newcomer.workplaces.all().delete()
    newcomer.delete()
    check_against_reading_all()


def test_new_changed_and_ended_searches_are_noticed() -> None:
    _therapist, search = a_small_world()
    SearchFactory(started_on=TODAY - timedelta(days=90))
    check_against_reading_all()
    patient = search.patient
    type(patient).objects.filter(pk=patient.pk).update(wished_gender="male")
    check_against_reading_all()
    PlacementSearch.objects.filter(pk=search.pk).update(status="cancelled", ended_on=TODAY)
    check_against_reading_all()
    patient.consents.all().delete()
    check_against_reading_all()


def test_many_changes_are_read_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    a_small_world()
    monkeypatch.setattr(kept, "MOST_CHANGED", 1)
    Therapist.objects.update(knows_agency=True)
    check_against_reading_all()


def test_changed_parameters_and_another_day_are_noticed() -> None:
    a_small_world()
    before = seen()
    found, _standing = world.outlook(today=TODAY + timedelta(days=1), parameters=current())
    assert found.today == TODAY + timedelta(days=1)
    assert seen() == before


def test_what_a_transaction_sees_is_not_kept() -> None:
    therapist, _search = a_small_world()
    before = seen()
    with transaction.atomic():
        Therapist.objects.filter(pk=therapist.pk).update(status="inactive")
        inside, _standing = world.outlook(today=TODAY, parameters=current())
        assert not inside.therapist_columns.is_active.all()
        transaction.set_rollback(True)
    assert seen() == before


def test_of_search_takes_what_is_kept_and_reads_what_is_not() -> None:
    _therapist, search = a_small_world()
    paused = SearchFactory(paused=True, patient=PatientFactory(searching=True))
    for one in (search, paused):
        found = world.of_search(search=one, today=TODAY, parameters=current())
        assert found.search_columns.id.tolist() == [one.pk]
        assert len(found.therapist_columns) == 3


def test_ignored_inquiries_do_not_count_as_open() -> None:
    therapist, search = a_small_world()
    inquiry = InquiryFactory(therapist=therapist, status="draft")
    for ignored, expected in (([], [therapist.pk]), ([inquiry.pk], [])):
        found = world.of_search(
            search=search, today=TODAY, parameters=current(), ignore_inquiries=ignored
        ).therapist_columns
        assert found.id[found.has_open_inquiry].tolist() == expected
    assert np.count_nonzero(seen_columns().has_open_inquiry) == 1


def seen_columns() -> Any:
    return world.outlook(today=TODAY, parameters=current())[0].therapist_columns


def test_a_new_fit_of_the_expected_acceptance_is_noticed() -> None:
    a_small_world()
    before = seen_everybody().parameters.acceptance
    model = replace(before, knows_agency_odds=2.5)
    AcceptanceFit.objects.create(
        fitted_at=AT, asked_count=0, accepted_count=0, is_estimated=False, model=asdict(model)
    )
    assert seen_everybody().parameters.acceptance.knows_agency_odds == 2.5
    check_against_reading_all()


def seen_everybody() -> Any:
    return world.outlook(today=TODAY, parameters=current())[0].everybody

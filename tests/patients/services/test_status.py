from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from apps.accounts.models import User
from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.patients.enums import PatientStatus as S
from apps.patients.enums import Purpose
from apps.patients.models import Patient
from apps.patients.services import consents, status
from tests.factories.patients import PatientFactory

pytestmark = pytest.mark.django_db


def test_begin_search_sets_the_start_date(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory()
    status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    patient.refresh_from_db()
    assert (patient.status, patient.started_on) == ("searching", today)
    row = patient.history.get()
    assert (row.old, row.new, row.actor) == ("open", "searching", coordinator)
    event = DomainEvent.objects.get()
    assert (event.type, event.payload) == ("patient.searching", {"from": "open", "to": "searching"})


def test_begin_search_says_what_is_missing(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(diagnosis="", sprechstunde_on=None)
    with translation.override("en"), pytest.raises(Refused) as caught:
        status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    assert caught.value.message == "The search cannot begin yet. Still missing: Sprechstunde held, diagnosis."
    assert Patient.objects.get(pk=patient.pk).status == "open"


def test_begin_search_looks_at_the_fresh_row(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory()
    consents.withdraw(patient=patient, purpose=Purpose.PSEUDONYMOUS, on=today, at=at)
    with pytest.raises(Refused):
        status.begin_search(patient=patient, actor=coordinator, at=at, today=today)


def test_begin_search_ignores_warnings(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(consents=[Purpose.HEALTH_DATA, Purpose.PSEUDONYMOUS], email="", phone="")
    fresh = status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    assert fresh.status == "searching"


def test_begin_search_again_keeps_the_start_date(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(status="search_cancelled", started_on=date(2026, 3, 2))
    fresh = status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    assert (fresh.status, fresh.started_on) == ("searching", date(2026, 3, 2))


def test_begin_search_twice_is_stale(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(searching=True)
    with pytest.raises(StaleState):
        status.begin_search(patient=patient, actor=coordinator, at=at, today=today)


def test_cancel_search_keeps_the_reason(at: datetime, coordinator: User) -> None:
    patient = PatientFactory(searching=True)
    status.cancel_search(patient=patient, actor=coordinator, at=at, reason="moved abroad")
    assert patient.status == "search_cancelled"
    assert patient.history.get().reason == "moved abroad"


def test_enter_therapy_notes_both_days(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(searching=True)
    fresh = status.enter_therapy(patient=patient, actor=coordinator, at=at, today=today)
    assert (fresh.status, fresh.first_place_on, fresh.place_confirmed_on) == ("in_therapy", today, today)


def test_enter_therapy_keeps_the_first_place(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(searching=True, first_place_on=date(2026, 11, 9))
    fresh = status.enter_therapy(patient=patient, actor=coordinator, at=at, today=today)
    assert (fresh.first_place_on, fresh.place_confirmed_on) == (date(2026, 11, 9), today)


def test_enter_therapy_out_of_order_changes_nothing(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory()
    with pytest.raises(StaleState):
        status.enter_therapy(patient=patient, actor=coordinator, at=at, today=today)
    assert Patient.objects.get(pk=patient.pk).first_place_on is None


def test_therapy_ends_one_way_or_the_other(at: datetime, coordinator: User) -> None:
    done, left = PatientFactory.create_batch(2, status="in_therapy", started_on=date(2026, 3, 2))
    status.complete_therapy(patient=done, actor=coordinator, at=at)
    status.discontinue_therapy(patient=left, actor=coordinator, at=at, reason="moved")
    assert (done.status, left.status) == ("therapy_completed", "therapy_discontinued")


def test_undo_takes_the_dates_back(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory()
    status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    status.enter_therapy(patient=patient, actor=coordinator, at=at, today=today)
    status.undo(patient=patient, to=S.SEARCHING, actor=coordinator, at=at, reason="mis-click")
    patient.refresh_from_db()
    assert (patient.status, patient.place_confirmed_on, patient.started_on) == ("searching", None, today)
    status.undo(patient=patient, to=S.OPEN, actor=coordinator, at=at)
    patient.refresh_from_db()
    assert (patient.status, patient.started_on) == ("open", None)
    assert list(patient.history.values_list("old", "new")) == [
        ("open", "searching"),
        ("searching", "in_therapy"),
        ("in_therapy", "searching"),
        ("searching", "open"),
    ]


def test_undo_of_a_later_search_to_open_is_refused(at: datetime, today: date, coordinator: User) -> None:
    patient = PatientFactory(status="therapy_completed", started_on=date(2026, 3, 2))
    status.begin_search(patient=patient, actor=coordinator, at=at, today=today)
    with pytest.raises(Refused):
        status.undo(patient=patient, to=S.OPEN, actor=coordinator, at=at)
    assert Patient.objects.get(pk=patient.pk).status == "searching"


def test_undo_of_an_end_goes_back_to_therapy(at: datetime, coordinator: User) -> None:
    days = {
        "started_on": date(2026, 3, 2),
        "first_place_on": date(2026, 4, 20),
        "place_confirmed_on": date(2026, 5, 4),
    }
    patient = PatientFactory(status="therapy_completed", **days)
    status.undo(patient=patient, to=S.IN_THERAPY, actor=coordinator, at=at)
    patient.refresh_from_db()
    assert (patient.status, patient.place_confirmed_on) == ("in_therapy", date(2026, 5, 4))


def test_undo_without_such_a_way_is_stale(at: datetime, coordinator: User) -> None:
    patient = PatientFactory()
    with pytest.raises(StaleState):
        status.undo(patient=patient, to=S.SEARCHING, actor=coordinator, at=at)


def test_note_first_place_keeps_the_first(today: date) -> None:
    patient = PatientFactory(searching=True)
    status.note_first_place(patient=patient, on=today)
    status.note_first_place(patient=patient, on=today + timedelta(days=7))
    patient.refresh_from_db()
    assert patient.first_place_on == today


def test_note_contact_keeps_the_newest(at: datetime) -> None:
    patient = PatientFactory(searching=True)
    status.note_contact(patient=patient, at=at)
    status.note_contact(patient=patient, at=at - timedelta(hours=1))
    patient.refresh_from_db()
    assert patient.last_contact_at == at

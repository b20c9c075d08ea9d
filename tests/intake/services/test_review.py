"""Decisions: all or nothing, once."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.core import parameters
from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.intake import reading
from apps.intake.models import Registration
from apps.intake.services import retention, review
from apps.patients.models import Consent, Insurer, Patient
from apps.patients.services import consents
from tests.factories.patients import InsurerFactory, PatientFactory
from tests.intake.samples import AT, received

DAY = timedelta(days=1)


def data_of(registration: Registration) -> dict[str, Any]:
    proposed = reading.as_patient(reading.values(registration), today=AT.date())
    names = reading.flattened(registration.payload or {})
    return {name: getattr(proposed, name) for name in names}


def accepted(registration: Registration, **changes: Any) -> Patient:
    values = {"hours": reading.hours(registration), "seen": 0, "actor": None, "at": AT}
    return review.accept(registration=registration, data=data_of(registration), **(values | changes))


@pytest.mark.django_db
def test_accepted_registration_tells_of_its_patient(registration: Registration) -> None:
    patient = accepted(registration)
    told = DomainEvent.objects.get(type="registration.accepted")
    assert (told.subject_id, told.payload) == (str(registration.pk), {"patient_id": patient.pk})


@pytest.mark.django_db
@pytest.mark.parametrize("step", ["give", "move"])
def test_failure_in_the_middle_leaves_nothing_half(
    registration: Registration, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def fail(**kwargs: object) -> None:
        raise ConnectionError("gone")

    def fail_move(*args: object, **kwargs: object) -> None:
        raise ConnectionError("gone")

    if step == "give":
        monkeypatch.setattr(review.consents, "give", fail)
    else:
        monkeypatch.setattr(review, "move", fail_move)
    with pytest.raises(ConnectionError):
        accepted(registration)
    assert (Patient.objects.count(), Consent.objects.count()) == (0, 0)
    assert Registration.objects.get().status == "waiting_for_confirmation"
    assert not DomainEvent.objects.filter(type__in=["patient.created", "registration.accepted"]).exists()


@pytest.mark.django_db
def test_merge_does_not_revive_a_withdrawn_consent(registration: Registration) -> None:
    known = PatientFactory(consents=("identity",))
    consents.withdraw(patient=known, purpose="identity", on=AT.date(), at=AT)
    review.merge(registration=registration, patient=known, changes={}, hours=None, seen=0, actor=None, at=AT)
    assert known.consents.filter(purpose="identity", withdrawn_on=None).count() == 0
    assert known.consents.filter(purpose="pseudonymous", withdrawn_on=None).count() == 1


@pytest.mark.django_db
def test_decided_registration_is_not_decided_again(registration: Registration) -> None:
    review.reject(registration=registration, actor=None, at=AT, reason="a test")
    with pytest.raises(StaleState):
        accepted(registration)
    assert Patient.objects.count() == 0


@pytest.mark.django_db
def test_content_is_emptied_after_the_days_of_the_parameter(registration: Registration, manager: Any) -> None:
    waiting = received(external_reference="web-2")
    accepted(registration)
    parameters.change(name="registration_retention_days", value=10, actor=manager, at=AT, reason="less")
    assert retention.empty_old(at=AT + 10 * DAY) == 0
    assert retention.empty_old(at=AT + 11 * DAY) == 1
    registration.refresh_from_db()
    assert (registration.payload, registration.corrected, registration.applicant) == (None, None, "")
    assert Registration.objects.get(pk=waiting.pk).payload is not None
    assert received().pk == registration.pk


@pytest.mark.django_db
def test_emptied_registration_is_not_taken_up_again(registration: Registration) -> None:
    review.reject(registration=registration, actor=None, at=AT, reason="a test")
    retention.empty_old(at=AT + 31 * DAY)
    with pytest.raises(Refused):
        review.undo_rejection(registration=registration, actor=None, at=AT + 32 * DAY)


@pytest.mark.django_db(transaction=True)
def test_two_people_accept_at_once_and_there_is_one_patient() -> None:
    InsurerFactory()
    registration = received()
    start, results = threading.Barrier(2), []

    def click() -> None:
        try:
            start.wait()
            results.append(accepted(registration).pk)
        except StaleState:
            results.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _person in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patient = Patient.objects.get()
    assert sorted(results, key=str) == sorted([patient.pk, None], key=str)


@pytest.mark.django_db
def test_correction_keeps_what_came_in(insurer: Insurer) -> None:
    registration = received(patient__insurer="Nirgends")
    fields = data_of(registration) | {"insurer": insurer, "city": "Halle"}
    fresh = review.correct(registration=registration, fields=fields, hours=[], seen=0, actor=None, at=AT)
    said = reading.values(Registration.objects.get(pk=fresh.pk))
    assert (said["insurer"], said["city"], said["birth_date"].year) == ("Ahornkasse", "Halle", 1991)
    assert (fresh.problems, reading.hours(fresh)) == ([], [])
    assert fresh.payload["patient"]["insurer"] == "Nirgends"

from datetime import date, datetime

import pytest
from django.core.exceptions import ValidationError

from apps.core.errors import Refused, StaleState
from apps.events.models import DomainEvent
from apps.patients.enums import Purpose
from apps.patients.services import consents
from tests.factories.patients import ConsentFactory, PatientFactory

pytestmark = pytest.mark.django_db


def test_give_records_the_consent(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=())
    given = consents.give(patient=patient, purpose=Purpose.EMAIL, on=today, proof=" contract ", at=at)
    assert patient.consents.get() == given
    assert (given.purpose, given.given_on, given.withdrawn_on, given.proof) == (
        "email",
        today,
        None,
        "contract",
    )
    event = DomainEvent.objects.get()
    assert (event.type, event.subject_id) == ("patient.consent_given", str(patient.pk))
    assert event.payload == {"to": "email"}


def test_give_twice_is_refused(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    with pytest.raises(Refused):
        consents.give(patient=patient, purpose=Purpose.EMAIL, on=today, proof="mail", at=at)


def test_give_again_after_a_withdrawal(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    consents.withdraw(patient=patient, purpose=Purpose.EMAIL, on=today, at=at)
    consents.give(patient=patient, purpose=Purpose.EMAIL, on=today, proof="mail", at=at)
    assert patient.consents.filter(purpose=Purpose.EMAIL).count() == 2


def test_give_several_records_each_with_its_day(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=())
    days = {Purpose.HEALTH_DATA: date(2026, 11, 2), Purpose.EMAIL: today}
    consents.give_several(patient=patient, days=days, proof="contract", at=at)
    assert dict(patient.consents.values_list("purpose", "given_on")) == days
    payloads = DomainEvent.objects.order_by("id").values_list("payload", flat=True)
    assert list(payloads) == [{"to": "health_data"}, {"to": "email"}]


def test_give_several_with_one_in_force_records_none(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    days = {Purpose.HEALTH_DATA: today, Purpose.EMAIL: today}
    with pytest.raises(Refused):
        consents.give_several(patient=patient, days=days, proof="contract", at=at)
    assert patient.consents.count() == 1


def test_give_refuses_a_proof_that_is_too_long(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=())
    with pytest.raises(ValidationError) as caught:
        consents.give(patient=patient, purpose=Purpose.EMAIL, on=today, proof="x" * 201, at=at)
    assert list(caught.value.message_dict) == ["proof"]


@pytest.mark.parametrize(
    ("on", "proof", "field"),
    [(date(2026, 11, 24), "contract", "given_on"), (date(2026, 11, 23), " ", "proof")],
)
def test_give_names_the_wrong_field(at: datetime, on: date, proof: str, field: str) -> None:
    patient = PatientFactory(consents=())
    with pytest.raises(ValidationError) as caught:
        consents.give(patient=patient, purpose=Purpose.EMAIL, on=on, proof=proof, at=at)
    assert list(caught.value.message_dict) == [field]


def test_withdraw_keeps_the_row(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=[Purpose.IDENTITY])
    withdrawn = consents.withdraw(patient=patient, purpose=Purpose.IDENTITY, on=today, at=at)
    withdrawn.refresh_from_db()
    assert (withdrawn.given_on, withdrawn.withdrawn_on) == (date(2026, 10, 1), today)
    event = DomainEvent.objects.get()
    assert (event.type, event.payload) == ("patient.consent_withdrawn", {"from": "identity"})


def test_withdraw_what_is_not_in_force_is_stale(at: datetime, today: date) -> None:
    patient = PatientFactory(consents=())
    ConsentFactory(patient=patient, purpose=Purpose.EMAIL, withdrawn_on=today)
    with pytest.raises(StaleState):
        consents.withdraw(patient=patient, purpose=Purpose.EMAIL, on=today, at=at)


@pytest.mark.parametrize("on", [date(2026, 9, 30), date(2026, 11, 24)])
def test_withdraw_on_an_impossible_day(at: datetime, on: date) -> None:
    patient = PatientFactory(consents=[Purpose.EMAIL])
    with pytest.raises(ValidationError) as caught:
        consents.withdraw(patient=patient, purpose=Purpose.EMAIL, on=on, at=at)
    assert list(caught.value.message_dict) == ["withdrawn_on"]

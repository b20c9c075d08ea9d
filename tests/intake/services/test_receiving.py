from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from apps.communication.models import EmailMessage
from apps.core.errors import Refused
from apps.events.models import DomainEvent
from apps.intake import reading
from apps.intake.models import Registration
from apps.intake.schema import RegistrationIn
from apps.intake.services import receiving
from apps.intake.services.receiving import Origin
from apps.patients.models import Insurer, Patient
from tests.intake.samples import AT, form, received

pytestmark = pytest.mark.django_db


def test_registration_waits_and_touches_no_patient(registration: Registration) -> None:
    assert (registration.status, registration.problems) == ("waiting_for_confirmation", [])
    assert Patient.objects.count() == 0
    assert [(row.old, row.new) for row in registration.history.all()] == [("", "waiting_for_confirmation")]
    told = DomainEvent.objects.filter(type__startswith="registration.")
    assert [(row.type, row.producer, row.subject_id, row.payload) for row in told] == [
        ("registration.received", "patients", str(registration.pk), {})
    ]


def test_same_reference_with_the_same_content_is_one_registration(registration: Registration) -> None:
    again = receiving.receive(
        data=RegistrationIn.model_validate(form()), origin=Origin(), actor=None, at=AT + timedelta(hours=1)
    )
    assert (again.registration.pk, again.is_new) == (registration.pk, False)
    assert (Registration.objects.count(), EmailMessage.objects.count()) == (1, 1)


def test_same_reference_with_other_content_is_refused(registration: Registration) -> None:
    with pytest.raises(Refused):
        received(patient__first_name="Mara")
    assert Registration.objects.count() == 1


def test_same_reference_of_another_client_is_another_registration(
    registration: Registration, client_with
) -> None:
    one, other = client_with("registrations:write"), client_with("registrations:write", name="Other")
    ids = {received(origin=Origin(client=client)).pk for client in (one, other)} | {registration.pk}
    assert len(ids) == 3


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"patient__phone": "12"}, ("unusable", "patient.phone")),
        ({"patient__email": "mira(at)example.org"}, ("unusable", "patient.email")),
        ({"patient__kvnr": "A123456789"}, ("unusable", "patient.kvnr")),
        ({"patient__plz": "4103"}, ("unusable", "patient.plz")),
        ({"patient__insurer": "Kasse Unbekannt"}, ("unknown_insurer", "patient.insurer")),
        ({"patient__birth_date": "2027-01-01"}, ("unusable", "patient.birth_date")),
        ({"patient__birth_date": None}, ("missing", "patient.birth_date")),
        ({"health__diagnosis": "Depression"}, ("unusable", "health.diagnosis")),
        ({"health__symptoms": ["sunburn"]}, ("unknown_symptom", "health.symptoms")),
        ({"health__referral_code": "A1"}, ("unusable", "health.referral_code")),
        ({"consents": []}, ("no_health_consent", "consents")),
    ],
)
def test_what_a_person_can_mend_is_staged_and_named(insurer: Insurer, changes, problem) -> None:
    registration = received(**changes)
    assert [(one["code"], one["path"]) for one in registration.problems] == [problem]


def test_several_problems_are_all_named(insurer: Insurer) -> None:
    registration = received(patient__phone="12", patient__kvnr="B1", patient__insurer="Nirgends")
    assert {one["path"] for one in registration.problems} == {
        "patient.phone",
        "patient.kvnr",
        "patient.insurer",
    }


def test_no_address_needs_no_confirmation(insurer: Insurer) -> None:
    registration = received(patient__email="")
    assert (registration.status, registration.email) == ("waiting", None)
    assert EmailMessage.objects.count() == 0


def test_neither_mail_nor_phone_is_a_problem(insurer: Insurer) -> None:
    registration = received(patient__email="", patient__phone="")
    assert registration.problems == [{"code": "missing", "path": "patient.phone"}]


def test_consent_of_the_future_is_refused_with_its_path(insurer: Insurer) -> None:
    data = form()
    data["consents"][2]["given_at"] = "2026-11-23T09:06:00+01:00"
    with pytest.raises(ValidationError) as refused:
        receiving.receive(data=RegistrationIn.model_validate(data), origin=Origin(), actor=None, at=AT)
    assert list(refused.value.message_dict) == ["consents.2.given_at"]


def test_fourth_letter_to_one_mailbox_in_a_day_is_held_back(insurer: Insurer) -> None:
    rows = [received(external_reference=f"web-{number}") for number in range(4)]
    assert [row.links_sent for row in rows] == [1, 1, 1, 0]
    assert rows[3].problems == [{"code": "letter_held_back", "path": "patient.email"}]
    assert received(at=AT + timedelta(hours=25), external_reference="web-9").links_sent == 1


def test_content_is_encrypted_and_problems_hold_no_values(insurer: Insurer) -> None:
    registration = received(patient__phone="0815-x", health__diagnosis="Kummer")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM intake_registration t WHERE id = %s", [registration.pk])
        (row,) = cursor.fetchone()
    for word in ("Mira", "Sample", "Kummer", "0815", "A123456780", "erschöpft", "Musterweg"):
        assert word not in row


def test_values_are_those_of_a_patient(registration: Registration) -> None:
    said = reading.values(Registration.objects.get(pk=registration.pk))
    patient = reading.as_patient(said, today=AT.date())
    patient_words = (patient.phone, patient.email, patient.insurer.name, patient.referral_code)
    assert patient_words == ("+493411234567", "mira.sample@example.org", "Ahornkasse", "A1B2-C3D4-E5F6")
    assert [tuple(one) for one in reading.hours(registration)] == [(0, 480, 720), (3, 900, 1140)]

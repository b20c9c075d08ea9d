from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from apps.communication.enums import CallPurpose, LetterKind
from apps.communication.models import EmailMessage, PhoneCall
from apps.communication.services import calls, queue
from apps.communication.services.queue import Letter
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def email(at: datetime) -> EmailMessage:
    letter = Letter(kind=LetterKind.PATIENT_PLACE_FOUND, subject="Ein Platz", text="Briefzeuge")
    patient = PatientFactory(last_name="Nachnamezeuge")
    return queue.enqueue(
        letter=letter, to_email="a@example.org", to_name="", patient=patient, actor=None, at=at
    )


@pytest.fixture
def call(at: datetime) -> PhoneCall:
    return calls.plan(
        therapist=TherapistFactory(last_name="Rotbuche"),
        purpose=CallPurpose.FOLLOW_UP,
        not_before=at,
        minutes=5,
        actor=None,
        at=at,
    )


def test_emails_are_found_and_shown_without_body_and_name(
    manager_client: Client, email: EmailMessage
) -> None:
    found = manager_client.get(reverse("admin:communication_emailmessage_changelist"), {"q": "Platz"})
    assert [row.pk for row in found.context["cl"].result_list] == [email.pk]
    url = reverse("admin:communication_emailmessage_change", args=[email.pk])
    text = manager_client.get(url).content.decode()
    assert email.patient.case_code in text
    assert "Briefzeuge" not in text
    assert "Nachnamezeuge" not in text


def test_calls_are_found_by_therapist(manager_client: Client, call: PhoneCall) -> None:
    found = manager_client.get(reverse("admin:communication_phonecall_changelist"), {"q": "rotbuche"})
    assert [row.pk for row in found.context["cl"].result_list] == [call.pk]
    url = reverse("admin:communication_phonecall_change", args=[call.pk])
    assert manager_client.get(url).status_code == 200


@pytest.mark.parametrize("model", ["emailmessage", "phonecall"])
def test_nothing_is_added_changed_or_deleted_past_the_services(
    manager_client: Client, email: EmailMessage, call: PhoneCall, model: str
) -> None:
    pk = {"emailmessage": email.pk, "phonecall": call.pk}[model]
    assert manager_client.get(reverse(f"admin:communication_{model}_add")).status_code == 403
    change = reverse(f"admin:communication_{model}_change", args=[pk])
    assert manager_client.post(change, {"status": "cancelled"}).status_code == 403
    assert manager_client.post(reverse(f"admin:communication_{model}_delete", args=[pk])).status_code == 403

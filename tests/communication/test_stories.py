"""What communication tells of a person, and that it costs the same however long the story is."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from apps.accounts.models import User
from apps.communication import stories
from apps.communication.enums import CallOutcome, CallStatus, EmailStatus, Refusal
from apps.communication.models import EmailMessage, InboundMessage
from apps.communication.services import calls, notes
from apps.core.transitions import move
from apps.patients.models import Patient
from apps.therapists.models import Therapist
from tests.communication.rows import AT, call_at, email_in, queued
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def inbound(number: int = 1, **fields: Any) -> InboundMessage:
    values = {"kind": "answer", "source": "imap", "status": "waiting", "received_at": AT, "text": "Geheimnis"}
    return InboundMessage.objects.create(fingerprint=f"{number:064d}", **{**values, **fields})


def to(therapist: Therapist, **fields: Any) -> EmailMessage:
    email = queued(**fields)
    EmailMessage.objects.filter(pk=email.pk).update(therapist=therapist, patient=None, kind="inquiry")
    return email


def test_queued_email_is_told_at_the_moment_it_was_written(coordinator: User) -> None:
    therapist = TherapistFactory()
    email = to(therapist, actor=coordinator)
    (entry,) = stories.of_therapist(therapist.pk)
    assert (entry["at"], entry["actor"], entry["kind"]) == (AT, "Coordinator", "email")
    assert entry["text"] == "E-mail, inquiry: queued"
    assert entry["url"] == reverse("communication:email", args=[email.pk])


def test_sent_email_is_told_at_the_moment_it_went_out() -> None:
    email = email_in(EmailStatus.SENT)
    EmailMessage.objects.filter(pk=email.pk).update(sent_at=AT + DAY)
    (entry,) = stories.of_patient(email.patient.pk)
    assert (entry["at"], entry["tone"]) == (AT + DAY, "success")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (
            {"status": "refused", "refusal": Refusal.NO_CONSENT},
            "The patient has not consented to contact by e-mail.",
        ),
        ({"status": "failed", "server_reply": "550 no such user"}, "550 no such user"),
        ({"status": "sent", "sent_at": AT, "server_reply": "250 ok"}, ""),
    ],
)
def test_email_says_why_it_did_not_get_through(fields: dict[str, Any], reason: str) -> None:
    email = queued()
    EmailMessage.objects.filter(pk=email.pk).update(**fields)
    (entry,) = stories.of_patient(email.patient.pk)
    assert entry["reason"] == reason


def test_email_body_is_not_read() -> None:
    email = queued("Kanarienvogel")
    assert "Kanarienvogel" not in str(stories.of_patient(email.patient.pk))


def test_planned_call_stands_where_it_is_planned_for() -> None:
    call = call_at(AT + DAY)
    (entry,) = stories.of_therapist(call.therapist_id)
    assert (entry["at"], entry["kind"], entry["text"]) == (AT + DAY, "call", "Call, first contact: planned")


def test_call_made_tells_outcome_attempt_and_note(coordinator: User) -> None:
    call = call_at(AT, attempt=2)
    done = {"outcome": CallOutcome.MESSAGE_LEFT, "note": "Band", "done_at": AT, "coordinator": coordinator}
    move(call, to=CallStatus.DONE, actor=coordinator, at=AT, fields=done)
    (entry,) = stories.of_therapist(call.therapist_id)
    assert entry["text"] == "Call, first contact, attempt 2: message left"
    assert (entry["body"], entry["actor"], entry["at"]) == ("Band", "Coordinator", AT)


def test_cancelled_call_tells_when_and_why() -> None:
    call = call_at(AT + 9 * DAY)
    calls.cancel(call=call, actor=None, at=AT + DAY, reason="search paused")
    (entry,) = stories.of_therapist(call.therapist_id)
    assert (entry["at"], entry["reason"], entry["actor"]) == (AT + DAY, "search paused", "")


def test_message_is_told_without_its_words() -> None:
    therapist = TherapistFactory()
    message = inbound(therapist=therapist)
    (entry,) = stories.of_therapist(therapist.pk)
    assert entry["text"] == "Came in, answer: waits for a decision"
    assert f"/inbox/{message.pk}/" in entry["url"]
    assert "Geheimnis" not in str(entry)


def test_struck_note_stays_and_names_who_struck_it(coordinator: User, manager: User) -> None:
    therapist = TherapistFactory()
    note = notes.add(text="nie montags", therapist=therapist, actor=coordinator, at=AT)
    notes.strike(note=note, actor=manager, at=AT)
    (entry,) = stories.of_therapist(therapist.pk)
    assert (entry["text"], entry["reason"]) == ("Note, struck out by Manager", "nie montags")
    assert (entry["is_struck"], entry["note_id"], entry["author_id"]) == (True, note.pk, coordinator.pk)


def test_others_are_not_told_of() -> None:
    therapist = TherapistFactory()
    call_at(AT)
    inbound(1, therapist=TherapistFactory())
    queued()
    assert stories.of_therapist(therapist.pk) == []
    assert stories.of_patient(PatientFactory().pk) == []


def test_contacts_since_leaves_out_what_was_before() -> None:
    therapist = TherapistFactory()
    inbound(1, therapist=therapist, received_at=AT - timedelta(seconds=1))
    inbound(2, therapist=therapist, received_at=AT)
    found = stories.contacts_since(therapist_id=therapist.pk, since=AT)
    assert [entry["at"] for entry in found] == [AT]


def tell(person: Therapist | Patient, count: int, author: User) -> None:
    for number in range(count):
        about = {"therapist": person} if isinstance(person, Therapist) else {"patient": person}
        if isinstance(person, Therapist):
            to(person, actor=author)
            calls.cancel(
                call=call_at(AT + number * DAY, therapist=person), actor=author, at=AT, reason="test"
            )
        else:
            queued(patient=person, actor=author)
        inbound(number, handled_by=author, **about)
        notes.add(text=f"Notiz {number}", actor=author, at=AT, **about)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 3])
def test_story_of_a_therapist_costs_six_queries(
    coordinator: User, django_assert_num_queries: Any, count: int
) -> None:
    """E-mails and their starts, calls and their ends, messages, notes."""
    therapist = TherapistFactory()
    tell(therapist, count, coordinator)
    with django_assert_num_queries(6):
        assert len(stories.of_therapist(therapist.pk)) == 4 * count


@pytest.mark.parametrize("count", [1, 3])
def test_story_of_a_patient_costs_four_queries(
    coordinator: User, django_assert_num_queries: Any, count: int
) -> None:
    patient = PatientFactory()
    tell(patient, count, coordinator)
    with django_assert_num_queries(4):
        assert len(stories.of_patient(patient.pk)) == 3 * count


def test_entries_are_newest_first_by_kind(at: datetime) -> None:
    therapist = TherapistFactory()
    for number in range(3):
        inbound(number, therapist=therapist, received_at=at + number * DAY)
    moments = [entry["at"] for entry in stories.of_therapist(therapist.pk)]
    assert moments == [at + 2 * DAY, at + DAY, at]

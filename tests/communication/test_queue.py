"""What people do with messages in the queue."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from apps.accounts.models import User
from apps.communication.enums import EmailStatus, LetterKind
from apps.communication.models import EmailMessage
from apps.communication.services import queue
from apps.core.errors import StaleState
from tests.communication.rows import email_in, letter, queued, steps
from tests.factories.patients import PatientFactory
from tests.factories.therapists import TherapistFactory

pytestmark = pytest.mark.django_db

E = EmailStatus
ALL = set(EmailStatus)


def test_enqueue_writes_a_waiting_row_with_history(coordinator: User, at: datetime) -> None:
    email = queued(text="Hallo", actor=coordinator)
    email.refresh_from_db()
    assert (email.status, email.text, email.attempts, email.next_attempt_at) == ("queued", "Hallo", 0, None)
    assert email.message_id.endswith("@example.org>")
    assert list(email.history.values_list("old", "new", "at", "actor")) == [
        ("", "queued", at, coordinator.pk)
    ]


def test_enqueue_gives_every_message_its_own_ids() -> None:
    first, second = queued(), queued()
    assert first.message_id != second.message_id
    assert first.outbox_id != second.outbox_id


@pytest.mark.parametrize("is_both", [True, False])
def test_enqueue_needs_exactly_one_counterpart(at: datetime, is_both: bool) -> None:
    people: dict[str, Any] = {}
    if is_both:
        people = {"therapist": TherapistFactory(), "patient": PatientFactory()}
    with pytest.raises(IntegrityError, match="email_one_counterpart"), transaction.atomic():
        queue.enqueue(letter=letter(), to_email="a@example.org", to_name="A", actor=None, at=at, **people)


def test_rewrite_replaces_subject_and_text() -> None:
    email = queued()
    new = queue.Letter(kind=LetterKind.PATIENT_PLACE_FOUND, subject="Neu", text="anders")
    before = (email.message_id, email.outbox_id)
    queue.rewrite(email=email, letter=new)
    email.refresh_from_db()
    assert (email.subject, email.text, email.status) == ("Neu", "anders", E.QUEUED)
    assert (email.message_id, email.outbox_id) == before


@pytest.mark.parametrize("status", sorted(ALL - {E.QUEUED}))
def test_rewrite_of_what_no_longer_waits_is_stale(status: EmailStatus) -> None:
    email = email_in(status)
    with pytest.raises(StaleState):
        queue.rewrite(email=email, letter=letter("neu"))
    email.refresh_from_db()
    assert email.text == "Guten Tag"


@pytest.mark.parametrize("status", [E.FAILED, E.REFUSED, E.UNCLEAR])
def test_requeue_lets_a_person_send_again(coordinator: User, at: datetime, status: EmailStatus) -> None:
    email = email_in(status)
    EmailMessage.objects.filter(pk=email.pk).update(attempts=6, next_attempt_at=at + timedelta(days=1))
    message_id = email.message_id
    queue.requeue(email=email, actor=coordinator, at=at, reason="asked by phone")
    email.refresh_from_db()
    assert (email.status, email.attempts, email.next_attempt_at) == (E.QUEUED, 0, None)
    assert email.message_id == message_id
    last = email.history.last()
    assert (last.old, last.new, last.actor, last.reason) == (status, "queued", coordinator, "asked by phone")


@pytest.mark.parametrize("status", sorted(ALL - {E.FAILED, E.REFUSED, E.UNCLEAR}))
def test_requeue_from_any_other_state_is_stale(at: datetime, status: EmailStatus) -> None:
    """Above all not from a worker's hands: the message would go out twice."""
    email = email_in(status)
    with pytest.raises(StaleState):
        queue.requeue(email=email, actor=None, at=at, reason="again")
    email.refresh_from_db()
    assert email.status == status
    assert steps(email) == [("", "queued")]


def test_requeue_without_a_reason_is_refused(at: datetime) -> None:
    email = email_in(E.FAILED)
    with pytest.raises(StaleState):
        queue.requeue(email=email, actor=None, at=at, reason="  ")
    email.refresh_from_db()
    assert email.status == E.FAILED


def test_settle_as_sent_counts_from_the_handing_over(coordinator: User, at: datetime) -> None:
    email = email_in(E.UNCLEAR)
    queue.settle_as_sent(email=email, actor=coordinator, at=at + timedelta(days=1), reason="in their inbox")
    email.refresh_from_db()
    assert (email.status, email.sent_at) == (E.SENT, at)
    assert steps(email)[-1] == ("unclear", "sent")


@pytest.mark.parametrize("status", sorted(ALL - {E.UNCLEAR}))
def test_settle_as_sent_of_what_is_not_unclear_is_stale(at: datetime, status: EmailStatus) -> None:
    email = email_in(status)
    with pytest.raises(StaleState):
        queue.settle_as_sent(email=email, actor=None, at=at, reason="really")
    email.refresh_from_db()
    assert email.status == status


@pytest.mark.parametrize("status", [E.QUEUED, E.FAILED, E.REFUSED, E.UNCLEAR])
def test_cancel_ends_what_nobody_has_in_hand(coordinator: User, at: datetime, status: EmailStatus) -> None:
    email = email_in(status)
    queue.cancel(email=email, actor=coordinator, at=at, reason="not wanted")
    email.refresh_from_db()
    assert email.status == E.CANCELLED
    assert email.history.last().reason == "not wanted"


@pytest.mark.parametrize("status", [E.SENDING, E.HANDING_OVER, E.SENT, E.CANCELLED])
def test_cancel_of_a_message_in_hand_or_gone_is_stale(at: datetime, status: EmailStatus) -> None:
    with pytest.raises(StaleState):
        queue.cancel(email=email_in(status), actor=None, at=at, reason="too late")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"status": "lost"}, "email_status_known"),
        ({"status": E.SENT}, "email_sent_has_time"),
        ({"status": E.SENDING}, "email_in_hand_has_time"),
        ({"status": E.HANDING_OVER}, "email_in_hand_has_time"),
    ],
)
def test_email_in_an_impossible_state_is_refused(changes: dict[str, Any], constraint: str) -> None:
    email = queued()
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        EmailMessage.objects.filter(pk=email.pk).update(**changes)


def test_email_body_is_stored_encrypted() -> None:
    email = queued(text="Niemand liest das")
    with connection.cursor() as cursor:
        cursor.execute("SELECT text::text FROM communication_emailmessage WHERE id = %s", [email.pk])
        (stored,) = cursor.fetchone()
    assert "Niemand" not in stored
    assert email.text == "Niemand liest das"

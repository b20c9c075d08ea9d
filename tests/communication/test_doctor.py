from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from apps.communication import doctor
from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage, MailboxState
from apps.communication.services import circuit
from apps.core import parameters
from apps.core.doctor import Finding, Level
from tests.communication.rows import AT, email_in, queued

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def seen(look: Callable[[datetime], Iterable[Finding]], at: datetime = AT) -> list[tuple[Level, str]]:
    findings = list(look(at))
    assert [bool(finding.remedy) for finding in findings] == [bool(finding.level) for finding in findings]
    return [(finding.level, finding.text) for finding in findings]


def test_email_waits_from_the_moment_it_may_leave() -> None:
    assert doctor.queued_since(AT) is None
    email = queued()
    EmailMessage.objects.update(updated_at=AT - timedelta(minutes=3))
    assert doctor.queued_since(AT) == AT - timedelta(minutes=3)
    EmailMessage.objects.update(next_attempt_at=AT - timedelta(minutes=1))
    assert doctor.queued_since(AT) == AT - timedelta(minutes=1)
    EmailMessage.objects.filter(pk=email.pk).update(status=EmailStatus.CANCELLED)
    assert doctor.queued_since(AT) is None


def test_email_is_not_due_while_the_hour_is_full() -> None:
    queued()
    EmailMessage.objects.update(updated_at=AT - timedelta(hours=3))
    parameters.change(name="emails_per_hour", value=1, actor=None, at=AT - timedelta(days=1), reason="test")
    email_in(EmailStatus.SENT)
    assert doctor.queued_since(AT + timedelta(minutes=59)) is None
    assert doctor.queued_since(AT + timedelta(minutes=60)) == AT - timedelta(hours=3)


@pytest.mark.parametrize("status", [EmailStatus.SENDING, EmailStatus.HANDING_OVER])
def test_email_in_hand_waits_from_its_claim(status: EmailStatus) -> None:
    assert doctor.in_hand_since(AT) is None
    email_in(status)
    assert doctor.in_hand_since(AT) == AT


def test_unclear_email_is_a_warning_until_it_is_settled() -> None:
    assert seen(doctor.look_at_unclear) == [(Level.OK, "There are none.")]
    email_in(EmailStatus.UNCLEAR)
    EmailMessage.objects.update(updated_at=AT - timedelta(days=2))
    text = "1 message: nobody knows whether it arrived, longest for 2\xa0days."
    assert seen(doctor.look_at_unclear) == [(Level.WARNING, text)]


def test_resting_mail_server_becomes_an_error_when_it_lasts() -> None:
    assert seen(doctor.look_at_mail_server) == [(Level.OK, "It is not being left in peace.")]
    for _failure in range(4):
        circuit.note_failure(transport="smtp", reply="refused", at=AT)
    text = "smtp failed %s times in a row and rests until 23.11.2026 %s: refused"
    assert seen(doctor.look_at_mail_server) == [(Level.WARNING, text % (4, "09:08"))]
    circuit.note_failure(transport="smtp", reply="refused", at=AT)
    assert seen(doctor.look_at_mail_server) == [(Level.ERROR, text % (5, "09:15"))]
    circuit.note_success(transport="smtp")
    assert seen(doctor.look_at_mail_server) == [(Level.OK, "It is not being left in peace.")]


def test_mailbox_with_an_error_is_named() -> None:
    assert seen(doctor.look_at_mailboxes) == [(Level.OK, "No trouble.")]
    MailboxState.objects.create(name="archive@example.org", checked_at=AT, error="log-in refused")
    text = "archive@example.org cannot be read: log-in refused"
    assert seen(doctor.look_at_mailboxes) == [(Level.ERROR, text)]


def test_mailbox_that_nobody_reads_is_an_error(settings: Any) -> None:
    settings.INBOUND_IMAP_URL = "imaps://answers%40example.org:secret@mail.example.org:993/INBOX"
    text = "The mailbox of answers has not been read for a while."
    assert seen(doctor.look_at_mailboxes) == [(Level.ERROR, text)]
    MailboxState.objects.create(name="answers", checked_at=AT - timedelta(minutes=14))
    assert seen(doctor.look_at_mailboxes) == [(Level.OK, "No trouble.")]
    MailboxState.objects.update(checked_at=AT - timedelta(minutes=15))
    assert seen(doctor.look_at_mailboxes) == [(Level.ERROR, text)]

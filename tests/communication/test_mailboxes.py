"""The poller: everything once, whatever dies in between; unclear letters looked up in the archive."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.communication.enums import EmailStatus, InboundSource
from apps.communication.models import InboundMessage, MailboxState
from apps.communication.services import inbound, mailboxes
from apps.communication.services.reconciliation import IN_ARCHIVE, NOT_IN_ARCHIVE
from tests.communication.imapserver import ImapServer
from tests.communication.inbound.mails import mail
from tests.communication.rows import AT, email_in, steps

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(settings: Any) -> Iterator[ImapServer]:
    with ImapServer() as server:
        settings.INBOUND_IMAP_URL = settings.ARCHIVE_IMAP_URL = server.url
        yield server


def clock() -> datetime:
    return AT


def letter(number: int) -> bytes:
    return mail(f"Leider nein, Nummer {number}.", message_id=f"<n{number}@example.org>")


def test_without_a_mailbox_nothing_happens(settings: Any) -> None:
    settings.INBOUND_IMAP_URL = settings.ARCHIVE_IMAP_URL = ""
    assert (mailboxes.poll(clock=clock), mailboxes.reconcile(clock=clock)) == (0, 0)
    assert MailboxState.objects.count() == 0


def test_new_messages_are_taken_over_once_and_marked_read(server: ImapServer) -> None:
    for number in range(3):
        server.room.put(letter(number))
    assert [mailboxes.poll(clock=clock), mailboxes.poll(clock=clock)] == [3, 0]
    assert [kept.is_seen for kept in server.room.messages.values()] == [True, True, True]
    state = MailboxState.objects.get()
    assert (state.last_uid, state.uid_validity, state.checked_at, state.error) == (3, 7, AT, "")


def test_more_than_a_batch_is_taken_over_in_one_run(server: ImapServer, monkeypatch: Any) -> None:
    monkeypatch.setattr(mailboxes, "BATCH", 2)
    for number in range(5):
        server.room.put(letter(number))
    assert mailboxes.poll(clock=clock) == 5


def test_other_numbers_are_read_from_the_beginning(server: ImapServer) -> None:
    server.room.put(letter(1))
    mailboxes.poll(clock=clock)
    server.room.uid_validity = 8
    server.room.put(letter(2))
    assert mailboxes.poll(clock=clock) == 1
    assert (InboundMessage.objects.count(), MailboxState.objects.get().uid_validity) == (2, 8)


def test_broken_off_before_it_was_marked_read_is_not_doubled(server: ImapServer) -> None:
    server.room.put(letter(1))
    server.room.put(letter(2))
    server.room.hang_up_on = "STORE"
    assert mailboxes.poll(clock=clock) == 0
    assert MailboxState.objects.get().error != ""
    server.room.hang_up_on = ""
    mailboxes.poll(clock=clock)
    assert InboundMessage.objects.count() == 2
    assert MailboxState.objects.get().error == ""


def test_message_that_could_not_be_written_is_read_again(server: ImapServer, monkeypatch: Any) -> None:
    server.room.put(letter(1))

    def dies(**kwargs: Any) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(inbound, "ingest", dies)
        with pytest.raises(RuntimeError):
            mailboxes.poll(clock=clock)
    assert server.room.messages[1].is_seen is False
    assert mailboxes.poll(clock=clock) == 1


def test_mailbox_out_of_reach_is_noted_and_raises_nothing(settings: Any) -> None:
    settings.INBOUND_IMAP_URL = "imap://a:b@127.0.0.1:1/INBOX"
    assert mailboxes.poll(clock=clock) == 0
    assert MailboxState.objects.get().error == "ConnectionRefusedError"


def test_unclear_letter_in_the_archive_is_settled(server: ImapServer) -> None:
    email = email_in(EmailStatus.UNCLEAR)
    server.room.put(f"Message-ID: {email.message_id}\r\n\r\n".encode())
    assert mailboxes.reconcile(clock=clock) == 1
    email.refresh_from_db()
    assert (email.status, email.sent_at) == (EmailStatus.SENT, AT)
    assert email.history.last().reason == IN_ARCHIVE


def test_unclear_letter_not_in_the_archive_stays_with_one_note(server: ImapServer) -> None:
    email = email_in(EmailStatus.UNCLEAR)
    for minutes in (5, 16, 30):
        assert mailboxes.reconcile(clock=lambda minutes=minutes: AT + timedelta(minutes=minutes)) == 0
    assert steps(email)[1:] == [("unclear", "unclear")]
    assert email.history.last().reason == NOT_IN_ARCHIVE
    email.refresh_from_db()
    assert email.status == EmailStatus.UNCLEAR


def test_archive_out_of_reach_settles_and_notes_nothing(server: ImapServer) -> None:
    email = email_in(EmailStatus.UNCLEAR)
    server.room.fail_on = "SEARCH"
    assert mailboxes.reconcile(clock=lambda: AT + timedelta(hours=1)) == 0
    assert len(steps(email)) == 1


def test_archive_is_not_asked_without_unclear_letters(server: ImapServer) -> None:
    email_in(EmailStatus.SENT)
    mailboxes.reconcile(clock=clock)
    assert server.room.commands == []


def test_command_takes_over_saved_messages(tmp_path: Any, capsys: Any) -> None:
    path = tmp_path / "a.eml"
    path.write_bytes(letter(1))
    call_command("poll_mailbox", str(path))
    call_command("poll_mailbox", str(path))
    assert capsys.readouterr().out == "new=1\nnew=0\n"
    assert InboundMessage.objects.get().source == InboundSource.UPLOAD


def test_command_reads_the_mailbox(server: ImapServer, capsys: Any) -> None:
    server.room.put(letter(1))
    call_command("poll_mailbox")
    assert capsys.readouterr().out == "new=1\n"


def test_command_without_a_mailbox_says_what_is_missing(settings: Any) -> None:
    settings.INBOUND_IMAP_URL = ""
    with pytest.raises(CommandError, match="INBOUND_IMAP_URL"):
        call_command("poll_mailbox")

"""The IMAP client against a real socket."""

from collections.abc import Iterator

import pytest

from apps.communication.clients.imap import Mailbox, MailboxError
from tests.communication.imapserver import ImapServer


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer() as server:
        yield server


def test_new_messages_are_fetched_whole_with_their_moment(server: ImapServer) -> None:
    server.room.put(b"Subject: a\r\n\r\nfirst")
    server.room.put(b"Subject: b\r\n\r\nsecond")
    with Mailbox(server.url) as box:
        assert (box.uid_validity(), box.uids_after(0)) == (7, [1, 2])
        fetched = list(box.fetch([1, 2]))
    assert [(each.uid, each.raw) for each in fetched] == [
        (1, b"Subject: a\r\n\r\nfirst"),
        (2, b"Subject: b\r\n\r\nsecond"),
    ]
    assert fetched[0].received_at.isoformat() == "2026-11-23T07:55:00+00:00"


def test_last_message_is_not_new_again(server: ImapServer) -> None:
    server.room.put(b"Subject: a\r\n\r\n")
    with Mailbox(server.url) as box:
        assert box.uids_after(1) == []


def test_vanished_message_is_left_out(server: ImapServer) -> None:
    with Mailbox(server.url) as box:
        assert list(box.fetch([5])) == []


def test_message_is_found_by_its_id(server: ImapServer) -> None:
    server.room.put(b"Message-ID: <a@example.org>\r\n\r\n")
    with Mailbox(server.url) as box:
        assert [box.has_message("<a@example.org>"), box.has_message("<b@example.org>")] == [True, False]


def test_name_has_no_password(server: ImapServer) -> None:
    assert Mailbox(server.url).name == f"inbox@example.org@127.0.0.1:{server.port}/INBOX"


def test_wrong_password_is_permanent(server: ImapServer) -> None:
    with pytest.raises(MailboxError) as caught, Mailbox(server.url.replace("geheim", "falsch")):
        pass
    assert caught.value.permanent is True


def test_nobody_listening_is_not_permanent() -> None:
    with pytest.raises(MailboxError) as caught, Mailbox("imap://a:b@127.0.0.1:1/INBOX"):
        pass
    assert caught.value.permanent is False


@pytest.mark.parametrize("command", ["SEARCH", "FETCH", "STORE"])
@pytest.mark.parametrize("fault", ["fail_on", "hang_up_on"])
def test_fault_of_the_server_is_one_kind_of_error(server: ImapServer, command: str, fault: str) -> None:
    server.room.put(b"Subject: a\r\n\r\n")
    setattr(server.room, fault, command)
    with Mailbox(server.url) as box, pytest.raises(MailboxError):
        box.uids_after(0)
        list(box.fetch([1]))
        box.mark_read(1)


@pytest.mark.parametrize("url", ["", "https://a@b/", "imap://nouser/INBOX", "imaps://"])
def test_what_is_no_mailbox_is_refused(url: str) -> None:
    with pytest.raises(MailboxError):
        Mailbox(url)

"""The dialogue with a mail server, on real sockets."""

from email.message import EmailMessage as MimeMessage
from email.policy import SMTP
from typing import Any

import pytest

from apps.communication.clients.delivery import DeliveryError
from apps.communication.clients.smtp import SmtpClient
from apps.core.errors import StaleState
from apps.workspace.demo.mailserver import CatchingHandler
from tests.communication.mailservers import CLOSE, SILENCE, scripted
from tests.communication.rows import plain


def _message(text: str = "Guten Tag") -> MimeMessage:
    message = MimeMessage()
    message["From"], message["To"], message["Subject"] = "wir@example.org", "du@example.org", "Anfrage"
    message["Message-ID"] = "<1@example.org>"
    message.set_content(text, cte="quoted-printable")
    return message


def _deliver(client: SmtpClient, message: MimeMessage | None = None, mark: Any = lambda: None) -> str:
    data = (message or _message()).as_bytes(policy=SMTP)
    receipt = client.deliver(
        data, sender="wir@example.org", recipient="du@example.org", before_final_dot=mark
    )
    return receipt.reply


def _failure(settings: Any, **script: list[str]) -> tuple[DeliveryError, int, int]:
    """The error of one delivery, how often it was marked, how many messages the server has."""
    marks: list[int] = []
    with scripted(settings, **script) as server, SmtpClient() as client:
        with pytest.raises(DeliveryError) as error:
            _deliver(client, mark=lambda: marks.append(1))
        return error.value, len(marks), len(server.arrived)


def test_deliver_accepted_returns_the_reply_and_marks_once(settings: Any) -> None:
    marks: list[int] = []
    with scripted(settings) as server, SmtpClient() as client:
        assert _deliver(client, mark=lambda: marks.append(len(server.arrived))) == "250 taken"
    assert marks == [0]  # before the server had the dot
    assert len(server.arrived) == 1


def test_deliver_two_messages_uses_one_connection(settings: Any) -> None:
    with scripted(settings) as server, SmtpClient() as client:
        _deliver(client)
        _deliver(client)
    assert server.connections == 1
    assert server.steps == [
        *("CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "DOT"),
        *("MAIL", "RCPT", "DATA", "DOT", "QUIT"),
    ]


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["421 going down", "451 later", "450 mailbox busy"])
def test_deliver_temporary_no_before_the_dot_may_be_repeated(settings: Any, step: str, reply: str) -> None:
    error, marks, arrived = _failure(settings, **{step: [reply]})
    assert (error.reply, error.permanent, error.is_unclear) == (reply, False, False)
    assert (marks, arrived) == (0, 0)


@pytest.mark.parametrize("reply", ["421 going down", "451 greylisted", "452 full"])
def test_deliver_temporary_no_to_the_dot_may_be_repeated(settings: Any, reply: str) -> None:
    error, marks, _arrived = _failure(settings, DOT=[reply])
    assert (error.reply, error.permanent, error.is_unclear) == (reply, False, False)
    assert marks == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
def test_deliver_permanent_no_is_permanent(settings: Any, step: str) -> None:
    error, _marks, _arrived = _failure(settings, **{step: ["550 no such user"]})
    assert (error.reply, error.permanent, error.is_unclear) == ("550 no such user", True, False)


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("trouble", [CLOSE, SILENCE])
def test_deliver_lost_before_the_dot_may_be_repeated(settings: Any, step: str, trouble: str) -> None:
    error, marks, arrived = _failure(settings, **{step: [trouble] * 2})
    assert (error.permanent, error.is_unclear) == (False, False)
    assert (marks, arrived) == (0, 0)


@pytest.mark.parametrize("trouble", [CLOSE, SILENCE, "nonsense", "354 go on"])
def test_deliver_without_an_answer_to_the_dot_is_unclear(settings: Any, trouble: str) -> None:
    error, marks, arrived = _failure(settings, DOT=[trouble])
    assert (error.permanent, error.is_unclear) == (False, True)
    assert (marks, arrived) == (1, 1)


def test_deliver_to_a_closed_port_may_be_repeated(settings: Any) -> None:
    with scripted(settings):
        pass
    with SmtpClient() as client, pytest.raises(DeliveryError) as error:
        _deliver(client)
    assert error.value.reply.startswith("ConnectionRefusedError")
    assert (error.value.permanent, error.value.is_unclear) == (False, False)


@pytest.mark.parametrize("trouble", [CLOSE, "421 idle too long"])
def test_deliver_after_the_server_hung_up_connects_anew(settings: Any, trouble: str) -> None:
    with scripted(settings, MAIL=["250 OK", trouble]) as server, SmtpClient() as client:
        _deliver(client)
        assert _deliver(client) == "250 taken"
    assert server.connections == 2
    assert len(server.arrived) == 2


def test_deliver_with_a_refused_mark_sends_nothing_and_drops_the_connection(settings: Any) -> None:
    def refuse() -> None:
        raise StaleState

    with scripted(settings) as server, SmtpClient() as client:
        with pytest.raises(StaleState):
            _deliver(client, mark=refuse)
        conversation = server.threads[1]
        conversation.join(timeout=10)
        assert not conversation.is_alive()
        assert server.arrived == []
        assert _deliver(client) == "250 taken"
    assert len(server.arrived) == 1
    assert server.connections == 2


def test_deliver_lines_with_dots_and_umlauts_arrive_intact(settings: Any, mailbox: CatchingHandler) -> None:
    text = (
        "Grüße aus Köln – schön.\n.\n..zwei Punkte\n.eins\nletzte Zeile ohne Ende: ß\n" + "lang " * 400 + "\n"
    )
    with SmtpClient() as client:
        _deliver(client, _message(text))
    assert plain(mailbox.messages[0]) == text


def test_deliver_raw_dots_are_doubled_on_the_wire(settings: Any) -> None:
    message = _message()
    message.set_content(".a\n.\nb\n", cte="7bit")
    with scripted(settings) as server, SmtpClient() as client:
        _deliver(client, message)
    assert server.arrived[0].endswith(b"\r\n\r\n..a\r\n..\r\nb\r\n")


def test_deliver_to_an_unreachable_server_blames_no_message(settings: Any) -> None:
    error, _marks, _arrived = _failure(settings, CONNECT=["554 no service"])
    assert (error.is_connection, error.permanent, error.is_unclear) == (True, False, False)


def test_deliver_after_a_refused_envelope_clears_the_connection(settings: Any) -> None:
    with scripted(settings, RCPT=["550 no such user"]) as server, SmtpClient() as client:
        with pytest.raises(DeliveryError):
            _deliver(client)
        assert _deliver(client) == "250 taken"
    assert (server.connections, server.steps.count("RSET")) == (1, 1)


def test_deliver_pipelines_where_the_server_offers_it(settings: Any) -> None:
    with scripted(settings, EHLO=["250-hello\r\n250 PIPELINING"]) as server, SmtpClient() as client:
        assert [_deliver(client), _deliver(client)] == ["250 taken", "250 taken"]
    assert server.connections == 1
    assert [b"Guten Tag" in data for data in server.arrived] == [True, True]


def test_deliver_pipelined_refused_recipient_hangs_up_where_data_is_awaited(settings: Any) -> None:
    """The server said no to the recipient, yet waits for data: a dot now would be a message to nobody."""
    script = {"EHLO": ["250-hello\r\n250 PIPELINING"], "RCPT": ["550 no such user"]}
    with scripted(settings, **script) as server, SmtpClient() as client:
        with pytest.raises(DeliveryError) as error:
            _deliver(client)
        assert error.value.permanent
        assert _deliver(client) == "250 taken"
    assert server.connections == 2
    assert len(server.arrived) == 1


@pytest.mark.parametrize("recipient", ["a@example.org\r\nRCPT TO:<b@example.org>", "a\n@example.org"])
def test_deliver_never_sends_a_line_break_in_an_address(settings: Any, recipient: str) -> None:
    with scripted(settings) as server, SmtpClient() as client, pytest.raises(DeliveryError) as error:
        client.deliver(b"", sender="wir@example.org", recipient=recipient, before_final_dot=lambda: None)
    assert error.value.permanent
    assert "DATA" not in server.steps


def test_deliver_umlaut_before_the_at_needs_a_server_that_takes_it(settings: Any) -> None:
    with scripted(settings) as _server, SmtpClient() as client, pytest.raises(DeliveryError) as error:
        client.deliver(
            b"", sender="wir@example.org", recipient="jörg@example.org", before_final_dot=lambda: None
        )
    assert (error.value.permanent, "SMTPUTF8" in error.value.reply) == (True, True)

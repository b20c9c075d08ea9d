"""The suite's own mail server: what it says, and what its log knows when it says it."""

import smtplib
from collections.abc import Iterator
from typing import Any

import pytest

from faults.mail import MailServer, mail_server

SENDER = "us@faults.example"


@pytest.fixture
def server(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "", 0  # so that both are set back afterwards
    with mail_server(delay_seconds=0) as running:
        yield running


def send(server: MailServer, local_part: str, message_id: str = "<1@faults.example>") -> None:
    recipient = f"{local_part}@faults.example"
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as smtp:
        smtp.sendmail(SENDER, [recipient], f"Message-ID: {message_id}\r\n\r\nGuten Tag\r\n".encode())


def test_taken_message_stands_in_the_log(server: MailServer) -> None:
    send(server, "fine.1", "<a@faults.example>")
    send(server, "fine.2", "<b@faults.example>")
    send(server, "fine.2", "<b@faults.example>")
    assert server.taken() == {"<a@faults.example>": 1, "<b@faults.example>": 2}
    assert server.asked() == {"fine.1@faults.example": 1, "fine.2@faults.example": 2}


@pytest.mark.parametrize("step", ["drop-before-data", "drop-in-body", "close-dot"])
def test_trouble_strikes_an_address_once(server: MailServer, step: str) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(server, f"{step}.1")
    assert server.taken() == {}
    send(server, f"{step}.1")
    assert server.taken() == {"<1@faults.example>": 1}


@pytest.mark.parametrize("step", ["421-dot", "451-dot", "421-data", "451-data"])
def test_temporary_no_is_said_once(server: MailServer, step: str) -> None:
    with pytest.raises(smtplib.SMTPResponseException) as refused:
        send(server, f"{step}.1")
    assert refused.value.smtp_code == int(step[:3])
    send(server, f"{step}.1")
    assert server.taken() == {"<1@faults.example>": 1}


def test_close_after_the_dot_may_have_taken_the_message(server: MailServer) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(server, "close-dot-taken.1")
    assert server.taken() == {"<1@faults.example>": 1}


def test_unknown_user_stays_unknown(server: MailServer) -> None:
    for _try in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            send(server, "550-rcpt.1")
    assert server.taken() == {}
    assert server.asked() == {"550-rcpt.1@faults.example": 2}


def test_silence_says_nothing(server: MailServer) -> None:
    with smtplib.SMTP("127.0.0.1", server.port, timeout=0.2) as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt("silence-data.1@faults.example")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            smtp.docmd("DATA")
    assert server.taken() == {}

"""Sending through a provider's HTTP interface: a server on this machine speaks as Postmark does."""

import json
import threading
from collections.abc import Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from apps.communication.clients.delivery import DeliveryError
from apps.communication.clients.provider import ProviderClient
from apps.communication.enums import EmailStatus
from apps.communication.models import EmailMessage
from apps.communication.services import queue, sending
from tests.communication.rows import queued, steps

pytestmark = pytest.mark.django_db(transaction=True)

TAKEN = {"ErrorCode": 0, "Message": "OK", "MessageID": "b7bc2f4a", "To": "x@example.org", "SubmittedAt": ""}


class Provider(BaseHTTPRequestHandler):
    """Answers with `code` and `answer`; hangs up instead where the code is 0."""

    code: ClassVar[int] = 200
    answer: ClassVar[Any] = TAKEN
    seen: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Provider.seen.append(json.loads(body))
        if self.code == 0:
            self.connection.close()
            return
        content = json.dumps(self.answer).encode()
        self.send_response(self.code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def provider(settings: Any) -> Iterator[type[Provider]]:
    Provider.code, Provider.answer, Provider.seen = 200, TAKEN, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.EMAIL_PROVIDER = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "secret",
        "POSTMARK_API_URL": f"http://127.0.0.1:{server.server_port}/",
    }
    yield Provider
    server.shutdown()
    server.server_close()


def after_one_run(at: datetime, **fields: Any) -> EmailMessage:
    email = queued(**fields)
    sending.send_queue(at=at)
    email.refresh_from_db()
    return email


def test_provider_takes_the_message_and_its_number_is_kept(provider: type[Provider], at: datetime) -> None:
    file = queue.Attachment("Merkblatt.pdf", "application/pdf", b"%PDF")
    email = after_one_run(at, text="Grüße\n", attachments=[file])
    assert (email.status, email.provider_id) == (EmailStatus.SENT, "b7bc2f4a")
    assert [new for _old, new in steps(email)] == ["queued", "sending", "handing_over", "sent"]
    (call,) = provider.seen
    headers = {header["Name"]: header["Value"] for header in call["Headers"]}
    assert (call["TextBody"].split(), call["Subject"]) == (["Grüße"], "Ein Platz")
    assert headers["X-Outbox-ID"] == str(email.outbox_id)
    assert headers["Message-ID"] == email.message_id
    assert [entry["Name"] for entry in call["Attachments"]] == ["Merkblatt.pdf"]


def test_provider_is_marked_before_the_call(provider: type[Provider]) -> None:
    marks: list[int] = []
    client = ProviderClient()
    message = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nGuten Tag\r\n"
    client.deliver(
        message,
        sender="a@example.org",
        recipient="b@example.org",
        before_final_dot=lambda: marks.append(len(provider.seen)),
    )
    assert marks == [0]
    client.close()


@pytest.mark.parametrize(
    ("code", "answer", "status"),
    [
        (429, {"ErrorCode": 429, "Message": "slow down"}, EmailStatus.QUEUED),
        (401, {"ErrorCode": 10, "Message": "bad token"}, EmailStatus.FAILED),
        (422, {"ErrorCode": 406, "Message": "You tried to send to inactive recipients"}, EmailStatus.FAILED),
        (500, {}, EmailStatus.UNCLEAR),
        (503, {}, EmailStatus.UNCLEAR),
        (0, {}, EmailStatus.UNCLEAR),
    ],
)
def test_provider_that_does_not_take_it(
    provider: type[Provider], at: datetime, code: int, answer: Any, status: str
) -> None:
    """Without a clear answer nobody knows: such a message is never sent again by itself."""
    provider.code, provider.answer = code, answer
    email = after_one_run(at)
    assert email.status == status
    assert len(provider.seen) == 1


def test_provider_that_calls_off_sends_nothing(provider: type[Provider]) -> None:
    def call_off() -> None:
        raise DeliveryError(reply="not wanted")

    with pytest.raises(DeliveryError):
        ProviderClient().deliver(
            b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\nx\r\n",
            sender="a@example.org",
            recipient="b@example.org",
            before_final_dot=call_off,
        )
    assert provider.seen == []

"""A real SMTP server for the demo and the tests: keeps what was sent, misbehaves on request.

Needs aiosmtpd from the development requirements; production never imports this module.
"""

import socket
from collections import Counter
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope


class CatchingHandler:
    """`replies` maps a recipient to the answer after the final dot; otherwise 250."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.replies: dict[str, str] = {}
        self.rcpt_replies: dict[str, str] = {}

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Envelope, address: str, options: Any
    ) -> str:
        if reply := self.rcpt_replies.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:
        if reply := self.replies.get(envelope.rcpt_tos[0]):
            return reply
        assert isinstance(envelope.content, bytes)
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 taken"

    @property
    def doubles(self) -> int:
        ids = Counter(message["Message-ID"] for message in self.messages)
        return sum(count - 1 for count in ids.values())


class CatchingServer:
    """`with CatchingServer() as server:` listens on 127.0.0.1, on a free port unless one is named."""

    def __init__(self, port: int = 0) -> None:
        self.handler = CatchingHandler()
        self.port = port or _free_port()
        self._controller = Controller(self.handler, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> "CatchingServer":
        self._controller.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._controller.stop(no_assert=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

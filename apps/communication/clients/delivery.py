"""What ways of sending have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Receipt:
    """The server took the message: its words, and its number for it where it has one."""

    reply: str
    provider_id: str = ""


@dataclass
class DeliveryError(Exception):
    """Why a message was not (certainly) taken.

    `permanent`: the server said no for good. `is_unclear`: nobody knows whether it arrived.
    `is_connection`: the server could not be reached or refused the log-in; no message is to blame.
    """

    reply: str
    permanent: bool = False
    is_unclear: bool = False
    is_connection: bool = False


class Client(Protocol):
    """One way to the outside. `before_final_dot` is called when the next step may deliver the message."""

    def deliver(
        self, message: bytes, *, sender: str, recipient: str, before_final_dot: Callable[[], None]
    ) -> Receipt: ...

    def close(self) -> None: ...

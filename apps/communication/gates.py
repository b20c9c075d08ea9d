"""Last look before a message goes out. An app above registers what it knows for its kinds of letters.

A gate returns why a message must not be sent, or None. It is asked by the sender itself, so no form,
command or forgotten button can get past it.
"""

from collections.abc import Callable
from datetime import datetime

from django.utils.functional import Promise

from apps.communication.models import EmailMessage

Gate = Callable[[EmailMessage, datetime], "str | Promise | None"]

_gates: dict[str, list[Gate]] = {}


def gate(*kinds: str) -> Callable[[Gate], Gate]:
    """Register a gate for kinds of letters."""

    def register(function: Gate) -> Gate:
        for kind in kinds:
            _gates.setdefault(kind, []).append(function)
        return function

    return register


def refusal(email: EmailMessage, at: datetime) -> str | None:
    """The first reason against sending, as plain text for the history; None if nothing stands against it."""
    for check in _gates.get(email.kind, []):
        if reason := check(email, at):
            return str(reason)
    return None

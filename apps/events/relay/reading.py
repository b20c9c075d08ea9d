"""What a reader makes of the value of a message. Pure."""

import json
from typing import Any
from uuid import UUID


def event_id_of(value: bytes) -> UUID | None:
    """None for anything that is no event in our envelope."""
    told = _told(value)
    try:
        return UUID(told["event_id"]) if told else None
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def as_line(value: bytes) -> bytes:
    """The value on one line; ours is as it was sent."""
    return value if b"\n" not in value else json.dumps(json.loads(value), ensure_ascii=False).encode()


def _told(value: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(value)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None

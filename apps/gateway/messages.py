"""An event as it goes to a receiver: the same bytes on every attempt, signed anew."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from apps.gateway import signatures

PING = "webhook.ping"


@dataclass(frozen=True)
class Message:
    url: str
    secrets: tuple[str, ...]
    envelope: Mapping[str, Any]

    @cached_property
    def body(self) -> bytes:
        """Keys in order, no blanks, UTF-8."""
        text = json.dumps(self.envelope, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode()

    def headers(self, at: datetime) -> dict[str, str]:
        signed = signatures.sign(
            self.secrets,
            message_id=str(self.envelope["event_id"]),
            timestamp=int(at.timestamp()),
            body=self.body,
        )
        return {"Content-Type": "application/json", **signed}


def ping(*, subject_id: int, at: datetime) -> dict[str, Any]:
    """An envelope that is no event: for a receiver to see that it is reached and that signatures fit."""
    return {
        "event_id": str(uuid.uuid4()),
        "type": PING,
        "version": 1,
        "occurred_at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "producer": "gateway",
        "subject_id": str(subject_id),
        "payload": {},
    }

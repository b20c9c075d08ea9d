"""An event as a message. Pure."""

import json
from dataclasses import dataclass

from apps.events.envelope import envelope
from apps.events.models import DomainEvent

TOPICS = {"patients": "patient-events", "therapists": "therapist-events"}


@dataclass(frozen=True)
class Message:
    """Messages of one key in one topic keep their order."""

    topic: str
    key: bytes
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


def topic_of(producer: str) -> str:
    return TOPICS.get(producer, f"{producer}-events")


def message(event: DomainEvent) -> Message:
    told = envelope(event)
    return Message(
        topic=topic_of(event.producer),
        key=event.subject_id.encode(),
        value=json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(),
        headers=tuple((name, str(told[name]).encode()) for name in ("event_id", "type", "version")),
    )

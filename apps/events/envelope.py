"""An event as it is told to others: the standard envelope around the payload of its type."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any

from apps.events.catalogue import EventType
from apps.events.models import DomainEvent

EVENT_ID = "3f1c9a52-7d0e-4c1b-9b7a-2d6f0e8a4c11"
FIELDS: dict[str, dict[str, Any]] = {
    "event_id": {
        "type": "string",
        "format": "uuid",
        "description": "Given once: the same event told again has the same id",
    },
    "type": {
        "type": "string",
        "pattern": r"^[a-z]+\.[a-z_]+$",
        "description": "What happened; the catalogue has every type",
    },
    "version": {
        "type": "integer",
        "minimum": 1,
        "description": "Version of the type's payload; a key becomes required only with a new one",
    },
    "occurred_at": {
        "type": "string",
        "format": "date-time",
        "description": "When it happened: ISO 8601 with offset",
    },
    "producer": {"type": "string", "pattern": "^[a-z]+$", "description": "The app that told it"},
    "subject_id": {
        "type": "string",
        "description": "Id of the row it is about; the type says which kind of row",
    },
    "payload": {"type": "object", "description": "Ids, states and names of fields, as the type declares"},
}


def envelope(event: DomainEvent) -> dict[str, Any]:
    """Plain values, ready for JSON."""
    return {
        "event_id": str(event.event_id),
        "type": event.type,
        "version": event.version,
        "occurred_at": event.occurred_at.astimezone(UTC).isoformat(timespec="microseconds"),
        "producer": event.producer,
        "subject_id": event.subject_id,
        "payload": event.payload,
    }


def envelope_schema(declared: EventType | None = None) -> dict[str, Any]:
    """The schema of every envelope, or of one type with its own payload."""
    properties = {name: dict(schema) for name, schema in FIELDS.items()}
    if declared is not None:
        for name, value in _constants(declared).items():
            properties[name]["const"] = value
        properties["payload"] |= declared.payload_schema
    return {
        "type": "object",
        "properties": properties,
        "required": list(FIELDS),
        "additionalProperties": False,
    }


def example(declared: EventType) -> dict[str, Any]:
    return {
        "event_id": EVENT_ID,
        **_constants(declared),
        "occurred_at": "2026-11-23T08:00:00.000000+00:00",
        "subject_id": "4711",
        "payload": {name: key.example for name, key in declared.payload.items()},
    }


def _constants(declared: EventType) -> Mapping[str, Any]:
    return {"type": declared.name, "version": declared.version, "producer": declared.producer}

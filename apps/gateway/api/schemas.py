"""What goes in and out about webhooks and events."""

from typing import Annotated, Any

from ninja import Schema
from pydantic import AwareDatetime, Field

from apps.gateway.enums import DeliveryState, DisabledReason, Trouble
from apps.gateway.fields import Id, In, LongText, choice
from apps.gateway.models import WebhookDelivery, WebhookSubscription

Url = Annotated[
    LongText, Field(max_length=500, description="https, a public host, without user name and password")
]
EventTypes = Annotated[
    list[Annotated[str, Field(max_length=80)]],
    Field(min_length=1, max_length=200, description="Types of the catalogue, or `*` for all of them"),
]
TROUBLES = ["", *Trouble.values]


class WebhookIn(In):
    url: Url
    event_types: EventTypes


class WebhookPatch(In):
    """What is left out stays. `is_active: true` also queues what happened while it was switched off."""

    url: Url | None = None
    event_types: EventTypes | None = None
    is_active: bool | None = None


class WebhookOut(Schema):
    """`updated_at` (and the ETag) change with the settings, not with deliveries."""

    id: int
    url: str
    event_types: list[str]
    is_active: bool
    disabled_at: AwareDatetime | None
    disabled_reason: choice(["", *DisabledReason.values])  # type: ignore[valid-type]
    failing_since: AwareDatetime | None = Field(description="The first failure since the last success")
    failures: int = Field(description="Failures in a row")
    last_success_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class WebhookWithSecretOut(WebhookOut):
    secret: str = Field(description="Signs the deliveries; shown this once")


class PingOut(Schema):
    is_delivered: bool
    status: int | None = Field(description="HTTP status of the answer; none where there was none")
    trouble: choice(TROUBLES)  # type: ignore[valid-type]


class DeliveryOut(Schema):
    id: int
    event_id: str = Field(description="The same as in the envelope and in the header Webhook-Id")
    type: str
    producer: str
    subject_id: str
    occurred_at: AwareDatetime
    state: choice(DeliveryState)  # type: ignore[valid-type]
    attempts: int
    last_attempt_at: AwareDatetime | None
    last_status: int | None
    last_trouble: choice(TROUBLES)  # type: ignore[valid-type]
    next_attempt_at: AwareDatetime | None = Field(description="None once it is delivered")
    delivered_at: AwareDatetime | None


class EventOut(Schema):
    """The envelope as receivers of webhooks get it, with its place in the list."""

    id: Id = Field(description="Place in the list: pass it as `after_id` to read on")
    event_id: str
    type: str
    version: int
    occurred_at: str = Field(json_schema_extra={"format": "date-time"})
    producer: str
    subject_id: str
    payload: dict[str, Any]


class CatalogueOut(Schema):
    """A JSON Schema (2020-12) of the envelope and of every payload, by type."""

    schema_: str = Field(alias="$schema")
    title: str
    envelope: dict[str, Any]
    types: dict[str, dict[str, Any]]


def webhook_out(row: WebhookSubscription) -> dict[str, Any]:
    names = WebhookOut.model_fields
    return {name: getattr(row, name) for name in names}


def delivery_out(row: WebhookDelivery) -> dict[str, Any]:
    own = ("id", "attempts", "last_attempt_at", "last_status", "last_trouble", "delivered_at", "state")
    of_event = ("type", "producer", "subject_id", "occurred_at")
    return {
        **{name: getattr(row, name) for name in own},
        **{name: getattr(row.event, name) for name in of_event},
        "event_id": str(row.event.event_id),
        "next_attempt_at": None if row.delivered_at else row.next_attempt_at,
    }

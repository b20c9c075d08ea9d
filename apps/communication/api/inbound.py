"""Incoming messages: the tray, one message, and what a person decides without booking an answer."""

from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Schema
from pydantic import AwareDatetime, Field

from apps.communication.api.shared import (
    HEALTH,
    ContactReasonIn,
    ContactStepOut,
    found,
    may_read_health,
    note_access_to_row,
    with_history,
)
from apps.communication.enums import InboundKind, InboundSource, InboundStatus, MatchedBy
from apps.communication.models import InboundMessage
from apps.communication.services import inbound
from apps.communication.tray import BODIES
from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import Id, In, Moment, RowId, Text
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints

endpoints = Endpoints(tags=["incoming messages"])

SORTS = {"id": ("id",), "received_at": ("received_at", "id")}


class InboundQuery(PageQuery):
    """`sort`: id, received_at."""

    status: InboundStatus | None = None
    kind: InboundKind | None = None
    therapist_id: Id | None = None
    patient_id: Id | None = None
    since: Moment | None = Field(None, description="Received then or later")


class InboundItem(Schema):
    """A message without its words. Therapist and patient are whom it was recognised as, if anybody."""

    id: int
    status: InboundStatus
    kind: InboundKind
    source: InboundSource
    received_at: AwareDatetime
    from_email: str
    from_name: str
    therapist_id: int | None
    patient_id: int | None
    matched_by: MatchedBy | Literal[""]
    email_id: int | None = Field(description="The e-mail of ours it answers or reports about")
    handled_at: AwareDatetime | None
    updated_at: AwareDatetime


class InboundFileOut(Schema):
    name: str
    type: str
    size: int = Field(description="bytes")


class InboundOut(InboundItem):
    subject: str | None = Field(description=HEALTH)
    text: str | None = Field(description=HEALTH)
    quoted: str | None = Field(description=f"What it quotes of an earlier message. {HEALTH}")
    attachments: list[InboundFileOut] | None = Field(description=f"Their names, not their content. {HEALTH}")
    suggestion: dict[str, Any] | None = Field(
        description=f"What the words seem to say; nothing is booked from it. {HEALTH}"
    )
    history: list[ContactStepOut]

    @staticmethod
    def resolve_subject(row: Any, context: dict[str, Any]) -> str | None:
        return row.subject if may_read_health(context) else None

    @staticmethod
    def resolve_text(row: Any, context: dict[str, Any]) -> str | None:
        return row.text if may_read_health(context) else None

    @staticmethod
    def resolve_quoted(row: Any, context: dict[str, Any]) -> str | None:
        return row.quoted if may_read_health(context) else None

    @staticmethod
    def resolve_attachments(row: Any, context: dict[str, Any]) -> list[Any] | None:
        return row.attachments if may_read_health(context) else None

    @staticmethod
    def resolve_suggestion(row: Any, context: dict[str, Any]) -> Any:
        return row.suggestion if may_read_health(context) else None


class InboundNoteIn(In):
    reason: Text = ""


InboundPage = listed("InboundPage", InboundItem)


@endpoints.get(
    "",
    scope=Scope.EMAILS_READ,
    answer=InboundPage,
    operation_id="list_incoming_messages",
    summary="List incoming messages",
)
def list_incoming_messages(request: HttpRequest, query: Query[InboundQuery]) -> Page:
    shown = page(_chosen(query), query, SORTS)
    note_access(request, (message.patient_id for message in shown.items), "list_incoming_messages")
    return shown


@endpoints.get(
    "/{message_id}",
    scope=Scope.EMAILS_READ,
    answer=InboundOut,
    operation_id="read_incoming_message",
    summary="Read an incoming message",
)
def read_incoming_message(request: HttpRequest, response: HttpResponse, message_id: RowId) -> InboundMessage:
    return _shown(request, response, message_id, "read_incoming_message")


@endpoints.post(
    "/{message_id}/dismiss",
    scope=Scope.EMAILS_WRITE,
    answer=InboundOut,
    operation_id="dismiss_incoming_message",
    summary="Put an incoming message aside",
)
def dismiss_incoming_message(
    request: HttpRequest, response: HttpResponse, message_id: RowId, data: ContactReasonIn
) -> InboundMessage:
    message, actor = _message(message_id), principal(request).account
    inbound.dismiss(message=message, actor=actor, at=timezone.now(), reason=data.reason)
    return _shown(request, response, message_id, "dismiss_incoming_message")


@endpoints.post(
    "/{message_id}/finish",
    scope=Scope.EMAILS_WRITE,
    answer=InboundOut,
    operation_id="finish_incoming_message",
    summary="Mark an incoming message as handled",
)
def finish_incoming_message(
    request: HttpRequest, response: HttpResponse, message_id: RowId, data: InboundNoteIn
) -> InboundMessage:
    message, actor = _message(message_id), principal(request).account
    inbound.finish(message=message, actor=actor, at=timezone.now(), reason=data.reason)
    return _shown(request, response, message_id, "finish_incoming_message")


@endpoints.post(
    "/{message_id}/park",
    scope=Scope.EMAILS_WRITE,
    answer=InboundOut,
    operation_id="park_incoming_message",
    summary="Leave an incoming message for later",
)
def park_incoming_message(
    request: HttpRequest, response: HttpResponse, message_id: RowId, data: InboundNoteIn
) -> InboundMessage:
    message, actor = _message(message_id), principal(request).account
    inbound.park(message=message, actor=actor, at=timezone.now(), reason=data.reason)
    return _shown(request, response, message_id, "park_incoming_message")


@endpoints.post(
    "/{message_id}/take-back",
    scope=Scope.EMAILS_WRITE,
    answer=InboundOut,
    operation_id="take_back_incoming_message",
    summary="Have a handled, dismissed or parked message wait again",
)
def take_back_incoming_message(
    request: HttpRequest, response: HttpResponse, message_id: RowId
) -> InboundMessage:
    """Answers that were booked from it stay; each has an undo of its own."""
    inbound.take_back(message=_message(message_id), actor=principal(request).account, at=timezone.now())
    return _shown(request, response, message_id, "take_back_incoming_message")


def _chosen(query: InboundQuery) -> QuerySet[InboundMessage]:
    asked = {
        "status": query.status,
        "kind": query.kind,
        "therapist": query.therapist_id,
        "patient": query.patient_id,
        "received_at__gte": query.since,
    }
    wanted = {name: value for name, value in asked.items() if value is not None}
    return InboundMessage.objects.filter(**wanted).defer("subject", *BODIES)


def _message(pk: int) -> InboundMessage:
    message: InboundMessage = found(InboundMessage.objects.defer("raw"), pk)
    return message


def _shown(request: HttpRequest, response: HttpResponse, pk: int, operation: str) -> InboundMessage:
    message: InboundMessage = found(with_history(InboundMessage.objects.defer("raw")), pk)
    note_access_to_row(request, message, operation)
    versions.show(response, message)
    return message

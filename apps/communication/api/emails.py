"""E-mails: the queue, one message, and what a person decides about it. Written are they by other acts."""

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
from apps.communication.enums import EmailStatus, LetterKind, Refusal
from apps.communication.models import EmailMessage
from apps.communication.selectors import readable_text
from apps.communication.services import queue
from apps.gateway import versions
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import Id, Moment, RowId
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.principal import principal
from apps.gateway.routing import Endpoints

endpoints = Endpoints(tags=["e-mails"])

BODIES = ("text", "html")
SORTS = {"id": ("id",), "created_at": ("created_at", "id")}


class EmailQuery(PageQuery):
    """`sort`: id, created_at."""

    status: EmailStatus | None = None
    kind: LetterKind | None = None
    therapist_id: Id | None = None
    patient_id: Id | None = None
    since: Moment | None = Field(None, description="Written then or later")


class EmailItem(Schema):
    """An e-mail without its text. It is addressed to a therapist, a patient or a member of staff."""

    id: int
    status: EmailStatus
    kind: LetterKind
    to_email: str
    to_name: str
    subject: str
    therapist_id: int | None
    patient_id: int | None
    staff_id: int | None
    inquiry_id: int | None = Field(description="The inquiry it belongs to")
    refusal: Refusal | Literal[""] = Field(description="Which rule did not let it out, where refused")
    attempts: int
    next_attempt_at: AwareDatetime | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    sent_at: AwareDatetime | None

    @staticmethod
    def resolve_inquiry_id(email: Any) -> int | None:
        return email.inquiry_contact.inquiry_id if hasattr(email, "inquiry_contact") else None


class AttachmentOut(Schema):
    name: str
    content_type: str
    size: int = Field(description="bytes")


class EmailOut(EmailItem):
    text: str | None = Field(description=f"{HEALTH}; without the keys of links")
    server_reply: str
    overridden: list[Refusal] = Field(description="Rules a person has set aside for this message")
    attachments: list[AttachmentOut]
    history: list[ContactStepOut]

    @staticmethod
    def resolve_text(email: Any, context: dict[str, Any]) -> str | None:
        return readable_text(email) if may_read_health(context) else None


class SendAgainIn(ContactReasonIn):
    sets_refusal_aside: bool = Field(
        False, description="Send although the rule in `refusal` forbids it; most rules cannot be set aside"
    )


EmailPage = listed("EmailPage", EmailItem)


@endpoints.get(
    "", scope=Scope.EMAILS_READ, answer=EmailPage, operation_id="list_emails", summary="List e-mails"
)
def list_emails(request: HttpRequest, query: Query[EmailQuery]) -> Page:
    shown = page(_chosen(query), query, SORTS)
    note_access(request, (email.patient_id for email in shown.items), "list_emails")
    return shown


@endpoints.get(
    "/{email_id}",
    scope=Scope.EMAILS_READ,
    answer=EmailOut,
    operation_id="read_email",
    summary="Read an e-mail",
)
def read_email(request: HttpRequest, response: HttpResponse, email_id: RowId) -> EmailMessage:
    return _shown(request, response, email_id, "read_email")


@endpoints.post(
    "/{email_id}/cancel",
    scope=Scope.EMAILS_WRITE,
    answer=EmailOut,
    operation_id="cancel_email",
    summary="Cancel an e-mail that was not sent",
)
def cancel_email(
    request: HttpRequest, response: HttpResponse, email_id: RowId, data: ContactReasonIn
) -> EmailMessage:
    """Waiting, refused, failed or unclear. Refused (409) once a worker has it in hand."""
    email, actor = found(EmailMessage.objects.all(), email_id), principal(request).account
    queue.cancel(email=email, actor=actor, at=timezone.now(), reason=data.reason)
    return _shown(request, response, email_id, "cancel_email")


@endpoints.post(
    "/{email_id}/send-again",
    scope=Scope.EMAILS_WRITE,
    answer=EmailOut,
    operation_id="send_email_again",
    summary="Send a failed, refused or unclear e-mail (again)",
)
def send_email_again(
    request: HttpRequest, response: HttpResponse, email_id: RowId, data: SendAgainIn
) -> EmailMessage:
    """An unclear one may arrive twice. The rules are asked once more before it goes out."""
    queue.requeue(
        email=found(EmailMessage.objects.all(), email_id),
        actor=principal(request).account,
        at=timezone.now(),
        reason=data.reason,
        sets_refusal_aside=data.sets_refusal_aside,
    )
    return _shown(request, response, email_id, "send_email_again")


@endpoints.post(
    "/{email_id}/settle",
    scope=Scope.EMAILS_WRITE,
    answer=EmailOut,
    operation_id="settle_email",
    summary="Settle an unclear e-mail: it did arrive",
)
def settle_email(
    request: HttpRequest, response: HttpResponse, email_id: RowId, data: ContactReasonIn
) -> EmailMessage:
    email, actor = found(EmailMessage.objects.all(), email_id), principal(request).account
    queue.settle_as_sent(email=email, actor=actor, at=timezone.now(), reason=data.reason)
    return _shown(request, response, email_id, "settle_email")


def _chosen(query: EmailQuery) -> QuerySet[EmailMessage]:
    asked = {
        "status": query.status,
        "kind": query.kind,
        "therapist": query.therapist_id,
        "patient": query.patient_id,
        "created_at__gte": query.since,
    }
    wanted = {name: value for name, value in asked.items() if value is not None}
    return EmailMessage.objects.filter(**wanted).select_related("inquiry_contact").defer(*BODIES)


def _shown(request: HttpRequest, response: HttpResponse, pk: int, operation: str) -> EmailMessage:
    rows = EmailMessage.objects.select_related("inquiry_contact").prefetch_related("attachments")
    email: EmailMessage = found(with_history(rows).defer("html"), pk)
    note_access_to_row(request, email, operation)
    versions.show(response, email)
    return email

"""Webhooks of the client that asks."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query
from ninja.responses import Status

from apps.gateway import versions
from apps.gateway.api.common import held, own, own_client
from apps.gateway.api.schemas import (
    PingOut,
    WebhookIn,
    WebhookOut,
    WebhookPatch,
    WebhookWithSecretOut,
    webhook_out,
)
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.gateway.models import WebhookSubscription
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.routing import Endpoints
from apps.gateway.services import delivering, webhooks

endpoints = Endpoints(tags=["webhooks"])

SORTS = {"id": ("id",)}


class WebhookQuery(PageQuery):
    """`sort`: id."""


WebhookPage = listed("WebhookPage", WebhookOut)


@endpoints.get(
    "",
    scope=Scope.WEBHOOKS_WRITE,
    answer=WebhookPage,
    summary="Own webhooks",
    operation_id="list_webhooks",
)
def list_webhooks(request: HttpRequest, query: Query[WebhookQuery]) -> Page:
    found = page(own_client(request).webhooks.all(), query, SORTS)
    return Page([webhook_out(row) for row in found.items], found.next)


@endpoints.post(
    "",
    scope=Scope.WEBHOOKS_WRITE,
    answer=WebhookWithSecretOut,
    status=201,
    summary="Be told of events from now on",
    operation_id="create_webhook",
)
def create_webhook(request: HttpRequest, response: HttpResponse, data: WebhookIn) -> Status:
    row = webhooks.create(client=own_client(request), url=data.url, event_types=data.event_types)
    response["Location"] = f"{request.path.rstrip('/')}/{row.pk}"
    return Status(201, _with_secret(response, row))


@endpoints.get(
    "/{int:webhook_id}",
    scope=Scope.WEBHOOKS_WRITE,
    answer=WebhookOut,
    summary="One webhook and how it fares",
    operation_id="read_webhook",
)
def read_webhook(request: HttpRequest, response: HttpResponse, webhook_id: RowId) -> dict[str, Any]:
    return _shown(response, own(request, webhook_id))


@endpoints.patch(
    "/{int:webhook_id}",
    scope=Scope.WEBHOOKS_WRITE,
    answer=WebhookOut,
    summary="Change address or types, switch off or on",
    operation_id="update_webhook",
)
def update_webhook(
    request: HttpRequest, response: HttpResponse, webhook_id: RowId, data: WebhookPatch
) -> dict[str, Any]:
    row = held(request, webhook_id)
    seen_at = versions.seen_at(request, row)
    values = data.dict(exclude_unset=True)
    return _shown(response, webhooks.change(subscription=row, at=timezone.now(), seen_at=seen_at, **values))


@endpoints.delete(
    "/{int:webhook_id}",
    scope=Scope.WEBHOOKS_WRITE,
    answer=None,
    status=204,
    summary="Remove a webhook with everything that waits for it",
    operation_id="delete_webhook",
)
def delete_webhook(request: HttpRequest, webhook_id: RowId) -> Status:
    webhooks.delete(subscription=own(request, webhook_id))
    return Status(204, None)


@endpoints.post(
    "/{int:webhook_id}/rotate-secret",
    scope=Scope.WEBHOOKS_WRITE,
    answer=WebhookWithSecretOut,
    summary="A new secret; the present one signs as well for 24 hours",
    operation_id="rotate_webhook_secret",
)
def rotate_webhook_secret(request: HttpRequest, response: HttpResponse, webhook_id: RowId) -> dict[str, Any]:
    row = webhooks.rotate_secret(subscription=own(request, webhook_id), at=timezone.now())
    return _with_secret(response, row)


@endpoints.post(
    "/{int:webhook_id}/ping",
    scope=Scope.WEBHOOKS_WRITE,
    answer=PingOut,
    is_question=True,
    summary="Send a signed `webhook.ping` at once and tell how it went",
    operation_id="ping_webhook",
)
def ping_webhook(request: HttpRequest, webhook_id: RowId) -> dict[str, Any]:
    outcome = delivering.send_ping(subscription=own(request, webhook_id), at=timezone.now())
    return {
        "is_delivered": outcome.is_delivered,
        "status": outcome.status,
        "trouble": outcome.trouble or "",
    }


def _shown(response: HttpResponse, row: WebhookSubscription) -> dict[str, Any]:
    versions.show(response, row)
    return webhook_out(row)


def _with_secret(response: HttpResponse, row: WebhookSubscription) -> dict[str, Any]:
    return _shown(response, row) | {"secret": row.secret}

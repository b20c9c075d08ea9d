"""What has reached a webhook and what still waits."""

from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from pydantic import Field

from apps.gateway import selectors
from apps.gateway.api.common import own
from apps.gateway.api.schemas import DeliveryOut, delivery_out
from apps.gateway.enums import DeliveryState, Scope
from apps.gateway.fields import RowId, choice
from apps.gateway.paging import Page, PageQuery, listed, page
from apps.gateway.routing import Endpoints
from apps.gateway.services import webhooks

endpoints = Endpoints(tags=["webhooks"])

SORTS = {"event": ("event_id",)}


class DeliveryQuery(PageQuery):
    """`sort`: event (the order in which the events were told), `-event`, which is the usual one."""

    state: choice(["", *DeliveryState.values]) = Field("")  # type: ignore[valid-type]


DeliveryPage = listed("DeliveryPage", DeliveryOut)


@endpoints.get(
    "/{int:webhook_id}/deliveries",
    scope=Scope.WEBHOOKS_WRITE,
    answer=DeliveryPage,
    summary="Deliveries of a webhook, the newest events first",
    operation_id="list_webhook_deliveries",
)
def list_webhook_deliveries(request: HttpRequest, webhook_id: RowId, query: Query[DeliveryQuery]) -> Page:
    rows = selectors.deliveries(subscription=own(request, webhook_id), state=query.state)
    found = page(rows, query, SORTS, usual="-event")
    return Page([delivery_out(row) for row in found.items], found.next)


@endpoints.post(
    "/{int:webhook_id}/deliveries/{int:delivery_id}/redeliver",
    scope=Scope.WEBHOOKS_WRITE,
    answer=DeliveryOut,
    summary="Send an event (once more) within seconds",
    operation_id="redeliver_webhook_delivery",
)
def redeliver_webhook_delivery(request: HttpRequest, webhook_id: RowId, delivery_id: RowId) -> dict[str, Any]:
    rows = selectors.deliveries(subscription=own(request, webhook_id))
    row = get_object_or_404(rows.select_related("subscription"), pk=delivery_id)
    webhooks.redeliver(delivery=row, at=timezone.now())
    return delivery_out(get_object_or_404(rows, pk=delivery_id))

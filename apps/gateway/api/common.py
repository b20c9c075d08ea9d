"""What the endpoints about webhooks share: a client sees its own rows and no others."""

from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from apps.gateway.models import ApiClient, WebhookSubscription
from apps.gateway.principal import principal


def own_client(request: HttpRequest) -> ApiClient:
    """The scope is that of clients alone; members of staff have pages."""
    client = principal(request).client
    if client is None:
        raise Http404
    return client


def own(request: HttpRequest, pk: int) -> WebhookSubscription:
    return get_object_or_404(own_client(request).webhooks, pk=pk)


def held(request: HttpRequest, pk: int) -> WebhookSubscription:
    """To be changed by this request, which is one transaction: what is compared with If-Match is what is
    written. No full lock, as every event that is told references the row."""
    return get_object_or_404(own_client(request).webhooks.select_for_update(no_key=True), pk=pk)

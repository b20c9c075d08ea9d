"""Who may come in from outside, what was answered to whom, and who is told what happens."""

from apps.gateway.models.clients import ApiClient, ApiToken, KeptAnswer
from apps.gateway.models.webhooks import WebhookDelivery, WebhookSubscription

__all__ = ["ApiClient", "ApiToken", "KeptAnswer", "WebhookDelivery", "WebhookSubscription"]

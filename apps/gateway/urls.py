from django.urls import path

from apps.gateway.views import clients, webhooks

app_name = "gateway"
urlpatterns = [
    path("", clients.show, name="clients"),
    path("new/", clients.create, name="create_client"),
    path("clients/<int:pk>/", clients.client, name="client"),
    path("clients/<int:pk>/edit/", clients.edit, name="edit_client"),
    path("clients/<int:pk>/token/", clients.issue_token, name="issue_token"),
    path("tokens/<int:pk>/revoke/", clients.revoke_token, name="revoke_token"),
    path("webhooks/<int:pk>/", webhooks.webhook, name="webhook"),
    path("webhooks/<int:pk>/enable/", webhooks.enable, name="enable_webhook"),
    path("webhooks/<int:pk>/disable/", webhooks.disable, name="disable_webhook"),
    path("webhooks/<int:pk>/ping/", webhooks.ping, name="ping_webhook"),
    path("deliveries/<int:pk>/redeliver/", webhooks.redeliver, name="redeliver"),
]

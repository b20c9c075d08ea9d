"""The admin: clients, tokens and webhooks to look at, for the management. Secrets are no fields of it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from apps.core.admin import WrittenByServices
from apps.gateway.models import ApiClient, ApiToken, WebhookDelivery, WebhookSubscription


class ForManagement(WrittenByServices):
    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "can_manage", False))


@admin.register(ApiClient)
class ApiClientAdmin(ForManagement):
    list_display = ("name", "is_active", "requests_per_minute", "created_at")
    list_filter = ("is_active",)
    search_fields = ("name",)


@admin.register(ApiToken)
class ApiTokenAdmin(ForManagement):
    list_display = ("client", "shown", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("client",)
    list_select_related = ("client", "created_by")
    fields = ("client", "shown", "created_at", "created_by", "expires_at", "last_used_at", "revoked_at")


@admin.register(WebhookSubscription)
class WebhookSubscriptionAdmin(ForManagement):
    list_display = ("client", "host", "is_active", "disabled_reason", "failing_since", "last_success_at")
    list_filter = ("client", "is_active", "disabled_reason")
    list_select_related = ("client",)
    fields = (
        *("url", "event_types", "is_active", "disabled_at", "disabled_reason", "former_secret_until"),
        *("failures", "failing_since", "rests_until", "last_success_at", "last_status", "last_trouble"),
        "catch_up_from",
    )


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ForManagement):
    list_display = ("event", "subscription", "attempts", "next_attempt_at", "delivered_at", "last_trouble")
    list_filter = ("last_trouble",)
    list_select_related = ("event", "subscription__client")
    ordering = ("-id",)
    show_full_result_count = False

"""Messages and calls to look at. Bodies and call notes stay on the pages of the workspace."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.communication.models import CallHistory, EmailHistory, EmailMessage, PhoneCall
from apps.core.admin import HistoryInline, WrittenByServices


class EmailHistoryInline(HistoryInline):
    model = EmailHistory


class CallHistoryInline(HistoryInline):
    model = CallHistory


@admin.register(EmailMessage)
class EmailMessageAdmin(WrittenByServices):
    list_display = ("subject", "kind", "status", "to_email", "attempts", "sent_at")
    list_filter = ("status", "kind")
    search_fields = ("subject", "to_email", "to_name", "message_id")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fields = (
        *("status", "kind", "subject", "to_email", "to_name", "therapist", "case_code"),
        *("message_id", "outbox_id", "attempts", "next_attempt_at", "claimed_at", "sent_at"),
        *("server_reply", "created_at"),
    )
    inlines = (EmailHistoryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[EmailMessage]:
        return super().get_queryset(request).defer("text", "html")

    @admin.display(description=_("patient"))
    def case_code(self, email: Any) -> str:
        return email.patient.case_code if email.patient else ""


@admin.register(PhoneCall)
class PhoneCallAdmin(WrittenByServices):
    list_display = ("therapist", "purpose", "status", "starts_at", "phone", "coordinator", "outcome")
    list_filter = ("status", "purpose", "outcome", "coordinator")
    list_select_related = ("therapist", "coordinator")
    search_fields = ("therapist__last_name", "therapist__first_name", "phone")
    date_hierarchy = "starts_at"
    ordering = ("-starts_at",)
    fields = (
        *("status", "purpose", "therapist", "practice", "phone", "starts_at", "ends_at"),
        *("coordinator", "outcome", "done_at", "created_at"),
    )
    inlines = (CallHistoryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhoneCall]:
        return super().get_queryset(request).defer("note")

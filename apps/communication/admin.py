"""Messages and calls to look at. Bodies and call notes stay on the pages of the workspace."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.communication.models import (
    CalendarFeed,
    CallHistory,
    EmailHistory,
    EmailMessage,
    InboundHistory,
    InboundMessage,
    LetterText,
    MailboxState,
    MailCircuit,
    Note,
    PhoneCall,
    UndeliverableAddress,
)
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
        *("refusal", "overridden", "message_id", "outbox_id", "provider_id"),
        *("attempts", "deaths", "next_attempt_at", "claimed_at", "sent_at"),
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


class InboundHistoryInline(HistoryInline):
    model = InboundHistory


@admin.register(InboundMessage)
class InboundMessageAdmin(WrittenByServices):
    """What came in and what became of it; the words stay on the page of the message."""

    list_display = ("received_at", "from_email", "kind", "status", "source", "matched_by", "handled_by")
    list_filter = ("status", "kind", "source")
    list_select_related = ("handled_by",)
    search_fields = ("from_email", "message_id")
    date_hierarchy = "received_at"
    ordering = ("-received_at",)
    fields = (
        *("status", "kind", "source", "received_at", "from_email", "message_id", "in_reply_to"),
        *("email", "therapist", "matched_by", "handled_by", "handled_at", "size"),
    )
    inlines = (InboundHistoryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[InboundMessage]:
        return super().get_queryset(request).defer("subject", "text", "quoted", "raw", "suggestion")


@admin.register(MailboxState)
class MailboxStateAdmin(WrittenByServices):
    list_display = ("name", "checked_at", "last_uid", "error")
    ordering = ("name",)


@admin.register(LetterText)
class LetterTextAdmin(WrittenByServices):
    """The versions of changed letters; they are changed on the pages of letters."""

    list_display = ("kind", "version", "is_current", "created_at", "created_by", "reason")
    list_filter = ("kind", "is_current")
    list_select_related = ("created_by",)
    ordering = ("kind", "-version")


@admin.register(Note)
class NoteAdmin(WrittenByServices):
    """Who wrote about whom and when; the words stay on the history page of the person."""

    list_display = ("written_at", "author", "therapist", "case_code", "struck_at", "struck_by")
    list_select_related = ("author", "therapist", "patient", "struck_by")
    ordering = ("-written_at",)
    fields = ("written_at", "author", "therapist", "case_code", "struck_at", "struck_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        return super().get_queryset(request).defer("text")

    @admin.display(description=_("patient"))
    def case_code(self, note: Any) -> str:
        return note.patient.case_code if note.patient else ""


@admin.register(UndeliverableAddress)
class UndeliverableAddressAdmin(WrittenByServices):
    """Marked by what mail servers say; cleared on the page of addresses that do not work."""

    list_display = ("address", "since", "reply", "cleared_at", "cleared_by", "cleared_reason")
    list_select_related = ("cleared_by",)
    search_fields = ("address",)
    ordering = ("-since",)
    fields = ("address", "since", "reply", "cleared_at", "cleared_by", "cleared_reason")


@admin.register(MailCircuit)
class MailCircuitAdmin(WrittenByServices):
    list_display = ("transport", "failures", "failed_at", "open_until", "reply")
    ordering = ("transport",)


@admin.register(CalendarFeed)
class CalendarFeedAdmin(WrittenByServices):
    """Who reads the planned calls by a secret address; the address itself is nowhere."""

    list_display = ("user", "created_at", "last_read_at")
    list_select_related = ("user",)
    ordering = ("user",)
    fields = ("user", "created_at", "last_read_at")

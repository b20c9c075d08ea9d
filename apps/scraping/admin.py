"""The admin: everything is visible; services write it. Sources may be edited here as well."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import WrittenByServices
from apps.scraping.models import (
    BulkDecision,
    ChangeProposal,
    DirectoryRecord,
    FetchPermission,
    FieldOrigin,
    ImportRun,
    RunProblem,
    Source,
)


class PermissionInline(admin.TabularInline):
    """To look at: recorded and withdrawn on the page of the source."""

    model = FetchPermission
    extra = 0
    can_delete = False
    fields = readonly_fields = (
        *("given_by", "given_on", "until", "grounds", "recorded_by", "created_at"),
        *("withdrawn_at", "withdrawn_reason"),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SourceAdminForm(forms.ModelForm):
    url = forms.URLField(label=_("address"), required=False, assume_scheme="https")

    class Meta:
        model = Source
        fields = (
            *("key", "name", "adapter", "url", "delay_seconds", "every_days", "stale_after_days"),
            *("column_mapping", "options"),
        )


@admin.register(Source)
class SourceAdmin(admin.ModelAdmin):
    form = SourceAdminForm
    list_display = ("name", "key", "adapter", "url", "every_days", "resting_until")
    list_filter = ("adapter",)
    search_fields = ("name", "key")
    readonly_fields = ("resting_until", "resting_reason", "created_at", "updated_at")
    inlines = (PermissionInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Source | None = None) -> tuple[str, ...]:
        """The short name stands in addresses and logs: it stays."""
        return (*self.readonly_fields, "key") if obj is not None else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ImportRun)
class ImportRunAdmin(WrittenByServices):
    list_display = (
        *("id", "source", "kind", "status", "fetched_on", "seen", "new", "changed", "unchanged"),
        *("rejected", "failed", "vanished", "is_unusual"),
    )
    list_filter = ("source", "kind", "status", "is_unusual")
    list_select_related = ("source",)
    search_fields = ("=id", "file_name")
    date_hierarchy = "created_at"


@admin.register(RunProblem)
class RunProblemAdmin(WrittenByServices):
    list_display = ("run", "kind", "where", "reason")
    list_filter = ("kind",)
    list_select_related = ("run__source",)
    search_fields = ("=run__id", "where")


@admin.register(BulkDecision)
class BulkDecisionAdmin(WrittenByServices):
    list_display = ("run", "what", "total", "done", "left_out", "decided_by", "created_at", "ended_at")
    list_filter = ("what",)
    list_select_related = ("run__source", "decided_by")


@admin.register(DirectoryRecord)
class DirectoryRecordAdmin(WrittenByServices):
    list_display = ("__str__", "source", "external_id", "standing", "therapist", "changed_on", "vanished_on")
    list_filter = ("standing", "source")
    list_select_related = ("source", "therapist")
    search_fields = ("last_name", "first_name", "^plz", "=external_id")
    search_help_text = _("Name, PLZ or the id at the source.")


@admin.register(ChangeProposal)
class ChangeProposalAdmin(WrittenByServices):
    list_display = ("therapist", "field", "old", "new", "is_hand_kept", "status", "said_on", "decided_by")
    list_filter = ("status", "is_hand_kept", "field")
    list_select_related = ("therapist", "decided_by")
    search_fields = ("therapist__last_name", "therapist__first_name")


@admin.register(FieldOrigin)
class FieldOriginAdmin(WrittenByServices):
    list_display = ("therapist", "practice", "field", "value", "source", "said_on", "taken_at", "taken_by")
    list_filter = ("source", "field")
    list_select_related = ("therapist", "practice", "source", "taken_by")
    search_fields = ("therapist__last_name", "practice__name")

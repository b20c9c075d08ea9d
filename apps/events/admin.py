"""The outbox to look at; a parked event may be given another try."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.events import services
from apps.events.models import Delivery, DomainEvent, Redrive
from apps.events.selectors import STATES


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeliveryInline(ReadOnlyInline):
    model = Delivery
    fields = readonly_fields = ("subscriber", "handled_at", "times")


class RedriveInline(ReadOnlyInline):
    model = Redrive
    fields = readonly_fields = ("at", "actor", "error", "subscriber", "place")


class StateFilter(admin.SimpleListFilter):
    """Waiting, done, or parked after too many failures."""

    title = gettext_lazy("status")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), ("done", _("done")), ("parked", _("parked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        condition = STATES.get(self.value() or "")
        return queryset if condition is None else queryset.filter(condition)


@admin.register(DomainEvent)
class DomainEventAdmin(ReadOnly):
    list_display = (
        "type",
        "subject_id",
        "occurred_at",
        "dispatched_at",
        "attempts",
        "parked_at",
        "last_error",
        "failed_subscriber",
    )
    list_filter = (StateFilter, "type")
    search_fields = ("=subject_id", "type", "=event_id")
    date_hierarchy = "occurred_at"
    ordering = ("-id",)
    inlines = (DeliveryInline, RedriveInline)
    actions = ("redrive",)

    @admin.action(description=gettext_lazy("Give another try"), permissions=["view"])
    def redrive(self, request: HttpRequest, queryset: QuerySet[DomainEvent]) -> None:
        count = services.redrive_many(events=queryset, actor=request.user, at=timezone.now())
        text = ngettext("%(count)s parked event waits again.", "%(count)s parked events wait again.", count)
        self.message_user(request, text % {"count": count}, messages.SUCCESS)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("event", "subscriber", "handled_at", "times")
    list_filter = ("subscriber",)
    list_select_related = ("event",)
    search_fields = ("subscriber", "event__type", "=event__subject_id")
    ordering = ("-id",)

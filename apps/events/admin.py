"""The outbox to look at; a parked event may be given another try."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from apps.events import services
from apps.events.models import Delivery, DomainEvent


class ReadOnly(admin.ModelAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class DeliveryInline(admin.TabularInline):
    model = Delivery
    extra = 0
    can_delete = False
    fields = readonly_fields = ("subscriber", "handled_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class StateFilter(admin.SimpleListFilter):
    """Waiting, done, or parked after too many failures."""

    title = gettext_lazy("status")
    parameter_name = "state"
    conditions = {
        "waiting": Q(dispatched_at__isnull=True, parked_at__isnull=True),
        "done": Q(dispatched_at__isnull=False),
        "parked": Q(parked_at__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), ("done", _("done")), ("parked", _("parked"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        condition = self.conditions.get(self.value() or "")
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
    )
    list_filter = (StateFilter, "type")
    search_fields = ("=subject_id", "type", "=event_id")
    date_hierarchy = "occurred_at"
    ordering = ("-id",)
    inlines = (DeliveryInline,)
    actions = ("redrive",)

    @admin.action(description=gettext_lazy("Give another try"), permissions=["view"])
    def redrive(self, request: HttpRequest, queryset: QuerySet[DomainEvent]) -> None:
        parked = list(queryset.filter(parked_at__isnull=False))
        for event in parked:
            services.redrive(event=event)
        text = ngettext(
            "%(count)s parked event waits again.", "%(count)s parked events wait again.", len(parked)
        )
        self.message_user(request, text % {"count": len(parked)}, messages.SUCCESS)


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = ("event", "subscriber", "handled_at")
    list_filter = ("subscriber",)
    list_select_related = ("event",)
    search_fields = ("subscriber", "event__type", "=event__subject_id")
    ordering = ("-id",)

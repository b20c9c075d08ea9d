"""Operating parameters (a new value is a new row) and the log of who looked at what."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core import parameters
from apps.core.models import AccessEntry, ParameterChange


class WrittenByServices(admin.ModelAdmin):
    """Rows to look at: services write them, nobody edits or deletes them here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class TrailAdmin(WrittenByServices):
    """The audit trail of one model (django-pghistory): for the management, to look at."""

    list_display = ("pgh_created_at", "pgh_label", "pgh_obj_id", "actor")
    list_filter = ("pgh_label",)
    search_fields = ("=pgh_obj__id",)
    search_help_text = _("Number of the record")
    list_select_related = ("pgh_context",)
    ordering = ("-pgh_id",)

    @admin.display(description=_("who"))
    def actor(self, row: Any) -> str:
        return str(row.pgh_context.metadata.get("user", "")) if row.pgh_context else ""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [field.name for field in self.opts.fields]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "can_manage", False))


class HistoryInline(admin.TabularInline):
    """The history rows of a state machine below its row."""

    extra = 0
    can_delete = False
    fields = readonly_fields = ("at", "old", "new", "actor", "reason")
    ordering = ("-at", "-id")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ParameterForm(forms.ModelForm):
    """One new value, checked against the limits of its definition."""

    name = forms.ChoiceField(
        label=_("parameter"),
        choices=[(name, definition.label) for name, definition in parameters.DEFINITIONS.items()],
    )
    value = forms.CharField(label=_("new value"))

    class Meta:
        model = ParameterChange
        fields = ("name", "value", "reason")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "name" in data and "value" in data:
            data["value"] = parameters.check(data["name"], data["value"])
        return data


@admin.register(ParameterChange)
class ParameterChangeAdmin(WrittenByServices):
    """Every change stays; the newest value of a name is in force."""

    form = ParameterForm
    fields = ("name", "value", "reason")
    list_display = ("name", "value", "valid_from", "changed_by", "reason")
    list_filter = ("name",)
    list_select_related = ("changed_by",)
    search_fields = ("name", "reason")
    date_hierarchy = "valid_from"
    change_list_template = "admin/core/parameterchange/change_list.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def save_model(self, request: HttpRequest, obj: ParameterChange, form: Any, change: bool) -> None:
        saved = parameters.change(
            name=obj.name,
            value=form.cleaned_data["value"],
            actor=request.user,
            at=timezone.now(),
            reason=obj.reason,
        )
        obj.pk, obj.valid_from = saved.pk, saved.valid_from

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return super().changelist_view(request, {**(extra_context or {}), "in_force": _in_force()})


@admin.register(AccessEntry)
class AccessEntryAdmin(WrittenByServices):
    list_display = ("at", "actor", "patient_id", "purpose")
    list_filter = ("purpose", "actor")
    list_select_related = ("actor",)
    search_fields = ("=patient_id", "actor__username", "actor__last_name", "purpose")
    date_hierarchy = "at"
    ordering = ("-at",)


def _in_force() -> list[dict[str, Any]]:
    """Name, label, value in force, default, unit and limits of every parameter."""
    values = parameters.current(at=timezone.now()).values
    return [
        {
            "name": name,
            "label": definition.label,
            "value": values[name],
            "default": definition.default,
            "unit": definition.unit,
            "limits": _limits(definition),
            "is_changed": values[name] != definition.default,
        }
        for name, definition in parameters.DEFINITIONS.items()
    ]


def _limits(definition: parameters.Definition) -> str:
    if definition.choices:
        return ", ".join(code for code, _label in definition.choices)
    return f"{definition.smallest}–{definition.largest}"

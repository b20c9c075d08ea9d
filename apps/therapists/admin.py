"""The machine room's view of therapists. Saving goes through the services; states have their own pages."""

from typing import Any

from django import forms
from django.apps import apps
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.admin import TrailAdmin
from apps.core.enums import Language
from apps.core.weekly import Interval, format_ranges
from apps.therapists.enums import HoursKind
from apps.therapists.models import (
    Approval,
    ContactGroup,
    ContactPause,
    Practice,
    Therapist,
    TherapistHistory,
    WeeklyHours,
    Workplace,
)
from apps.therapists.services import contact, contact_groups, practices, records
from apps.therapists.services.changes import editable_fields, normalised


class ReadOnlyMixin:
    """Rows that services write: everybody with a role may look, nobody changes them here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NormalisingForm(forms.ModelForm):
    """Brings values into their one spelling before they are compared and saved."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        known = editable_fields(self._meta.model)
        return values | normalised({name: value for name, value in values.items() if name in known})

    @property
    def changes(self) -> dict[str, Any]:
        known = editable_fields(self._meta.model)
        return {name: self.cleaned_data[name] for name in self.changed_data if name in known}


class TherapistAdminForm(NormalisingForm):
    languages = forms.MultipleChoiceField(
        label=_("languages"),
        choices=Language.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class PracticeAdminForm(NormalisingForm):
    website = forms.URLField(label=_("website"), required=False, assume_scheme="https")


class WorkplaceInline(ReadOnlyMixin, admin.TabularInline):
    """Changed on the page of the record, which regroups and tells."""

    model = Workplace
    extra = 0
    show_change_link = True


class ApprovalInline(admin.TabularInline):
    model = Approval
    extra = 0


class HoursInline(admin.TabularInline):
    model = WeeklyHours
    extra = 0


class PauseInline(ReadOnlyMixin, admin.TabularInline):
    model = ContactPause
    extra = 0
    show_change_link = True


class HistoryInline(ReadOnlyMixin, admin.TabularInline):
    model = TherapistHistory
    extra = 0
    fields = ("at", "old", "new", "actor", "reason")
    readonly_fields = fields


@admin.register(Therapist)
class TherapistAdmin(admin.ModelAdmin):
    """Nobody is added here: the workspace records a therapist with practice, approvals and hours at once."""

    form = TherapistAdminForm
    list_display = ("last_name", "first_name", "title", "seat", "status", "review_status", "updated_at")
    list_display_links = ("last_name", "first_name")
    list_filter = (
        "status",
        "review_status",
        "seat",
        "approvals__method",
        "approvals__age_group",
        "is_licensed",
        "knows_agency",
        "practices__state",
    )
    search_fields = ("last_name", "first_name", "practices__name", "practices__plz", "practices__city")
    date_hierarchy = "created_at"
    ordering = ("last_name", "first_name", "pk")
    readonly_fields = (
        "status",
        "blocked_reason",
        "blocked_since",
        "blocked_until",
        "review_status",
        "reviewed_at",
        "contact_group",
        "is_working_hours_known",
        "last_email_at",
        "last_call_at",
        "last_talk_at",
        "do_not_contact_since",
        "created_at",
        "updated_at",
    )
    inlines = (WorkplaceInline, ApprovalInline, HoursInline, PauseInline, HistoryInline)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Therapist, form: Any, change: bool) -> None:
        records.update(therapist=obj, changes=form.changes, actor=request.user, at=timezone.now())

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.save(commit=False)  # fills what the log entry tells; the services save
        if formset.model is Approval and formset.has_changed():
            keys = [(row["method"], row["age_group"], row["setting"]) for row in _kept(formset)]
            records.set_approvals(therapist=form.instance, approvals=keys, at=timezone.now())
        elif formset.model is WeeklyHours and formset.has_changed():
            phone, working = (_intervals(formset, kind) for kind in HoursKind)
            records.set_week(therapist=form.instance, phone=phone, working=working or None, at=timezone.now())

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """The rows around a therapist are read-only alone but go with the record: its own right counts."""
        names, counts, _rights_needed, protected = super().get_deleted_objects(objs, request)
        return names, counts, set(), protected

    @transaction.atomic
    def delete_model(self, request: HttpRequest, obj: Therapist) -> None:
        """The contact group is mended: who was connected through this therapist only, no longer is."""
        contact_groups.hold()
        group, places = obj.contact_group, list(obj.practices.all())
        obj.delete()
        contact_groups.regroup(practices=places)
        contact_groups.delete_if_empty(group=group)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Therapist]) -> None:
        for therapist in queryset:
            self.delete_model(request, therapist)


@admin.register(Practice)
class PracticeAdmin(admin.ModelAdmin):
    form = PracticeAdminForm
    list_display = ("name", "street", "plz", "city", "phone", "email", "precision")
    list_display_links = ("name", "street")
    list_filter = ("state", "precision")
    search_fields = ("name", "street", "plz", "city", "email", "phone")
    date_hierarchy = "created_at"
    ordering = ("plz", "name", "pk")
    readonly_fields = ("created_at", "updated_at")

    def save_model(self, request: HttpRequest, obj: Practice, form: Any, change: bool) -> None:
        if change:
            records.update_practice(practice=obj, changes=form.changes, actor=request.user, at=timezone.now())
        else:
            found = practices.find_or_create(data=form.changes)
            obj.pk = found.pk
            obj.refresh_from_db()


@admin.register(ContactPause)
class ContactPauseAdmin(admin.ModelAdmin):
    list_display = ("therapist", "starts_on", "until", "reason", "lifted_at")
    list_filter = ("reason", ("lifted_at", admin.EmptyFieldListFilter))
    search_fields = ("therapist__last_name", "therapist__first_name")
    autocomplete_fields = ("therapist",)
    date_hierarchy = "until"
    list_select_related = ("therapist",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ContactPause, form: Any, change: bool) -> None:
        saved = contact.pause(**form.cleaned_data, at=timezone.now())
        obj.pk = saved.pk


@admin.register(ContactGroup)
class ContactGroupAdmin(ReadOnlyMixin, admin.ModelAdmin):
    list_display = ("__str__", "size", "members")
    search_fields = ("therapists__last_name",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContactGroup]:
        groups = super().get_queryset(request).prefetch_related("therapists")
        return groups.annotate(therapist_count=Count("therapists"))

    @admin.display(description=_("therapists"), ordering="therapist_count")
    def size(self, group: Any) -> int:
        return group.therapist_count

    @admin.display(description=_("who"))
    def members(self, group: ContactGroup) -> str:
        return "; ".join(str(therapist) for therapist in group.therapists.all())


@admin.register(TherapistHistory)
class TherapistHistoryAdmin(ReadOnlyMixin, admin.ModelAdmin):
    list_display = ("at", "subject", "old", "new", "actor", "reason")
    list_filter = ("new",)
    search_fields = ("subject__last_name", "reason")
    date_hierarchy = "at"
    list_select_related = ("subject", "actor")


@admin.register(Workplace)
class WorkplaceAdmin(ReadOnlyMixin, admin.ModelAdmin):
    list_display = ("therapist", "practice", "is_main")
    list_filter = ("is_main", "practice__state")
    search_fields = ("therapist__last_name", "practice__name", "practice__city")
    list_select_related = ("therapist", "practice")


@admin.register(Approval)
class ApprovalAdmin(ReadOnlyMixin, admin.ModelAdmin):
    list_display = ("therapist", "method", "age_group", "setting")
    list_filter = ("method", "age_group", "setting")
    search_fields = ("therapist__last_name",)
    list_select_related = ("therapist",)


@admin.register(WeeklyHours)
class WeeklyHoursAdmin(ReadOnlyMixin, admin.ModelAdmin):
    list_display = ("therapist", "kind", "weekday", "times")
    list_filter = ("kind", "weekday")
    search_fields = ("therapist__last_name",)
    list_select_related = ("therapist",)

    @admin.display(description=_("times"))
    def times(self, hours: WeeklyHours) -> str:
        return format_ranges([(hours.start_minute, hours.end_minute)])


def _kept(formset: Any) -> list[dict[str, Any]]:
    """Values of the rows that are to be there afterwards."""
    return [row for row in formset.cleaned_data if row and not row.get("DELETE")]


def _intervals(formset: Any, kind: str) -> list[Interval]:
    rows = [row for row in _kept(formset) if row["kind"] == kind]
    return [Interval(row["weekday"], row["start_minute"], row["end_minute"]) for row in rows]


admin.site.register(
    [apps.get_model("therapists", name) for name in ("PracticeEvent", "TherapistEvent")], TrailAdmin
)

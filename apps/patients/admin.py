"""The admin: everything is visible; what has rules is saved by the services."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.core.admin import TrailAdmin
from apps.core.audit import record_access
from apps.core.encryption import blind_index
from apps.core.errors import Refused
from apps.patients import checks
from apps.patients.enums import Purpose
from apps.patients.forms import PatientFields
from apps.patients.models import Availability, Consent, Insurer, Patient, PatientHistory, Symptom
from apps.patients.sections import FORM_FIELDS, SECTIONS
from apps.patients.services import consents, registration

PLACE = ("latitude", "longitude", "precision")
KEPT_BY_THE_SYSTEM = (
    "case_code",
    "status",
    "is_availability_known",
    "started_on",
    "first_place_on",
    "place_confirmed_on",
    "last_contact_at",
    "created_at",
    "updated_at",
)


@contextmanager
def refusing() -> Iterator[None]:
    """A service may still say no after the form has said yes: the admin answers kindly."""
    try:
        yield
    except ValidationError as error:
        raise Refused(" ".join(error.messages)) from error


class ReadOnly:
    """Rows that only services write."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class HistoryInline(ReadOnly, admin.TabularInline):
    model = PatientHistory
    fields = ("at", "old", "new", "actor", "reason")
    extra = 0


class ConsentInline(ReadOnly, admin.TabularInline):
    model = Consent
    fields = ("purpose", "given_on", "withdrawn_on", "proof")
    extra = 0
    show_change_link = True


class AvailabilityInline(ReadOnly, admin.TabularInline):
    model = Availability
    fields = ("__str__",)
    readonly_fields = ("__str__",)
    extra = 0


class PatientAdminForm(PatientFields):
    class Meta(PatientFields.Meta):
        fields = [*FORM_FIELDS, *PLACE]


@admin.register(Patient)
class PatientAdmin(admin.ModelAdmin):
    form = PatientAdminForm
    list_display = (
        "__str__",
        "case_code",
        "status",
        "plz",
        "city",
        "insurance_kind",
        "started_on",
        "created_at",
    )
    list_filter = ("status", "insurance_kind", "precision", "group_wish", "travel_mode", "preferred_channel")
    search_fields = ("last_name", "first_name", "case_code", "^plz", "city", "email", "phone")
    search_help_text = _("Name, case code, PLZ, town, e-mail, phone, or a whole KVNR.")
    date_hierarchy = "created_at"
    autocomplete_fields = ("insurer",)
    readonly_fields = KEPT_BY_THE_SYSTEM
    fieldsets: ClassVar[Any] = (
        (None, {"fields": (("case_code", "status"), ("created_at", "updated_at"))}),
        *((title, {"fields": rows}) for title, rows in SECTIONS),
        (_("Place"), {"fields": (PLACE,)}),
        (
            _("Kept by the system"),
            {"fields": (KEPT_BY_THE_SYSTEM[2:4], KEPT_BY_THE_SYSTEM[4:6], "last_contact_at")},
        ),
    )
    inlines = (ConsentInline, AvailabilityInline, HistoryInline)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Patient | None:
        """Every look at one record is logged, here as on the pages."""
        patient = super().get_object(request, object_id, from_field)
        if patient and request.resolver_match:
            purpose = request.resolver_match.view_name
            record_access(actor=request.user, patient_id=patient.pk, purpose=purpose, at=timezone.now())
        return patient

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Patient], search_term: str
    ) -> tuple[QuerySet[Patient], bool]:
        number = checks.normalise_kvnr(search_term)
        if checks.is_valid_kvnr(number):
            return queryset.filter(kvnr_index=blind_index(number)), False
        return super().get_search_results(request, queryset, search_term)

    def save_model(self, request: HttpRequest, obj: Patient, form: Any, change: bool) -> None:
        now = timezone.now()
        with refusing():
            if change:
                registration.update(patient=obj, changes=form.changes, actor=request.user, at=now)
            else:
                obj.pk = registration.register(data=form.changes, actor=request.user, at=now).pk
        obj.refresh_from_db()


@admin.register(Consent)
class ConsentAdmin(admin.ModelAdmin):
    """Given and withdrawn, never rewritten or deleted."""

    list_display = ("patient", "purpose", "given_on", "withdrawn_on", "proof")
    list_filter = ("purpose", ("withdrawn_on", admin.EmptyFieldListFilter))
    list_select_related = ("patient",)
    search_fields = ("patient__last_name", "patient__first_name", "patient__case_code", "proof")
    date_hierarchy = "given_on"
    autocomplete_fields = ("patient",)

    def get_readonly_fields(self, request: HttpRequest, obj: Consent | None = None) -> tuple[str, ...]:
        return ("patient", "purpose", "given_on", "proof") if obj else ("withdrawn_on",)

    def has_change_permission(self, request: HttpRequest, obj: Consent | None = None) -> bool:
        is_over = obj is not None and obj.withdrawn_on is not None
        return not is_over and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Consent | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        purpose, now = Purpose(obj.purpose), timezone.now()
        with refusing():
            if not change:
                given = consents.give(
                    patient=obj.patient, purpose=purpose, on=obj.given_on, proof=obj.proof, at=now
                )
                obj.pk = given.pk
            elif obj.withdrawn_on:
                consents.withdraw(patient=obj.patient, purpose=purpose, on=obj.withdrawn_on, at=now)


@admin.register(Availability)
class AvailabilityAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("patient", "weekday", "__str__")
    list_filter = ("weekday",)
    list_select_related = ("patient",)
    search_fields = ("patient__last_name", "patient__first_name", "patient__case_code")


@admin.register(PatientHistory)
class PatientHistoryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ("at", "subject", "old", "new", "actor", "reason")
    list_filter = ("new", "old")
    list_select_related = ("subject", "actor")
    search_fields = ("subject__last_name", "subject__first_name", "subject__case_code", "reason")
    date_hierarchy = "at"


@admin.register(Insurer)
class InsurerAdmin(admin.ModelAdmin):
    list_display = ("name", "kind")
    list_filter = ("kind",)
    search_fields = ("name",)


@admin.register(Symptom)
class SymptomAdmin(admin.ModelAdmin):
    list_display = ("code", "name_de", "name_en", "is_active")
    list_filter = ("is_active",)
    list_editable = ("is_active",)
    search_fields = ("code", "name_de", "name_en")

    def get_readonly_fields(self, request: HttpRequest, obj: Symptom | None = None) -> tuple[str, ...]:
        """Patients carry the code, encrypted: it cannot be renamed everywhere."""
        return ("code",) if obj else ()


admin.site.register(apps.get_model("patients", "PatientEvent"), TrailAdmin)

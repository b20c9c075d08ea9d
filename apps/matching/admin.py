"""Searches, rounds, inquiries and requests to look at: their states change through the services only.

Patients appear by case code; who they are stands on the pages of the workspace, which log every look.
"""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.core.admin import HistoryInline, WrittenByServices
from apps.matching.enums import OPEN_REQUESTS, OPEN_SEARCHES
from apps.matching.models import (
    AcceptanceFit,
    EvidenceHistory,
    EvidenceRule,
    IdentityLink,
    Inquiry,
    InquiryContact,
    InquiryHistory,
    MatchRun,
    PlacementRequest,
    PlacementSearch,
    RefusalEvidence,
    RequestHistory,
    Round,
    RoundHistory,
    SearchHistory,
    SimulationHistory,
    SimulationRun,
    TherapistExclusion,
    TrialSession,
)
from apps.matching.selectors.lists import without_secrets


class SearchHistoryInline(HistoryInline):
    model = SearchHistory


class RoundHistoryInline(HistoryInline):
    model = RoundHistory


class SimulationHistoryInline(HistoryInline):
    model = SimulationHistory


class InquiryHistoryInline(HistoryInline):
    model = InquiryHistory


class RequestHistoryInline(HistoryInline):
    model = RequestHistory


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ContactInline(ReadOnlyInline):
    model = InquiryContact
    fields = readonly_fields = ("email", "call", "request_ids")


class RequestInline(ReadOnlyInline):
    model = PlacementRequest
    fields = readonly_fields = ("search", "therapist", "status", "score", "sent_at", "answered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows = super().get_queryset(request).select_related("search__patient", "therapist")
        return rows.defer("answer_note", *without_secrets("search__patient"))


class SessionInline(ReadOnlyInline):
    model = TrialSession
    fields = readonly_fields = ("planned_at", "outcome")


@admin.register(PlacementSearch)
class PlacementSearchAdmin(WrittenByServices):
    """Only the note can be edited, and Kostenerstattung while nobody is being asked."""

    list_display = ("case_code", "status", "started_on", "ended_on", "is_kostenerstattung", "paused_until")
    list_filter = ("status", "is_kostenerstattung")
    list_select_related = ("patient",)
    search_fields = ("patient__case_code", "patient__last_name", "patient__plz")
    date_hierarchy = "started_on"
    ordering = ("-started_on", "-id")
    fields = (
        *("case_code", "status", "is_kostenerstattung", "started_on", "ended_on"),
        *("paused_from", "paused_until", "pause_reason", "note"),
    )
    inlines = (RequestInline, SearchHistoryInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlacementSearch]:
        return super().get_queryset(request).defer(*without_secrets("patient"))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fixed = tuple(name for name in self.fields if name not in ("note", "is_kostenerstattung"))
        return fixed if obj is None or _is_quiet(obj) else (*fixed, "is_kostenerstattung")

    @admin.display(description=_("case code"), ordering="patient__case_code")
    def case_code(self, search: PlacementSearch) -> str:
        return search.patient.case_code


@admin.register(TherapistExclusion)
class TherapistExclusionAdmin(WrittenByServices):
    """Made on the page of a search; a wrong one may be taken off the list by the management."""

    list_display = ("case_code", "therapist", "source", "reason", "created_at")
    list_filter = ("source",)
    list_select_related = ("patient", "therapist")
    search_fields = ("patient__case_code", "therapist__last_name", "reason")
    fields = ("case_code", "therapist", "source", "reason", "created_at")
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TherapistExclusion]:
        return super().get_queryset(request).defer(*without_secrets("patient"))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    @admin.display(description=_("case code"), ordering="patient__case_code")
    def case_code(self, exclusion: TherapistExclusion) -> str:
        return exclusion.patient.case_code


@admin.register(Round)
class RoundAdmin(WrittenByServices):
    list_display = ("id", "planned_for", "status", "searches_count", "candidates_count", "created_by")
    list_filter = ("status",)
    list_select_related = ("created_by",)
    date_hierarchy = "planned_for"
    ordering = ("-id",)
    inlines = (RoundHistoryInline,)


@admin.register(Inquiry)
class InquiryAdmin(WrittenByServices):
    list_display = (
        "reference",
        "therapist",
        "status",
        "channel",
        "released_by",
        "sent_at",
        "last_contact_at",
    )
    list_filter = ("status", "channel")
    list_select_related = ("therapist", "released_by")
    search_fields = (
        *("reference", "therapist__last_name", "therapist__first_name"),
        "requests__search__patient__case_code",
    )
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (RequestInline, ContactInline, InquiryHistoryInline)


@admin.register(PlacementRequest)
class PlacementRequestAdmin(WrittenByServices):
    list_display = ("search", "therapist", "status", "answer_source", "sent_at", "answered_at", "is_manual")
    list_filter = ("status", "answer_source", "rejection_reason", "is_manual")
    search_fields = ("search__patient__case_code", "therapist__last_name", "inquiry__reference")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fields = (
        *("search", "inquiry", "therapist", "status", "score", "score_parts", "plan_facts"),
        *("distance_km", "common_minutes", "is_manual", "sent_at", "answered_at", "answer_source"),
        *("rejection_reason", "waitlist_until", "locked_until", "identity_released_at"),
        *("conflict_resolved_at", "ended_at"),
    )
    inlines = (SessionInline, RequestHistoryInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PlacementRequest]:
        rows = super().get_queryset(request).select_related("search__patient", "therapist", "inquiry")
        return rows.defer("answer_note", *without_secrets("search__patient"))


@admin.register(TrialSession)
class TrialSessionAdmin(WrittenByServices):
    list_display = ("planned_at", "case_code", "outcome")
    list_filter = ("outcome",)
    search_fields = ("request__search__patient__case_code", "request__inquiry__reference")
    date_hierarchy = "planned_at"
    ordering = ("-planned_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrialSession]:
        rows = super().get_queryset(request).select_related("request__search__patient")
        return rows.defer("request__answer_note", *without_secrets("request__search__patient"))

    @admin.display(description=_("case code"))
    def case_code(self, session: TrialSession) -> str:
        return session.request.search.patient.case_code


@admin.register(SimulationRun)
class SimulationRunAdmin(WrittenByServices):
    list_display = ("id", "status", "is_own_world", "progress_percent", "created_by", "created_at")
    list_filter = ("status", "is_own_world")
    list_select_related = ("created_by",)
    search_fields = ("=id", "created_by__username", "created_by__last_name")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    inlines = (SimulationHistoryInline,)


@admin.register(MatchRun)
class MatchRunAdmin(WrittenByServices):
    list_display = (
        *("day", "searches_count", "therapists_count", "candidates_count", "without_candidates_count"),
        *("shard_count", "started_at", "finished_at"),
    )
    date_hierarchy = "day"
    ordering = ("-id",)


@admin.register(AcceptanceFit)
class AcceptanceFitAdmin(WrittenByServices):
    list_display = ("fitted_at", "asked_count", "accepted_count", "is_estimated")
    list_filter = ("is_estimated",)
    date_hierarchy = "fitted_at"
    ordering = ("-fitted_at", "-id")


@admin.register(IdentityLink)
class IdentityLinkAdmin(WrittenByServices):
    """Which links were sent, opened and revoked; the token itself is nowhere."""

    list_display = ("id", "case_code", "created_at", "created_by", "expires_at", "opened_at", "revoked_at")
    list_select_related = ("request__search__patient", "created_by")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fields = ("case_code", "created_at", "created_by", "expires_at", "opened_at", "revoked_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[IdentityLink]:
        secrets = without_secrets("request__search__patient")
        return super().get_queryset(request).defer("request__answer_note", *secrets)

    @admin.display(description=_("case code"), ordering="request__search__patient__case_code")
    def case_code(self, link: IdentityLink) -> str:
        return link.request.search.patient.case_code


class EvidenceHistoryInline(HistoryInline):
    model = EvidenceHistory


@admin.register(EvidenceRule)
class EvidenceRuleAdmin(admin.ModelAdmin):
    """What insurers expect: the management writes it down. The row without insurer counts for all others."""

    list_display = (
        *("insurer", "least_attempts", "longest_wait_weeks", "needs_tss", "needs_ptv11", "shows_kvnr"),
        "last_reviewed_on",
    )
    list_filter = ("needs_tss", "needs_ptv11", "shows_kvnr")
    list_select_related = ("insurer",)
    search_fields = ("insurer__name", "note")
    ordering = ("insurer__name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return bool(getattr(request.user, "can_manage", False))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "can_manage", False))


@admin.register(RefusalEvidence)
class RefusalEvidenceAdmin(WrittenByServices):
    """Which documents there are; what they say stands on their pages, which log every look."""

    list_display = ("id", "case_code", "status", "period_from", "period_to", "created_by", "signed_by")
    list_filter = ("status",)
    list_select_related = ("patient", "created_by", "signed_by")
    search_fields = ("patient__case_code", "content_hash")
    date_hierarchy = "created_at"
    ordering = ("-id",)
    fields = (
        *("case_code", "status", "period_from", "period_to", "created_by", "signed_by", "signed_at"),
        "content_hash",
    )
    inlines = (EvidenceHistoryInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RefusalEvidence]:
        rows = super().get_queryset(request)
        return rows.defer("content", "tss_result", "insurer_answer", *without_secrets("patient"))

    @admin.display(description=_("case code"), ordering="patient__case_code")
    def case_code(self, evidence: RefusalEvidence) -> str:
        return evidence.patient.case_code


def _is_quiet(search: PlacementSearch) -> bool:
    """Open, and nobody is being asked for it."""
    return search.status in OPEN_SEARCHES and not search.requests.filter(status__in=OPEN_REQUESTS).exists()

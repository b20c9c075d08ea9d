"""Rows for programs: only the columns that are told, the same few queries however many rows.

No name and no encrypted column of a patient is read here; a case is known by its code.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Model, Prefetch, Q, QuerySet

from apps.matching.enums import OPEN_REQUESTS, InquiryStatus, RequestStatus
from apps.matching.models import (
    Inquiry,
    InquiryContact,
    PlacementRequest,
    PlacementSearch,
    RequestHistory,
    Round,
    SearchHistory,
    TherapistExclusion,
    TrialSession,
)
from apps.therapists.models import Therapist

CASE = ("search__status", "search__patient_id", "search__patient__case_code")
THERAPIST = ("therapist__title", "therapist__first_name", "therapist__last_name")


def searches() -> QuerySet[PlacementSearch]:
    rows = PlacementSearch.objects.select_related("patient")
    return rows.only(*_own(PlacementSearch), "patient__case_code")


def open_request_count(search: PlacementSearch) -> int:
    return search.requests.filter(status__in=OPEN_REQUESTS).count()


def requests() -> QuerySet[PlacementRequest]:
    """With the case's code, without the note on the answer."""
    rows = PlacementRequest.objects.select_related("search__patient")
    return rows.only(*_own(PlacementRequest, "answer_note"), *CASE)


def request_details() -> QuerySet[PlacementRequest]:
    """One request with therapist, inquiry, note and trial sessions."""
    sessions = TrialSession.objects.order_by("planned_at", "pk")
    rows = PlacementRequest.objects.select_related("search__patient", "inquiry", "therapist")
    told = rows.only(*_own(PlacementRequest), *CASE, *THERAPIST, "inquiry__reference")
    return told.prefetch_related(Prefetch("trial_sessions", queryset=sessions))


def inquiries() -> QuerySet[Inquiry]:
    """With the states of what each carries: counted in Python, a list reads at most a page of them."""
    states = PlacementRequest.objects.only("inquiry_id", "status", "answered_at")
    return Inquiry.objects.prefetch_related(Prefetch("requests", queryset=states))


def inquiry_details() -> QuerySet[Inquiry]:
    therapists = Therapist.objects.only("title", "first_name", "last_name")
    contacts = InquiryContact.objects.order_by("pk")
    return Inquiry.objects.select_related("round", "released_by").prefetch_related(
        Prefetch("therapist", queryset=therapists),
        Prefetch("requests", queryset=requests().order_by("pk")),
        Prefetch("contacts", queryset=contacts),
    )


def round_counts(round_: Round) -> dict[str, int]:
    """What a round holds now, dropped lines and cancelled inquiries left out."""
    kept = PlacementRequest.objects.filter(inquiry__round=round_).exclude(status=RequestStatus.DROPPED)
    lines = kept.aggregate(request_count=Count("pk"), asked_search_count=Count("search", distinct=True))
    is_draft = Q(status=InquiryStatus.DRAFT)
    live = round_.inquiries.exclude(status=InquiryStatus.CANCELLED)
    return lines | live.aggregate(inquiry_count=Count("pk"), draft_count=Count("pk", filter=is_draft))


def lines_of_round(round_: Round) -> QuerySet[PlacementRequest]:
    """Every line that was not dropped, with therapist and inquiry."""
    rows = PlacementRequest.objects.filter(inquiry__round=round_).exclude(status=RequestStatus.DROPPED)
    told = ("inquiry__reference", "inquiry__status", "inquiry__channel")
    joined = rows.select_related("search__patient", "inquiry", "therapist")
    return joined.only(*_own(PlacementRequest, "answer_note"), *CASE, *THERAPIST, *told)


def exclusions(patient_id: int) -> QuerySet[TherapistExclusion]:
    rows = TherapistExclusion.objects.filter(patient=patient_id).select_related("therapist")
    return rows.only("patient_id", "source", "reason", "created_at", *THERAPIST).order_by("pk")


@dataclass(frozen=True)
class Step:
    """One change of state, of the search itself or (`request_id`) of one of its requests."""

    at: datetime
    old: str
    new: str
    actor: str
    reason: str
    request_id: int | None


def steps(search: PlacementSearch) -> list[Step]:
    """The history of a search and its requests, oldest first."""
    own = SearchHistory.objects.filter(subject=search).select_related("actor")
    asked = RequestHistory.objects.filter(subject__search=search).select_related("actor")
    found = [_step(row, None) for row in own] + [_step(row, row.subject_id) for row in asked]
    return sorted(found, key=lambda step: step.at)


def _step(row: Any, request_id: int | None) -> Step:
    actor = row.actor.display_name if row.actor else ""
    return Step(row.at, row.old, row.new, actor, row.reason, request_id)


def _own(model: type[Model], *without: str) -> list[str]:
    return [field.name for field in model._meta.concrete_fields if field.name not in without]

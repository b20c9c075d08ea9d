"""How a placement request is told, by itself, in its inquiry and in a round."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from apps.core.parameters import Parameters
from apps.gateway import versions
from apps.gateway.access import note_access
from apps.matching import phrases
from apps.matching.api.common import (
    Told,
    coded,
    found,
    may_see_health,
    number,
    parameters_of,
    score_parts,
)
from apps.matching.models import PlacementRequest
from apps.matching.selectors import rows

ITEM = (
    *("id", "search_id", "therapist_id", "inquiry_id", "status", "is_manual", "sent_at"),
    *("answered_at", "waitlist_until", "ended_at", "updated_at"),
)
FIGURES = ("rank", "option_count", "waiting_days", "chance_before", "chance_after")
SESSION = ("id", "planned_at", "outcome")


def item(row: PlacementRequest) -> Told:
    return {name: getattr(row, name) for name in ITEM} | {
        "patient_id": row.search.patient_id,
        "case_code": row.search.patient.case_code,
        "answer_source": row.answer_source or None,
        "rejection_reason": row.rejection_reason or None,
    }


def with_figures(row: PlacementRequest, parameters: Parameters) -> Told:
    """Also why it was planned, as noted then."""
    return {
        **item(row),
        "therapist_name": row.therapist.full_name,
        "inquiry_reference": row.inquiry.reference,
        "score": row.score,
        "parts": score_parts(
            row.score_parts, parameters, distance_km=row.distance_km, common_minutes=row.common_minutes
        ),
        "plan": plan(row.plan_facts or {}),
        "distance_km": number(row.distance_km),
        "common_minutes": row.common_minutes,
    }


def plan(facts: dict[str, Any]) -> Told:
    reasons = [code for code in facts.get("reasons", []) if code in phrases.PLAN_REASONS]
    return {name: facts.get(name) for name in FIGURES} | {
        "reasons": [coded(code, phrases.PLAN_REASONS[code]) for code in reasons]
    }


def told(request: HttpRequest, response: HttpResponse, pk: int, operation: str) -> Told:
    """The request as it is now, with its ETag."""
    row = found(rows.request_details(), pk)
    versions.show(response, row)
    note_access(request, [row.search.patient_id], operation)
    return {
        **with_figures(row, parameters_of(timezone.now())),
        "answer_note": row.answer_note if may_see_health(request) else "",
        "locked_until": row.locked_until,
        "identity_released_at": row.identity_released_at,
        "conflict_resolved_at": row.conflict_resolved_at,
        "trial_sessions": [
            {name: getattr(session, name) for name in SESSION} for session in row.trial_sessions.all()
        ],
    }

"""Candidates of a search, why or why not, and what a relaxed wish would bring."""

from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Query

from apps.core.errors import Refused
from apps.core.parameters import Parameters
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.matching.api.common import (
    FREE_TEXT_REASONS,
    HEALTH_REASONS,
    Told,
    blocking_told,
    found,
    may_see_health,
    number,
    parameters_of,
    reason_told,
    score_parts,
)
from apps.matching.api.schemas.candidates import CandidateQuery, CandidatesOut, JudgementOut, WhatIfOut
from apps.matching.api.searches import endpoints
from apps.matching.contrasts import contrasts, pair_of
from apps.matching.enums import OPEN_SEARCHES
from apps.matching.models import PlacementSearch
from apps.matching.selectors.candidates import Judgement, SearchView, explain, look_at
from apps.matching.selectors.lists import draft_ids, search_page
from apps.matching.what_if import what_ifs
from apps.therapists.models import Therapist
from apps.therapists.selectors import main_practice


@endpoints.get(
    "/{search_id}/candidates",
    scope=Scope.SEARCHES_READ,
    answer=CandidatesOut,
    also=(409,),
    summary="Fitting therapists, the best first",
    operation_id="list_candidates",
)
def list_candidates(request: HttpRequest, search_id: RowId, query: Query[CandidateQuery]) -> Told:
    search, parameters = _searched(request, search_id, "list_candidates"), parameters_of(timezone.now())
    view = _view(search, parameters, query.limit)
    return {
        "candidates": [
            {"rank": rank, **_fit(judgement, parameters)}
            for rank, judgement in enumerate(view.candidates, start=view.first_rank)
        ],
        "candidate_count": view.candidate_count,
        "in_reach_count": view.in_reach_count,
        "therapist_count": view.therapist_count,
        "rejected": [
            {**reason_told(request, reason), "count": count} for reason, count in view.reject_counts
        ],
        "blocked_by": blocking_told(request, view.blocking),
    }


@endpoints.get(
    "/{search_id}/candidates/{therapist_id}",
    scope=Scope.SEARCHES_READ,
    answer=JudgementOut,
    summary="Why, or why not, a therapist fits",
    operation_id="explain_candidate",
)
def explain_candidate(request: HttpRequest, search_id: RowId, therapist_id: RowId) -> Told:
    search, parameters = _searched(request, search_id, "explain_candidate"), parameters_of(timezone.now())
    therapist, today = found(Therapist.objects.all(), therapist_id), timezone.localdate()
    (judgement,) = explain(
        search=search,
        therapist_ids=[therapist.pk],
        today=today,
        parameters=parameters,
        ignore_inquiries=draft_ids([therapist.pk]),
    )
    return {
        **_fit(judgement, parameters),
        "is_candidate": judgement.is_candidate,
        "reasons": _reasons(request, search, judgement, today, parameters),
    }


@endpoints.get(
    "/{search_id}/what-if",
    scope=Scope.SEARCHES_READ,
    answer=WhatIfOut,
    also=(409,),
    summary="How many more candidates each relaxed wish would bring",
    operation_id="relax_wishes",
)
def relax_wishes(request: HttpRequest, search_id: RowId) -> Told:
    search, parameters = _searched(request, search_id, "relax_wishes"), parameters_of(timezone.now())
    view = _view(search, parameters, limit=1)
    gains = view.gains
    wishes = what_ifs(gains=gains, patient=search.patient, parameters=parameters)
    codes = sorted(gains, key=lambda code: -gains[code])  # the order of `what_ifs`
    return {
        "candidate_count": view.candidate_count,
        "wishes": [
            {"code": code, "label": str(wish.label), "change": wish.change, "gain": wish.gain}
            for code, wish in zip(codes, wishes, strict=True)
        ],
    }


def _searched(request: HttpRequest, search_id: int, operation: str) -> PlacementSearch:
    search = found(search_page(), search_id)
    note_access(request, [search.patient_id], operation)
    return search


def _view(search: PlacementSearch, parameters: Parameters, limit: int) -> SearchView:
    if search.status not in OPEN_SEARCHES:
        raise Refused(_("The search is over."))
    today = timezone.localdate()
    return look_at(search=search, today=today, parameters=parameters, limit=limit, rows_a_page=limit)


def _fit(judgement: Judgement, parameters: Parameters) -> Told:
    therapist, practice = judgement.therapist, main_practice(judgement.therapist)
    return {
        "therapist_id": therapist.pk,
        "name": therapist.full_name,
        "plz": practice.plz if practice else "",
        "city": practice.city if practice else "",
        "score": number(judgement.score),
        "parts": score_parts(
            judgement.parts,
            parameters,
            distance_km=judgement.distance_km,
            common_minutes=judgement.common_minutes,
        ),
        "distance_km": judgement.distance_km,
        "travel_minutes": number(judgement.travel_minutes),
        "is_travel_measured": judgement.is_travel_measured,
        "common_minutes": judgement.common_minutes,
        "is_hours_unknown": judgement.is_hours_unknown,
        "free_individual_from": therapist.free_individual_from,
        "free_group_from": therapist.free_group_from,
    }


def _reasons(
    request: HttpRequest, search: PlacementSearch, judgement: Judgement, today: date, parameters: Parameters
) -> list[Told]:
    pair = pair_of(search, judgement, today, parameters, is_diagnosis_shown=may_see_health(request))
    told = zip(judgement.reasons, contrasts(judgement.reasons, pair), strict=True)
    hidden = frozenset() if may_see_health(request) else HEALTH_REASONS | FREE_TEXT_REASONS
    return [
        {
            **reason_told(request, reason),
            "rule": reason.rule,
            "facts": "" if reason in hidden else contrast.facts,
        }
        for reason, contrast in told
    ]

"""One search: candidates with reasons, requests, history, and why somebody is no candidate."""

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from apps.accounts.permissions import viewing
from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching import candidate_map, facts, phrases, score_terms, timeline
from apps.matching.contrasts import contrasts, pair_of
from apps.matching.enums import OPEN_SEARCHES, SearchStatus
from apps.matching.models import PlacementSearch
from apps.matching.selectors.candidates import Judgement, SearchView, explain, look_at, named
from apps.matching.selectors.lists import draft_ids, requests_of_search, search_page
from apps.matching.views.shared import note_access, page_number, pages
from apps.matching.what_if import what_ifs
from apps.therapists.selectors import main_practice
from apps.therapists.tables import free_places

MOST_FOUND = 8  # therapists of "why not?"


@viewing
@require_GET
def candidates(request: HttpRequest, pk: int) -> HttpResponse:
    search, today = searched(request, pk), timezone.localdate()
    parameters = operating.current(at=timezone.now())
    context: dict[str, Any] = {
        "wishes": facts.wishes(search=search, today=today, parameters=parameters),
        "query": request.GET.get("q", ""),
    }
    if search.status in OPEN_SEARCHES:
        context |= _looked_at(request, search, today, parameters)
    return tab_page(request, search, "search", **context)


@viewing
@require_GET
def requests(request: HttpRequest, pk: int) -> HttpResponse:
    search = searched(request, pk)
    lines = [{"request": row, "parts": facts.score_parts(row)} for row in requests_of_search(search)]
    return tab_page(request, search, "search_requests", lines=lines)


@viewing
@require_GET
def history(request: HttpRequest, pk: int) -> HttpResponse:
    search = searched(request, pk)
    return tab_page(request, search, "search_history", entries=timeline.of_search(search))


@viewing
@require_GET
def why_not(request: HttpRequest, pk: int) -> HttpResponse:
    """Why these therapists do, or do not, fit: for htmx the result alone."""
    search, query = searched(request, pk), request.GET.get("q", "").strip()
    ids = named(text=query, patient=search.patient, most=MOST_FOUND) if query else []
    today = timezone.localdate()
    parameters = operating.current(at=timezone.now())
    judgements = explain(
        search=search,
        therapist_ids=ids,
        today=today,
        parameters=parameters,
        ignore_inquiries=draft_ids(ids),
    )
    rows = [_explained(search, judgement, today, parameters) for judgement in judgements]
    template = "matching/why_not_results.html" if getattr(request, "htmx", False) else "matching/why_not.html"
    context = {
        "search": search,
        "query": query,
        "rows": rows,
        "is_full": len(rows) == MOST_FOUND,
        "can_add": _can_add(request, search),
    }
    return render(request, template, context)


def searched(request: HttpRequest, pk: int) -> PlacementSearch:
    search = get_object_or_404(search_page(), pk=pk)
    note_access(request, [search.patient_id])
    return search


def tab_page(request: HttpRequest, search: PlacementSearch, tab: str, **context: Any) -> HttpResponse:
    tabs = [
        ("search", _("Candidates"), None),
        ("search_requests", _("Requests"), search.requests.count()),
        ("search_evidence", _("Evidence of refusals"), None),
        ("search_history", _("History"), None),
    ]
    context |= {
        "search": search,
        "patient": search.patient,
        "today": timezone.localdate(),
        "can_add": _can_add(request, search),
        "tabs": [
            {
                "url": reverse(f"matching:{name}", args=[search.pk]),
                "label": label,
                "count": count,
                "is_current": name == tab,
            }
            for name, label, count in tabs
        ],
    }
    return render(request, f"matching/{tab}.html", context)


def _can_add(request: HttpRequest, search: PlacementSearch) -> bool:
    return bool(getattr(request.user, "can_work", False)) and search.status == SearchStatus.ACTIVE


def _looked_at(
    request: HttpRequest, search: PlacementSearch, today: date, parameters: Parameters
) -> dict[str, Any]:
    found = look_at(search=search, today=today, parameters=parameters, page=page_number(request))
    rows = [
        _row(
            judgement,
            rank,
            score=score_terms.percent(judgement.score),
            score_terms=_score_terms(judgement, parameters),
        )
        for rank, judgement in enumerate(found.candidates, start=found.first_rank)
    ]
    relaxed = what_ifs(gains=found.gains, patient=search.patient, parameters=parameters)
    return {
        "found": found,
        "rows": rows,
        "last_rank": found.first_rank + len(rows) - 1,
        "acceptance_url": reverse("matching:acceptance"),
        "pages": pages(request, number=found.page, count=found.page_count),
        "rejected": [(phrases.REASONS[reason], count) for reason, count in found.reject_counts],
        "gains": [row for row in relaxed if row.gain > 0],
        "useless": [row for row in relaxed if row.gain <= 0],
        "blocked_by": phrases.blocked_by(found.blocking) if found.blocking else "",
        "map": _map(search, found, parameters),
    }


def _score_terms(judgement: Judgement, parameters: Parameters) -> list[score_terms.Term]:
    return score_terms.terms(
        parts=judgement.parts,
        parameters=parameters,
        distance_km=judgement.distance_km,
        common_minutes=judgement.common_minutes,
    )


def _row(judgement: Judgement, rank: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "rank": rank,
        "judgement": judgement,
        "therapist": judgement.therapist,
        "practice": main_practice(judgement.therapist),
        "free": free_places(judgement.therapist),
        **more,
    }


def _explained(
    search: PlacementSearch, judgement: Judgement, today: date, parameters: Parameters
) -> dict[str, Any]:
    pair = pair_of(search, judgement, today, parameters)
    return _row(judgement, contrasts=contrasts(judgement.reasons, pair))


def _map(search: PlacementSearch, found: SearchView, parameters: Parameters) -> candidate_map.Map | None:
    """All candidates as dots; those of this page have names and lead to their line."""
    patient = search.patient
    if patient.latitude is None or patient.longitude is None:
        return None
    ranked = enumerate(found.candidates, start=found.first_rank)
    names = {rank: judgement.therapist.full_name for rank, judgement in ranked}
    points = [
        candidate_map.Point(
            rank=spot.rank,
            label=names.get(spot.rank, ""),
            latitude=spot.latitude,
            longitude=spot.longitude,
        )
        for spot in found.spots
    ]
    limit_km = facts.limit_km(patient=patient, parameters=parameters)
    return candidate_map.draw(
        latitude=patient.latitude, longitude=patient.longitude, limit_km=limit_km, points=points
    )

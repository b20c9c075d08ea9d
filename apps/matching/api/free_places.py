"""A therapist reports a free place: whom to offer."""

from collections.abc import Sequence

from django.http import HttpRequest
from django.utils import timezone

from apps.core.parameters import Parameters
from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.routing import Endpoints
from apps.matching.api.common import (
    Told,
    named,
    number,
    parameters_of,
    reason_told,
    score_parts,
)
from apps.matching.api.schemas.candidates import FreePlaceIn, FreePlaceOut
from apps.matching.engine.hours import Interval
from apps.matching.selectors.waiting import FreePlace, Offer, OfferLine, known_place, lines_of, offer_place
from apps.therapists.models import Therapist
from apps.therapists.selectors import with_offer, with_pause

endpoints = Endpoints(tags=["free places"])


@endpoints.post(
    "",
    scope=Scope.SEARCHES_READ,
    answer=FreePlaceOut,
    is_question=True,
    summary="Waiting patients for a therapist's free place",
    operation_id="match_free_place",
    description="Only asks: the place is not written into the therapist's record.",
)
def match_free_place(request: HttpRequest, data: FreePlaceIn) -> Told:
    today, parameters = timezone.localdate(), parameters_of(timezone.now())
    therapists = with_pause(with_offer(Therapist.objects.all()), today)
    therapist = named(therapists, data.therapist_id, "therapist_id")
    place = _place(data, known_place(therapist, today))
    offer = offer_place(therapist=therapist, place=place, today=today, parameters=parameters)
    lines = lines_of(offer, offer.fitting[: data.limit].tolist())
    note_access(request, [line.search.patient_id for line in lines], "match_free_place")
    return {
        "from_on": place.from_on,
        "setting": place.setting,
        "patients": _patients(lines, parameters),
        "fitting_count": len(offer.fitting),
        **_others(request, offer),
    }


def _place(data: FreePlaceIn, known: FreePlace) -> FreePlace:
    return FreePlace(
        from_on=data.from_on or known.from_on,
        setting=data.setting or known.setting,
        methods=tuple(data.methods),
        hours=tuple(Interval(row.weekday, row.start_minute, row.end_minute) for row in data.hours),
    )


def _others(request: HttpRequest, offer: Offer) -> Told:
    counts = offer.reject_counts
    return {
        "out_of_reach_count": offer.out_of_reach_count,
        "limits": [reason_told(request, reason) for reason in offer.limits],
        "rejected": [{**reason_told(request, reason), "count": count} for reason, count in counts],
    }


def _patients(lines: Sequence[OfferLine], parameters: Parameters) -> list[Told]:
    return [
        {
            "rank": rank,
            "search_id": line.search.pk,
            "patient_id": line.search.patient_id,
            "case_code": line.search.patient.case_code,
            "status": line.search.status,
            "started_on": line.search.started_on,
            "score": number(line.score),
            "parts": score_parts(
                line.parts,
                parameters,
                distance_km=line.distance_km,
                common_minutes=line.common_minutes,
            ),
            "distance_km": line.distance_km,
            "common_minutes": line.common_minutes,
            "is_hours_unknown": line.is_hours_unknown,
        }
        for rank, line in enumerate(lines, start=1)
    ]

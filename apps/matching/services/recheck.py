"""Unsent requests are looked at again when a patient or therapist changed, and before their release."""

from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching.engine.matching import evaluate
from apps.matching.engine.reasons import reasons_of
from apps.matching.enums import UNSENT_REQUESTS, InquiryStatus, SearchStatus
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.matching.phrases import REASONS
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.services import inquiries


def recheck_patient(*, patient_id: int, at: datetime, today: date) -> int:
    return _recheck(Inquiry.objects.filter(requests__search__patient=patient_id), at=at, today=today)


def recheck_therapist(*, therapist_id: int, at: datetime, today: date) -> int:
    """Also everybody behind the same mailbox or phone number: pauses hold for all of them."""
    group = worlds.everybody_behind([therapist_id])
    return _recheck(Inquiry.objects.filter(therapist__in=group), at=at, today=today)


def recheck_all(*, at: datetime, today: date) -> int:
    """Once a day: ages, pauses and locks change without anybody doing anything."""
    return _recheck(Inquiry.objects.all(), at=at, today=today)


def drop_unfit(*, inquiry: Inquiry, parameters: Parameters, actor: Any, at: datetime, today: date) -> int:
    """Take the unsent requests out that no longer fit; returns how many."""
    taken = 0
    for request, reason in _unfit(inquiry, parameters=parameters, today=today):
        taken += inquiries.take_out(requests=[request], actor=actor, at=at, reason=reason)
    return taken


def _recheck(queryset: QuerySet[Inquiry], *, at: datetime, today: date) -> int:
    parameters = operating.current(at=at)
    unsent = queryset.filter(status__in=[InquiryStatus.DRAFT, InquiryStatus.RELEASED]).distinct()
    return sum(
        drop_unfit(inquiry=inquiry, parameters=parameters, actor=None, at=at, today=today)
        for inquiry in unsent.order_by("id")
    )


def _unfit(inquiry: Inquiry, *, parameters: Parameters, today: date) -> list[tuple[PlacementRequest, str]]:
    requests = list(inquiry.requests.filter(status__in=UNSENT_REQUESTS).order_by("id"))
    searches = PlacementSearch.objects.filter(pk__in=[request.search_id for request in requests])
    plannable = set(loading.plannable(today=today).filter(pk__in=searches).values_list("id", flat=True))
    world = worlds.load(
        today=today,
        parameters=parameters,
        searches=searches.filter(status=SearchStatus.ACTIVE),
        therapist_ids=[inquiry.therapist_id],
        ignore_inquiries=[inquiry.pk],
    )
    found = []
    for request in requests:
        if request.search_id not in plannable or request.search_id not in world.search_index:
            found.append((request, _("The search is not active or a consent is missing.")))
        elif reason := _first_reason(world, request):
            found.append((request, reason))
    return found


def _first_reason(world: worlds.World, request: PlacementRequest) -> str:
    result = evaluate(
        world.search_columns,
        world.search_index[request.search_id],
        world.therapist_columns,
        world.parameters,
        world.today,
    )
    reasons = reasons_of(int(result.failures[world.therapist_index[request.therapist_id]]))
    with translation.override("de"):
        return str(REASONS[reasons[0]]) if reasons else ""

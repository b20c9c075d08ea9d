"""Unsent requests are looked at again when a patient or therapist changed, and before their release."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core import parameters as operating
from apps.core.parameters import Parameters
from apps.matching.engine.matching import evaluate_from
from apps.matching.engine.reasons import Reason, reasons_of
from apps.matching.enums import UNSENT_INQUIRIES, UNSENT_REQUESTS, RequestStatus
from apps.matching.models import Inquiry, PlacementRequest
from apps.matching.phrases import REASONS
from apps.matching.selectors import loading
from apps.matching.selectors import world as worlds
from apps.matching.selectors.world import World
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


def drop_unfit(
    *, inquiries_: Collection[Inquiry], parameters: Parameters, actor: Any, at: datetime, today: date
) -> int:
    """Take the unsent requests out that no longer fit; returns how many. One look for all inquiries."""
    taken = 0
    for request, reason in _unfit(inquiries_, parameters=parameters, today=today):
        taken += inquiries.take_out(requests=[request], actor=actor, at=at, reason=reason)
    return taken


def _recheck(queryset: QuerySet[Inquiry], *, at: datetime, today: date) -> int:
    unsent = list(queryset.filter(status__in=UNSENT_INQUIRIES).distinct().order_by("id"))
    if not unsent:
        return 0
    parameters = operating.current(at=at)
    return drop_unfit(inquiries_=unsent, parameters=parameters, actor=None, at=at, today=today)


def _unfit(
    inquiries_: Collection[Inquiry], *, parameters: Parameters, today: date
) -> list[tuple[PlacementRequest, str]]:
    """The open inquiries looked at do not count as open: each contact group has only one of them."""
    ids = [inquiry.pk for inquiry in inquiries_]
    requests = list(
        PlacementRequest.objects.filter(inquiry__in=ids, status__in=UNSENT_REQUESTS).order_by("id")
    )
    world = worlds.load(
        today=today,
        parameters=parameters,
        searches=loading.plannable(today=today).filter(pk__in={request.search_id for request in requests}),
        therapist_ids={inquiry.therapist_id for inquiry in inquiries_},
        ignore_inquiries=ids,
    )
    return [(request, reason) for request in requests if (reason := _reason_against(world, request))]


def _reason_against(world: World, request: PlacementRequest) -> str:
    if request.search_id not in world.search_row:
        return _("The search is not active or a consent is missing.")
    result = evaluate_from(world.search_columns, world.search_row[request.search_id], world.everybody)
    reasons = reasons_of(int(result.failures[world.therapist_row(request.therapist_id)]))
    if request.status == RequestStatus.RELEASED:  # the interval was kept then; since, we tried to reach them
        reasons = tuple(reason for reason in reasons if reason != Reason.CONTACTED_RECENTLY)
    return str(REASONS[reasons[0]]) if reasons else ""

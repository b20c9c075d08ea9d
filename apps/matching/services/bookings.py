"""Several answers booked together: all or none."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction

from apps.matching.enums import AnswerSource
from apps.matching.models import Inquiry, PlacementRequest, PlacementSearch
from apps.matching.services.answers import Answer, record_answer

Booking = tuple[PlacementRequest, Answer]


@transaction.atomic
def record_answers(
    *, bookings: Sequence[Booking], source: AnswerSource, actor: Any, at: datetime, today: date
) -> list[PlacementRequest]:
    """Book what a therapist said to each request; each is an act of its own, undone by itself.

    Raises StaleState where one cannot have its answer any more: then nothing is booked at all. To be
    called instead of `record_answer` by whoever has a transaction open already.
    """
    lock_in_order(bookings)
    return [
        record_answer(request=request, answer=answer, source=source, actor=actor, at=at, today=today)
        for request, answer in bookings
    ]


def lock_in_order(bookings: Sequence[Booking]) -> None:
    """All searches, then all requests, then all inquiries an answer may touch: see docs/architecture.md.

    Several answers in one transaction would else take them search by search, and two people could wait
    for each other.
    """
    searches = sorted({request.search_id for request, _answer in bookings})
    list(PlacementSearch.objects.select_for_update().filter(pk__in=searches).order_by("pk"))
    requests = PlacementRequest.objects.select_for_update().filter(search__in=searches).order_by("pk")
    inquiries = {request.inquiry_id for request in requests.only("inquiry_id")}
    list(Inquiry.objects.select_for_update().filter(pk__in=inquiries).order_by("pk"))

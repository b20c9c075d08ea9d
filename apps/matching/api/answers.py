"""Answers of therapists: record, undo, settle a second acceptance."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.gateway.access import note_access
from apps.gateway.enums import Scope
from apps.gateway.fields import RowId
from apps.matching.api import inquiries
from apps.matching.api.common import (
    Told,
    acting,
    acting_today,
    found,
    named,
    require_health_for,
)
from apps.matching.api.request_told import item, told
from apps.matching.api.requests import endpoints
from apps.matching.api.schemas.requests import (
    AnswerGiven,
    AnswerIn,
    AnswersIn,
    AnswersOut,
    ConflictIn,
    RequestOut,
)
from apps.matching.api.schemas.shared import ReasonIn
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.models import Inquiry
from apps.matching.selectors import rows
from apps.matching.selectors.lists import request_page
from apps.matching.services import answers, bookings
from apps.matching.services.answers import Answer


@endpoints.post(
    "/{request_id}/answer",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Record what a therapist said",
    operation_id="record_answer",
    description=(
        "The first acceptance withdraws the other requests of the search. A second one is recorded too: "
        "its status is `conflict`, and a person settles it. The same answer twice is booked once."
    ),
)
def record_answer(request: HttpRequest, request_id: RowId, data: AnswerIn, response: HttpResponse) -> Told:
    asked = found(request_page(), request_id)
    _book(request, [(asked, _answer(request, data, ""))], data.source)
    return told(request, response, request_id, "record_answer")


@endpoints.post(
    "/{request_id}/undo-answer",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Undo an answer",
    operation_id="undo_answer",
    description="With everything it has caused, as far as nobody outside has been told.",
)
def undo_answer(request: HttpRequest, request_id: RowId, data: ReasonIn, response: HttpResponse) -> Told:
    answers.undo_answer(request=found(request_page(), request_id), reason=data.reason, **acting(request))
    return told(request, response, request_id, "undo_answer")


@endpoints.post(
    "/{request_id}/resolve-conflict",
    scope=Scope.INQUIRIES_WRITE,
    answer=RequestOut,
    summary="Settle a second acceptance",
    operation_id="resolve_conflict",
    description="Take it where the search has no place any more, or thank for it.",
)
def resolve_conflict(
    request: HttpRequest, request_id: RowId, data: ConflictIn, response: HttpResponse
) -> Told:
    answers.resolve_conflict(
        request=found(request_page(), request_id), take=data.is_taken, **acting_today(request)
    )
    return told(request, response, request_id, "resolve_conflict")


@inquiries.endpoints.post(
    "/{inquiry_id}/answers",
    scope=Scope.INQUIRIES_WRITE,
    answer=AnswersOut,
    summary="Record answers to several requests of an inquiry",
    operation_id="record_answers",
)
def record_answers(request: HttpRequest, inquiry_id: RowId, data: AnswersIn) -> Told:
    found(Inquiry.objects.all(), inquiry_id)
    carried = request_page().filter(inquiry=inquiry_id)
    given = [
        (
            named(carried, one.request_id, f"answers.{place}.request_id"),
            _answer(request, one, f"answers.{place}."),
        )
        for place, one in enumerate(data.answers)
    ]
    _book(request, given, data.source)
    return _booked(request, [asked.pk for asked, _given in given])


def _book(request: HttpRequest, given: list[bookings.Booking], source: str) -> None:
    bookings.record_answers(bookings=given, source=AnswerSource(source), **acting_today(request))


def _booked(request: HttpRequest, pks: list[int]) -> Told:
    booked = list(rows.requests().filter(pk__in=pks).order_by("pk"))
    note_access(request, [row.search.patient_id for row in booked], "record_answers")
    return {"requests": [item(row) for row in booked]}


def _answer(request: HttpRequest, given: AnswerGiven, path: str) -> Answer:
    """`path` stands before the field's name where several answers come together."""
    require_health_for(request, given.note)
    if given.waitlist_until is not None and given.waitlist_until < timezone.localdate():
        raise ValidationError({f"{path}waitlist_until": _("This day has passed.")})
    return Answer(
        outcome=RequestStatus(given.outcome),
        reason=given.reason or "",
        note=given.note,
        waitlist_until=given.waitlist_until,
    )

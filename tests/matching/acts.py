"""The acts of a case through the services, and what the rows say afterwards."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from apps.communication.enums import CallOutcome, EmailStatus
from apps.communication.models import CallHistory, EmailHistory, EmailMessage, PhoneCall
from apps.core import parameters
from apps.core.errors import Refused
from apps.core.parameters import Parameters
from apps.core.transitions import move
from apps.events import services as events
from apps.matching.engine.reasons import Reason
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.models import (
    Inquiry,
    InquiryHistory,
    PlacementRequest,
    PlacementSearch,
    RequestHistory,
    RoundHistory,
    SearchHistory,
)
from apps.matching.selectors.candidates import explain
from apps.matching.services import answers, calling, release, rounds
from apps.matching.services.answers import Answer
from apps.patients.models import PatientHistory
from apps.therapists.models import Therapist
from tests.factories.matching import SearchFactory
from tests.factories.therapists import TherapistFactory

AT = datetime(2026, 11, 23, 9, 0, tzinfo=ZoneInfo("Europe/Berlin"))
TODAY = date(2026, 11, 23)
R = RequestStatus
HISTORIES = (
    SearchHistory,
    RoundHistory,
    InquiryHistory,
    RequestHistory,
    EmailHistory,
    CallHistory,
    PatientHistory,
)


def by_phone(**fields: Any) -> Therapist:
    return TherapistFactory(practice__email="", **fields)


def plan(*searches: PlacementSearch, therapist: Therapist | None = None, at: datetime = AT) -> Inquiry:
    """A draft inquiry filled by hand with one request per search."""
    therapist = therapist or TherapistFactory()
    for search in searches or [SearchFactory()]:
        request = rounds.add_request(
            search=search, therapist=therapist, actor=None, at=at, today=timezone.localdate(at)
        )
    return request.inquiry


def let_out(*searches: PlacementSearch, therapist: Therapist | None = None, at: datetime = AT) -> Inquiry:
    """Released: the e-mail is queued or the call planned."""
    inquiry = plan(*searches, therapist=therapist, at=at)
    return release.release_inquiry(inquiry=inquiry, actor=None, at=at, today=timezone.localdate(at))


def bring(email: EmailMessage, *states: EmailStatus, at: datetime = AT) -> None:
    """Through these states, as a worker would."""
    fields = {
        EmailStatus.SENDING: {"claimed_at": at},
        EmailStatus.SENT: {"sent_at": at, "server_reply": "250 taken"},
    }
    for status in states:
        move(email, to=status, actor=None, at=at, fields=fields.get(status))


def deliver(at: datetime = AT) -> int:
    """The mail server takes everything that waits, and the news arrives; returns how many went out."""
    waiting = list(EmailMessage.objects.filter(status=EmailStatus.QUEUED).order_by("id"))
    for email in waiting:
        bring(email, EmailStatus.SENDING, EmailStatus.HANDING_OVER, EmailStatus.SENT, at=at)
    events.dispatch(at=at)
    return len(waiting)


def reach(inquiry: Inquiry, outcome: CallOutcome = CallOutcome.REACHED, at: datetime = AT) -> PhoneCall:
    call = PhoneCall.objects.get(inquiry_contact__inquiry=inquiry, status="planned")
    return calling.complete_call(call=call, outcome=outcome, note="", actor=None, at=at)


def ask(*searches: PlacementSearch, therapist: Therapist | None = None, at: datetime = AT) -> Inquiry:
    """Sent: the e-mail arrived or the therapist was reached."""
    inquiry = let_out(*searches, therapist=therapist, at=at)
    if inquiry.channel == "phone":
        reach(inquiry, at=at)
    deliver(at=at)
    return fresh(inquiry)


def asked(
    search: PlacementSearch | None = None, therapist: Therapist | None = None, at: datetime = AT
) -> Any:
    """One request that was sent."""
    return ask(search or SearchFactory(), therapist=therapist, at=at).requests.get()


def answer(request: PlacementRequest, outcome: RequestStatus, at: datetime = AT, **parts: Any) -> Any:
    source = parts.pop("source", AnswerSource.PHONE)
    return answers.record_answer(
        request=request,
        answer=Answer(outcome=outcome, **parts),
        source=source,
        actor=parts.get("actor"),
        at=at,
        today=timezone.localdate(at),
    )


def accept(request: PlacementRequest, at: datetime = AT) -> Any:
    return answer(request, R.ACCEPTED, at=at)


def reject(request: PlacementRequest, reason: str = "capacity", at: datetime = AT) -> Any:
    return answer(request, R.REJECTED, at=at, reason=reason)


def fresh(row: Any) -> Any:
    """Read again, with nothing remembered."""
    return type(row)._base_manager.get(pk=row.pk)


def status_of(*rows: Any) -> list[str]:
    return [str(fresh(row).status) for row in rows]


def steps(row: Any) -> list[tuple[str, str]]:
    return list(row.history.order_by("id").values_list("old", "new"))


def operations(at: datetime) -> set[Any]:
    """The operation ids of all history rows of one moment."""
    return {row.operation for history in HISTORIES for row in history.objects.filter(at=at)}


def letters_to(therapist: Therapist, kind: str) -> list[EmailMessage]:
    return list(EmailMessage.objects.filter(therapist=therapist, kind=kind).order_by("id"))


def current() -> Parameters:
    return parameters.current(at=AT)


def change_parameter(name: str, value: Any) -> None:
    parameters.change(name=name, value=value, actor=None, at=AT, reason="for this test")


def reasons(search: PlacementSearch, therapist: Therapist, on: date = TODAY) -> tuple[Reason, ...]:
    (judgement,) = explain(search=search, therapist_ids=[therapist.pk], today=on, parameters=current())
    return judgement.reasons


def waiting_calls(inquiry: Inquiry) -> list[PhoneCall]:
    return list(PhoneCall.objects.filter(inquiry_contact__inquiry=inquiry, status="planned"))


def refused() -> AbstractContextManager[pytest.ExceptionInfo[Refused]]:
    return pytest.raises(Refused)


def pairs(requests: Iterable[PlacementRequest]) -> set[tuple[int, int]]:
    return {(request.search_id, request.therapist_id) for request in requests}

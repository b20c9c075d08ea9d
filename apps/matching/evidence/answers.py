"""What proves an answer: who wrote it down and when, the reply page, the message or call it came by."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils.timezone import localdate

from apps.communication.enums import InboundStatus
from apps.communication.models import InboundMessage
from apps.matching.enums import YES_REQUESTS, AnswerSource, RequestStatus
from apps.matching.evidence import wording
from apps.matching.models import PlacementRequest, ReplySubmission, RequestHistory

ANSWERS = [*YES_REQUESTS, RequestStatus.WAITLISTED, RequestStatus.REJECTED]
NEVER_REACHED = "never reached"  # the reason `services.follow_up` gives when it gives up calling


@dataclass(frozen=True)
class Proofs:
    """`text`: by request; nothing where an answer has no proof. `never_reached`: ids of requests given up."""

    text: dict[int, str] = field(default_factory=dict)
    never_reached: frozenset[int] = frozenset()


def proofs_of(requests: Sequence[PlacementRequest]) -> Proofs:
    """Four queries however many requests."""
    ids = [request.pk for request in requests]
    noted = {row.subject_id: row for row in _noted(ids)}
    messages, forms = _messages(requests), _forms(requests)
    text = {}
    for request in requests:
        row = noted.get(request.pk)
        if row is not None:
            text[request.pk] = _proof(request, row, messages=messages, forms=forms)
    given_up = RequestHistory.objects.filter(
        subject__in=ids, new=RequestStatus.WITHDRAWN, reason=NEVER_REACHED, at=F("subject__ended_at")
    )
    return Proofs(text=text, never_reached=frozenset(given_up.values_list("subject_id", flat=True)))


def _noted(ids: list[int]) -> Iterable[RequestHistory]:
    """The history rows by which the present answers were booked."""
    rows = RequestHistory.objects.filter(subject__in=ids, new__in=ANSWERS, at=F("subject__answered_at"))
    return rows.select_related("actor").order_by("pk")


def _proof(
    request: PlacementRequest,
    row: RequestHistory,
    *,
    messages: dict[str, list[dict[str, Any]]],
    forms: dict[tuple[int, datetime], str],
) -> str:
    """ "" where neither a person nor a message nor the reply page stands for it."""
    message = _message(request, messages) if request.answer_source == AnswerSource.EMAIL else None
    is_portal = request.answer_source == AnswerSource.PORTAL
    if row.actor is None and message is None and not is_portal:
        return ""
    parts = [f"{wording.SOURCES[AnswerSource(request.answer_source)]}, {wording.moment(row.at)}"]
    if message is not None:
        parts.append(
            f"Nachricht vom {wording.moment(message['received_at'])} {message['message_id']}".strip()
        )
    if form := forms.get((request.inquiry_id, row.at)):
        parts.append(f"Formular {form}")
    if row.actor is not None:
        parts.append(f"erfasst von {row.actor.display_name}")
    parts.append(f"Protokoll Nr. {row.pk}")
    return "; ".join(parts)


def _messages(requests: Sequence[PlacementRequest]) -> dict[str, list[dict[str, Any]]]:
    """Incoming messages a person has settled, newest first, under their inquiry and their therapist."""
    by_email = [request for request in requests if request.answer_source == AnswerSource.EMAIL]
    rows = InboundMessage.objects.filter(
        Q(email__inquiry_contact__inquiry__in={request.inquiry_id for request in by_email})
        | Q(therapist__in={request.therapist_id for request in by_email}),
        status=InboundStatus.DONE,
        handled_at__isnull=False,
    )
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    fields = ("message_id", "received_at", "handled_at", "therapist_id", "email__inquiry_contact__inquiry")
    for row in rows.order_by("-received_at", "-pk").values(*fields):
        found[f"inquiry:{row['email__inquiry_contact__inquiry']}"].append(row)
        found[f"therapist:{row['therapist_id']}"].append(row)
    return found


def _message(request: PlacementRequest, messages: dict[str, list[dict[str, Any]]]) -> dict[str, Any] | None:
    """The message booked as this answer: settled in the same act, or one about this inquiry that day."""
    answered_at = request.answered_at
    assert answered_at is not None  # has a history row of its answer
    of_inquiry = messages.get(f"inquiry:{request.inquiry_id}", [])
    of_therapist = messages.get(f"therapist:{request.therapist_id}", [])
    for row in [*of_inquiry, *of_therapist]:
        if row["handled_at"] == answered_at:
            return row
    same_day = (row for row in of_inquiry if localdate(row["handled_at"]) == localdate(answered_at))
    return next((row for row in same_day if row["received_at"] <= answered_at), None)


def _forms(requests: Sequence[PlacementRequest]) -> dict[tuple[int, datetime], str]:
    inquiries = {request.inquiry_id for request in requests}
    rows = ReplySubmission.objects.filter(inquiry__in=inquiries)
    return {(row.inquiry_id, row.at): str(row.form_id) for row in rows}

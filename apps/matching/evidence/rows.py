"""Every attempt for a patient, one row per request and contact, with outcome, proof and whether it counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.timezone import localdate

from apps.communication.enums import CallOutcome
from apps.matching.enums import AnswerSource, RequestStatus
from apps.matching.evidence import outcomes, wording
from apps.matching.evidence.answers import Proofs, proofs_of
from apps.matching.evidence.contacts import Contact, contacts_of
from apps.matching.evidence.outcomes import Outcome
from apps.matching.models import PlacementRequest
from apps.patients.models import Patient
from apps.therapists.enums import Seat
from apps.therapists.models import Practice, Therapist
from apps.therapists.selectors import main_practice, with_offer

NEVER_ASKED = [RequestStatus.PLANNED, RequestStatus.DROPPED]


@dataclass(frozen=True)
class Row:
    """One contact about one request. `gap`: what its proof lacks; then it is listed apart and never counts.

    `why_not`: why a proven row is not counted, "" where it is.
    """

    request: PlacementRequest
    contact: Contact
    practice: Practice | None
    outcome: Outcome
    answer_proof: str
    gap: str
    why_not: str

    @property
    def therapist(self) -> Therapist:
        return self.request.therapist

    @property
    def is_counted(self) -> bool:
        return not self.gap and not self.why_not


def rows(*, patient: Patient, first: date, last: date, longest_wait_weeks: int) -> list[Row]:
    """All contacts from `first` to `last` (both included, days in Berlin), oldest first.

    Of the contacts of one request the last one carries the outcome and may count. What was said later than
    `last` about a contact of the period belongs to it.
    """
    requests = list(_requests(patient))
    contacts, proofs = contacts_of(requests), proofs_of(requests)
    found = [
        row
        for request in requests
        for row in _of_request(request, contacts.get(request.pk, []), proofs, longest_wait_weeks)
    ]
    judged = _without_later_offers(found)
    inside = [row for row in judged if first <= localdate(row.contact.at) <= last]
    return sorted(inside, key=lambda row: (row.contact.at, row.request.pk, row.contact.key))


def _requests(patient: Patient) -> Iterator[PlacementRequest]:
    requests = PlacementRequest.objects.filter(search__patient=patient).exclude(status__in=NEVER_ASKED)
    requests = requests.select_related("inquiry").defer("answer_note").order_by("pk")
    therapists = with_offer(Therapist.objects.filter(requests__in=requests)).distinct().in_bulk()
    for request in requests:
        request.therapist = therapists[request.therapist_id]
        yield request


def _of_request(
    request: PlacementRequest, contacts: Sequence[Contact], proofs: Proofs, longest_wait_weeks: int
) -> Iterator[Row]:
    answer_proof = proofs.text.get(request.pk, "")
    checked = [_checked(contact, request, answer_proof) for contact in contacts]
    proven = [contact for contact in checked if not contact.gap]
    if not checked and request.answered_at is not None:
        checked = [_no_contact(request, request.answered_at)]
    carrier = _carrier(request, proven) if proven else None
    for contact in checked:
        outcome = Outcome.STEP
        if carrier is not None and contact.key == carrier.key:
            outcome = outcomes.outcome_of(
                request,
                contact,
                longest_wait_weeks=longest_wait_weeks,
                never_reached=request.pk in proofs.never_reached,
            )
        yield _row(request, contact, outcome, answer_proof)


def _row(request: PlacementRequest, contact: Contact, outcome: Outcome, answer_proof: str) -> Row:
    is_answer = outcome in outcomes.ANSWERED
    lacks_answer = is_answer and not answer_proof
    return Row(
        request=request,
        contact=contact,
        practice=contact.practice or main_practice(request.therapist),
        outcome=outcome,
        answer_proof=answer_proof if is_answer else "",
        gap=contact.gap or (wording.NO_ANSWER_PROOF if lacks_answer else ""),
        why_not=outcomes.NOT_COUNTED.get(outcome, "")
        or (wording.NO_SEAT if request.therapist.seat == Seat.NONE else ""),
    )


def _checked(contact: Contact, request: PlacementRequest, answer_proof: str) -> Contact:
    """An e-mail without the server's receipt is proven by an answer that came after it, nothing else."""
    if not contact.needs_answer:
        return contact
    is_proven = bool(answer_proof) and request.answered_at is not None and contact.at <= request.answered_at
    return contact if is_proven else replace(contact, gap=wording.NOT_TAKEN)


def _carrier(request: PlacementRequest, proven: Sequence[Contact]) -> Contact:
    """The contact that brought the answer: for one by phone the talk of that day, else the last before."""
    if request.answered_at is None:
        return proven[-1]
    day = localdate(request.answered_at)
    if request.answer_source == AnswerSource.PHONE:
        talks = [contact for contact in proven if contact.outcome == CallOutcome.REACHED]
        if today := [contact for contact in talks if localdate(contact.at) == day]:
            return today[-1]
    before = [contact for contact in proven if contact.at <= request.answered_at]
    return (before or list(proven))[-1]


def _no_contact(request: PlacementRequest, answered_at: datetime) -> Contact:
    return Contact(
        key=f"request:{request.pk}", at=answered_at, who="", proof=wording.NOTHING, gap=wording.NO_CONTACT
    )


def _without_later_offers(found: Sequence[Row]) -> list[Row]:
    """Whoever offered a place, or a reasonable wait, when asked again has not refused in the end."""
    offered: dict[int, datetime] = {}
    for row in found:
        if row.outcome in outcomes.OFFERS:
            pk = row.therapist.pk
            offered[pk] = max(row.contact.at, offered.get(pk, row.contact.at))
    return [_if_refused(row, offered) for row in found]


def _if_refused(row: Row, offered: dict[int, datetime]) -> Row:
    later = offered.get(row.therapist.pk)
    if row.is_counted and later is not None and row.contact.at <= later:
        return replace(row, why_not=wording.OFFERED_LATER)
    return row

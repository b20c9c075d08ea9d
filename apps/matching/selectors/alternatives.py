"""Whether other waiting patients may be offered to a therapist who was ready to take somebody."""

from datetime import date

from apps.core.parameters import Parameters
from apps.matching.enums import InquiryStatus, RequestStatus
from apps.matching.models import Inquiry
from apps.matching.selectors.waiting import known_place, offer_place


def alternatives_key(inquiry: Inquiry) -> str:
    return f"alternatives:{inquiry.pk}"


def is_ready_for_others(inquiry: Inquiry) -> bool:
    """Their yes came second and was thanked for, or they answered and their record tells of a free place."""
    therapist = inquiry.therapist
    if any(_was_thanked(request.status, request.conflict_resolved_at) for request in inquiry.requests.all()):
        return True
    has_place = therapist.free_individual_from is not None or therapist.free_group_from is not None
    return inquiry.status == InquiryStatus.ANSWERED and has_place


def count_alternatives(*, inquiry: Inquiry, today: date, parameters: Parameters) -> int:
    """How many waiting patients fit the place of this therapist; 0 where none is to be offered."""
    if not is_ready_for_others(inquiry):
        return 0
    therapist = inquiry.therapist
    place = known_place(therapist, today)
    return len(offer_place(therapist=therapist, place=place, today=today, parameters=parameters).fitting)


def _was_thanked(status: str, resolved_at: object) -> bool:
    return status == RequestStatus.WITHDRAWN and resolved_at is not None

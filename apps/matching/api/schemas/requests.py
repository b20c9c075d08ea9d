"""Placement requests, answers and trial sessions."""

from datetime import date
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import AwareDatetime, Field, ValidationInfo, field_validator

from apps.gateway.fields import Day, Id, In, LongText, Moment
from apps.gateway.paging import PageQuery, listed
from apps.matching.api.schemas.shared import FREE_TEXT, CodedSentence, Figure, ScorePart
from apps.matching.enums import AnswerSource, RejectionReason, RequestStatus, SessionOutcome

MOST_ANSWERS = 50


class RequestQuery(PageQuery):
    status: RequestStatus | None = None
    search_id: Id | None = None
    patient_id: Id | None = None
    therapist_id: Id | None = None
    inquiry_id: Id | None = None
    updated_since: Moment | None = None


class RequestItem(Schema):
    """`status` conflict: a second acceptance that a person has to settle."""

    id: int
    search_id: int
    patient_id: int
    case_code: str
    therapist_id: int
    inquiry_id: int
    status: RequestStatus
    is_manual: bool
    sent_at: AwareDatetime | None
    answered_at: AwareDatetime | None
    answer_source: AnswerSource | None
    rejection_reason: RejectionReason | None
    waitlist_until: date | None
    ended_at: AwareDatetime | None
    updated_at: AwareDatetime


RequestPage = listed("RequestPage", RequestItem)


class PlanFacts(Schema):
    """Why a line was planned; none of it where it was added by hand."""

    reasons: list[CodedSentence]
    rank: int | None = Field(description="Of this therapist among the candidates of the search")
    option_count: int | None
    waiting_days: int | None
    chance_before: Figure | None = Field(description="Of at least one yes, without this line")
    chance_after: Figure | None


class TrialSessionOut(Schema):
    id: int
    planned_at: AwareDatetime
    outcome: SessionOutcome


class RequestOut(RequestItem):
    therapist_name: str
    inquiry_reference: str
    score: Figure
    parts: list[ScorePart]
    plan: PlanFacts
    distance_km: Figure | None
    common_minutes: int | None
    answer_note: str = Field(description=FREE_TEXT)
    locked_until: date | None = Field(description="Last day on which this pair is not asked again")
    identity_released_at: AwareDatetime | None
    conflict_resolved_at: AwareDatetime | None
    trial_sessions: list[TrialSessionOut]


class RequestIn(In):
    """Goes into the therapist's draft inquiry, or a new one. Same rules and limits as a round."""

    search_id: Id
    therapist_id: Id


def _belonging(value: Any, info: ValidationInfo, outcome: str) -> Any:
    """A part that an outcome must have, and no other may."""
    if "outcome" in info.data and (info.data["outcome"] == outcome) != (value is not None):
        raise ValueError(f"belongs to {outcome}, always and only there")
    return value


class AnswerGiven(In):
    """What a therapist said to one request. `note` needs health:write."""

    outcome: Literal["accepted", "waitlisted", "rejected"]
    reason: RejectionReason | None = Field(
        None, description="For rejected, only there", validate_default=True
    )
    waitlist_until: Day | None = Field(
        None, description="For waitlisted, only there; not in the past", validate_default=True
    )
    note: LongText = ""

    @field_validator("reason")
    @classmethod
    def _with_a_rejection(cls, reason: RejectionReason | None, info: ValidationInfo) -> Any:
        return _belonging(reason, info, "rejected")

    @field_validator("waitlist_until")
    @classmethod
    def _with_a_waiting_list(cls, day: date | None, info: ValidationInfo) -> Any:
        return _belonging(day, info, "waitlisted")


class AnswerIn(AnswerGiven):
    source: Literal["phone", "email"]


class AnswerOfRequest(AnswerGiven):
    request_id: Id


class AnswersIn(In):
    """All are booked or none."""

    source: Literal["phone", "email"]
    answers: Annotated[list[AnswerOfRequest], Field(min_length=1, max_length=MOST_ANSWERS)]


class AnswersOut(Schema):
    requests: list[RequestItem]


class ConflictIn(In):
    is_taken: bool = Field(description="True: this acceptance is taken; false: thanked and withdrawn")


class TrialSessionIn(In):
    """The same moment twice is one session."""

    planned_at: Moment


class SessionOutcomeIn(In):
    outcome: SessionOutcome

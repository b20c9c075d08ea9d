"""Inquiries and rounds."""

from datetime import date
from typing import Annotated

from ninja import Schema
from pydantic import AwareDatetime, Field

from apps.gateway.fields import Id, In, Moment
from apps.gateway.paging import PageQuery, listed
from apps.matching.api.schemas.requests import PlanFacts, RequestItem
from apps.matching.api.schemas.shared import CodedSentence, Figure, ScorePart
from apps.matching.enums import Channel, InquiryStatus, RoundStatus

MOST_RELEASED = 500


class InquiryQuery(PageQuery):
    status: InquiryStatus | None = None
    therapist_id: Id | None = None
    round_id: Id | None = None
    channel: Channel | None = None
    updated_since: Moment | None = None


class InquiryItem(Schema):
    """One contact to one therapist. Dropped requests are not counted."""

    id: int
    reference: str = Field(description="Which a therapist can quote")
    status: InquiryStatus
    channel: Channel
    therapist_id: int
    round_id: int | None
    request_count: int
    answered_count: int
    accepted_count: int = Field(description="Whatever became of the yes")
    released_at: AwareDatetime | None
    sent_at: AwareDatetime | None
    last_contact_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    updated_at: AwareDatetime


InquiryPage = listed("InquiryPage", InquiryItem)


class InquiryContactOut(Schema):
    """The e-mail or the call by which requests were asked, followed up or thanked for."""

    email_id: int | None
    call_id: int | None
    request_ids: list[int]


class InquiryOut(InquiryItem):
    therapist_name: str
    released_by: str
    requests: list[RequestItem]
    contacts: list[InquiryContactOut]


class RefusedInquiry(Schema):
    inquiry_id: int
    reference: str
    detail: str


class ReleasedOut(Schema):
    """One that is refused does not stop the others; requests that no longer fit were dropped before."""

    released: list[int] = Field(description="Ids of inquiries")
    refused: list[RefusedInquiry]


class ReleaseIn(In):
    """None: everything that waits in the round."""

    inquiry_ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_RELEASED)] | None = None


class RoundQuery(PageQuery):
    status: RoundStatus | None = None


class RoundItem(Schema):
    """One plan of contacts. A draft sends nothing."""

    id: int
    status: RoundStatus
    planned_for: date
    searches_count: int = Field(description="Looked at when it was planned, as the next two")
    therapists_count: int
    candidates_count: int
    created_at: AwareDatetime
    updated_at: AwareDatetime


RoundPage = listed("RoundPage", RoundItem)


class RoundOut(RoundItem):
    """Counts are of what the round holds now."""

    inquiry_count: int
    draft_count: int = Field(description="Inquiries that wait for their release")
    request_count: int
    asked_search_count: int = Field(description="Searches with at least one line")


class RoundLine(RequestItem):
    """A line with why it was planned."""

    therapist_name: str
    inquiry_reference: str
    inquiry_status: InquiryStatus
    channel: Channel
    score: Figure
    parts: list[ScorePart]
    plan: PlanFacts
    distance_km: Figure | None
    common_minutes: int | None


RoundLinePage = listed("RoundLinePage", RoundLine)


class UnplannedQuery(Schema):
    limit: int = Field(50, ge=1, le=200, description="Longest waiting ones told; all are counted")


class UnplannedSearch(Schema):
    search_id: int
    patient_id: int
    case_code: str
    started_on: date
    reason: CodedSentence
    blocked_by: CodedSentence | None = Field(description="Only where nobody fits")


class UnplannedOut(Schema):
    """Searches without a line in the round, longest waiting first."""

    count: int
    searches: list[UnplannedSearch]

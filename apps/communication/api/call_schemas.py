"""What is told and asked about calls."""

from typing import Annotated, Any, Literal, Self

from ninja import Schema
from pydantic import AwareDatetime, Field, model_validator

from apps.communication.api.shared import HEALTH, ContactStepOut, may_read_health
from apps.communication.enums import CallOutcome, CallPurpose, CallStatus
from apps.gateway.fields import Id, In, LongText, Moment, Text
from apps.gateway.paging import PageQuery, listed

Minutes = Annotated[int, Field(ge=1, le=240)]


class CallQuery(PageQuery):
    """`sort`: id, starts_at."""

    status: CallStatus | None = None
    purpose: CallPurpose | None = None
    therapist_id: Id | None = None
    coordinator_id: Id | None = None
    due_before: Moment | None = Field(None, description="Begins before that moment")
    since: Moment | None = Field(None, description="Begins then or later")


class CallItem(Schema):
    """A call to a therapist. `taken_by_id` has it in hand since `taken_at`, for twenty minutes."""

    id: int
    status: CallStatus
    purpose: CallPurpose
    therapist_id: int
    therapist_name: str
    practice_id: int | None
    phone: str
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    coordinator_id: int | None
    attempt: int = Field(description="Counts the calls about the same matter")
    taken_by_id: int | None
    taken_at: AwareDatetime | None
    outcome: CallOutcome | Literal[""]
    done_at: AwareDatetime | None
    inquiry_id: int | None = Field(description="The inquiry it is about: answers are recorded there")
    created_at: AwareDatetime
    updated_at: AwareDatetime

    @staticmethod
    def resolve_therapist_name(call: Any) -> str:
        return call.therapist.full_name

    @staticmethod
    def resolve_inquiry_id(call: Any) -> int | None:
        return call.inquiry_contact.inquiry_id if hasattr(call, "inquiry_contact") else None


class CallOut(CallItem):
    note: str | None = Field(description=f"What was said. {HEALTH}")
    history: list[ContactStepOut]

    @staticmethod
    def resolve_note(call: Any, context: dict[str, Any]) -> str | None:
        return call.note if may_read_health(context) else None


class NextCallOut(Schema):
    call: CallOut | None = Field(description="null where nobody can be reached at this moment")


class CallIn(In):
    """With `starts_at` at that moment, which the practice has asked for; else at the first free moment
    inside the phone hours, `not_before` at the earliest."""

    therapist_id: Id
    purpose: CallPurpose
    starts_at: Moment | None = None
    not_before: Moment | None = None
    minutes: Minutes | None = Field(None, description="Else the usual length of a call")
    coordinator_id: Id | None = None
    is_holiday_agreed: bool = Field(False, description="Also on a Sunday or public holiday, if asked for")

    @model_validator(mode="after")
    def one_moment(self) -> Self:
        if self.starts_at is not None and self.not_before is not None:
            raise ValueError("takes starts_at or not_before, not both")
        return self


class CallChangeIn(In):
    """What is left out stays as it is. `coordinator_id` null: the call belongs to nobody."""

    starts_at: Moment | None = None
    minutes: Minutes | None = None
    coordinator_id: Id | None = None
    is_holiday_agreed: bool = Field(False, description="Also on a Sunday or public holiday, if asked for")
    reason: Text = ""


class NextCallIn(In):
    coordinator_id: Id | None = Field(None, description="Only calls of this coordinator")


class CallOutcomeIn(In):
    """`call_back_at` goes with the outcome `call_back`, and only with that one."""

    outcome: CallOutcome
    note: LongText = Field("", max_length=2000)
    call_back_at: Moment | None = None
    is_holiday_agreed: bool = False


CallPage = listed("CallPage", CallItem)

"""What clients send about therapists and practices. The rules themselves are those of the services."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.core.weekly import MINUTES_A_DAY, Interval
from apps.gateway.fields import Day, Id, In, LongText, Text
from apps.therapists.enums import AgeGroup, EmailPermission, Gender, PauseReason, Seat, Setting
from apps.therapists.services.offer import ApprovalKey

MOST_ROWS = 200
LARGEST_AGE = 32_767  # what the column holds

Name = Annotated[Text, Field(max_length=80)]
Short = Annotated[Text, Field(max_length=60)]
Contact = Annotated[Text, Field(max_length=40)]
Line = Annotated[Text, Field(max_length=160)]
Reason = Annotated[Text, Field(max_length=300)]
Age = Annotated[int, Field(ge=0, le=LARGEST_AGE, description="0 means none")]


def without_defaults(schema: dict[str, Any]) -> None:
    """Of a partial change: what is not sent stays as it is."""
    schema.pop("required", None)
    for field in schema["properties"].values():
        field.pop("default", None)


class ApprovalIn(In):
    method: Method
    age_group: AgeGroup
    setting: Setting

    @property
    def key(self) -> ApprovalKey:
        return self.method.value, self.age_group.value, self.setting.value


class IntervalIn(In):
    """Local wall time (Europe/Berlin) within one weekday."""

    weekday: int = Field(ge=0, le=6, description="0 is Monday")
    start_minute: int = Field(ge=0, lt=MINUTES_A_DAY, description="minutes since midnight")
    end_minute: int = Field(gt=0, le=MINUTES_A_DAY, description="minutes since midnight, after the start")

    @property
    def interval(self) -> Interval:
        return Interval(self.weekday, self.start_minute, self.end_minute)


Approvals = Annotated[list[ApprovalIn], Field(max_length=MOST_ROWS)]
Hours = Annotated[list[IntervalIn], Field(max_length=MOST_ROWS)]


class PracticePut(In):
    """The place on the map follows from the address."""

    name: Line = ""
    street: Line = ""
    plz: Annotated[Text, Field(max_length=10, description="five digits")]
    city: Name
    phone: Contact = Field("", description="with its area code, in any spelling")
    fax: Contact = ""
    email: Annotated[Text, Field(max_length=254)] = ""
    website: Text = ""


class PracticePatch(PracticePut):
    """Only what is sent changes."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    plz: Annotated[Text, Field(max_length=10, description="five digits")] = ""
    city: Name = ""


class WorkplaceIn(In):
    """A known practice by its id, or its address: then it is found again or recorded."""

    practice_id: Id | None = None
    practice: PracticePut | None = None

    @model_validator(mode="after")
    def _is_one_of_both(self) -> Self:
        if (self.practice_id is None) == (self.practice is None):
            raise ValueError("needs either practice_id or practice")
        return self


Workplaces = Annotated[
    list[WorkplaceIn], Field(min_length=1, max_length=20, description="the main practice first")
]


class TherapistPut(In):
    """The record itself; status, review, contact and the rows around it have operations of their own."""

    salutation: Salutation = Salutation.NONE
    gender: Gender = Gender.UNKNOWN
    title: Short = Field("", description="as printed, e.g. Dr. phil. Dipl.-Psych.")
    first_name: Name = ""
    last_name: Name
    seat: Seat = Seat.NONE
    is_licensed: bool = True
    languages: list[Language] = Field([], max_length=50, description="none means German")
    further_qualifications: LongText = ""
    special_offers: LongText = ""
    accessibility: Text = ""
    free_individual_from: Day | None = None
    free_group_from: Day | None = None
    free_places_note: Text = ""
    is_possibly_free: bool = False
    knows_agency: bool = False
    wished_diagnoses: list[Short] = Field(
        [], max_length=MOST_ROWS, description="ICD-10 codes or blocks such as F32, F40-F48; none means any"
    )
    wished_age_from: Age = 0
    wished_age_to: Age = 0
    wished_gender: WishedGender = WishedGender.ANY
    prefers_group: bool = False
    email_permission_since: Day | None = None
    email_permission_how: EmailPermission = EmailPermission.NONE
    internal_note: LongText = ""


class TherapistPatch(TherapistPut):
    """Only what is sent changes."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    last_name: Name = ""


class TherapistIn(TherapistPut):
    """A new record, unreviewed: nobody contacts the therapist before a person has looked at it."""

    workplaces: Workplaces
    approvals: Approvals = []
    phone_hours: Hours = []
    working_hours: Hours | None = Field(None, description="null means unknown")


class ApprovalsIn(In):
    approvals: Approvals


class PhoneHoursIn(In):
    hours: Hours


class WorkingHoursIn(In):
    hours: Hours | None = Field(description="null means unknown")


class WorkplacesIn(In):
    workplaces: Workplaces


class WhyIn(In):
    reason: Reason = ""


class BlockIn(In):
    reason: Annotated[Reason, Field(min_length=1)]
    until: Day | None = Field(None, description="last day; without one somebody has to unblock")


class ObjectionIn(In):
    on: Day = Field(description="when it was received")
    reason: Annotated[Reason, Field(min_length=1, description="how it reached us")]


class ContactPauseIn(In):
    starts_on: Day
    until: Day = Field(description="last day")
    reason: PauseReason = PauseReason.REQUESTED
    note: Text = ""

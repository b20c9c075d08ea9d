"""What the interface says about therapists and practices."""

from datetime import date, datetime
from typing import Any, Literal

from ninja import Schema
from pydantic import Field

from apps.core.enums import Language, Method, Salutation, WishedGender
from apps.gateway.paging import listed
from apps.geocoding.enums import Precision, State
from apps.therapists.enums import (
    AgeGroup,
    EmailPermission,
    Gender,
    PauseReason,
    ReviewStatus,
    Seat,
    Setting,
    TherapistStatus,
)

ContactCode = Literal["contactable", "paused", "unreviewed", "blocked", "inactive", "objected"]


class ApprovalOut(Schema):
    """What a therapist may do: one row per method, age group and setting."""

    method: Method
    age_group: AgeGroup
    setting: Setting


class IntervalOut(Schema):
    """Local wall time (Europe/Berlin) within one weekday."""

    weekday: int = Field(description="0 is Monday")
    start_minute: int = Field(description="minutes since midnight")
    end_minute: int = Field(description="minutes since midnight, at most 1440")


class ContactStateOut(Schema):
    """Whether a therapist may be contacted, else the strongest reason why not."""

    code: ContactCode
    until: date | None = Field(description="last day of the pause or block; none where it has no end")


class PracticeRef(Schema):
    id: int
    name: str
    plz: str
    city: str
    state: State | Literal[""]
    phone: str = Field(description="E.164")
    email: str


class PracticeItem(PracticeRef):
    street: str
    fax: str = Field(description="E.164")
    website: str
    latitude: float | None
    longitude: float | None
    precision: Precision
    created_at: datetime
    updated_at: datetime


class PracticeOut(PracticeItem):
    """A practice with the number of therapists who work there."""

    therapists_count: int


class WorkplaceOut(Schema):
    is_main: bool = Field(description="the main practice decides place, mailbox and phone")
    practice: PracticeItem


class TherapistItem(Schema):
    """A row of the list."""

    id: int
    status: TherapistStatus
    review_status: ReviewStatus
    salutation: Salutation
    gender: Gender
    title: str
    first_name: str
    last_name: str
    seat: Seat
    is_licensed: bool
    languages: list[Language] = Field(description="ISO 639-1; none means German")
    approvals: list[ApprovalOut]
    free_individual_from: date | None
    free_group_from: date | None
    is_possibly_free: bool
    knows_agency: bool
    main_practice: PracticeRef | None
    contact: ContactStateOut
    last_contact_at: datetime | None = Field(description="the latest of e-mail, call and talk in person")
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_approvals(obj: Any) -> list[Any]:
        return list(obj.approval_rows)

    @staticmethod
    def resolve_main_practice(obj: Any) -> Any:
        return obj.main_place


class TherapistOut(TherapistItem):
    """The whole record. Its ETag changes with the record, its approvals, hours and workplaces."""

    blocked_reason: str
    blocked_since: date | None
    blocked_until: date | None = Field(description="last day; none where somebody has to unblock")
    reviewed_at: datetime | None
    further_qualifications: str
    special_offers: str
    accessibility: str
    free_places_note: str
    wished_diagnoses: list[str] = Field(description="ICD-10 codes and blocks; none means any")
    wished_age_from: int = Field(description="0 means none")
    wished_age_to: int = Field(description="0 means none")
    wished_gender: WishedGender
    prefers_group: bool
    phone_hours: list[IntervalOut]
    working_hours: list[IntervalOut] | None = Field(description="null means unknown")
    workplaces: list[WorkplaceOut]
    contact_group_id: int = Field(description="shared by all behind one mailbox or number")
    last_email_at: datetime | None
    last_call_at: datetime | None
    last_talk_at: datetime | None
    do_not_contact_since: date | None = Field(description="objection to contact; final")
    email_permission_since: date | None
    email_permission_how: EmailPermission
    internal_note: str

    @staticmethod
    def resolve_workplaces(obj: Any) -> list[Any]:
        return list(obj.workplaces.all())


class ApprovalsOut(Schema):
    approvals: list[ApprovalOut]


class PhoneHoursOut(Schema):
    hours: list[IntervalOut]
    is_doubtful: bool = Field(description="fewer minutes a week than a seat demands: probably out of date")


class WorkingHoursOut(Schema):
    hours: list[IntervalOut] | None = Field(description="null means unknown")


class WorkplacesOut(Schema):
    workplaces: list[WorkplaceOut] = Field(description="the main practice first")


class PauseOut(Schema):
    """A contact pause holds for everybody behind the same mailbox or number."""

    id: int
    therapist_id: int
    starts_on: date
    until: date = Field(description="last day")
    reason: PauseReason
    note: str
    lifted_at: datetime | None


class ContactOut(ContactStateOut):
    """How and whether to reach a therapist today. What runs already (inquiries, intervals) is not in it."""

    may_be_contacted: bool
    reason: str = Field(description="`code` in words, in the language asked for")
    email: str | None = Field(description="the address the e-mail policy allows to use")
    phone: str = Field(description="E.164")
    salutation_line: str = Field(description="German greeting of a letter, without comma")
    colleague_ids: list[int] = Field(description="the others in the contact group")


class HistoryOut(Schema):
    """One change of status, review or objection."""

    id: int
    at: datetime
    old: str = Field(description="empty where the record began")
    new: str
    reason: str
    actor: str = Field(description="name of a member of staff or client; empty for the system")
    operation: str = Field(description="the same for all changes of one act")

    @staticmethod
    def resolve_actor(obj: Any) -> str:
        return obj.actor.display_name if obj.actor else ""

    @staticmethod
    def resolve_operation(obj: Any) -> str:
        return str(obj.operation)


class ChangeOut(Schema):
    """One change of the record's fields, by name and without values."""

    at: datetime
    user_id: int | None
    fields: list[str]


class ChangesOut(Schema):
    changes: list[ChangeOut] = Field(description="newest first")


TherapistPage = listed("TherapistPage", TherapistItem)
PracticePage = listed("PracticePage", PracticeItem)
PausePage = listed("PausePage", PauseOut)
HistoryPage = listed("TherapistHistoryPage", HistoryOut)
